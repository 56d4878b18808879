//! A matrix of weights as it stands in the file: quantized where it is quantized. Several that read the same numbers are multiplied
//! together, which rounds these numbers once. On processors with AVX-512 or AVX2 matrices of few bits a number are laid anew; all others
//! go through the tensor library.

use std::sync::Arc;

use candle_core::{
    CpuStorage, Device, Module, Storage, Tensor,
    quantized::{QMatMul, QTensor},
};

use super::{
    error::Error,
    gguf::Gguf,
    need,
    packed::{self, Arena, Packed},
};

/// A matrix, and what is added to its products.
pub(super) struct Weight {
    matrix: Matrix,
    bias: Option<Tensor>,
    /// Whether the tensor of the file is somebody else's, too.
    is_shared: bool,
}

enum Matrix {
    Packed(Packed),
    Library(QMatMul),
}

impl Matrix {
    fn of(tensor: Arc<QTensor>, arena: &mut Arena) -> Result<Self, Error> {
        Ok(match Packed::of(&tensor, arena)? {
            Some(packed) => Self::Packed(packed),
            None => Self::Library(QMatMul::from_arc(tensor)?),
        })
    }
}

impl Weight {
    /// Reads `NAME.weight`, and `NAME.bias` where there is one. The form is checked: `rows × columns`.
    pub(super) fn read(gguf: &mut Gguf, arena: &mut Arena, name: &str, form: (usize, usize), device: &Device) -> Result<Self, Error> {
        let tensor = matrix(gguf, &format!("{name}.weight"), form, device)?;
        let bias_name = format!("{name}.bias");
        let bias = match gguf.has(&bias_name) {
            true => Some(vector(gguf, &bias_name, form.0, device)?),
            false => None,
        };
        Ok(Self { matrix: Matrix::of(tensor, arena)?, bias, is_shared: false })
    }

    /// Of a matrix that has another use beside.
    pub(super) fn shared(tensor: Arc<QTensor>, arena: &mut Arena) -> Result<Self, Error> {
        Ok(Self { matrix: Matrix::of(tensor, arena)?, bias: None, is_shared: true })
    }

    /// Bytes of memory that are its own. The form in which the library keeps some matrices a second time is reckoned, as it is made when they
    /// are first multiplied.
    pub(super) fn bytes(&self) -> u64 {
        let matrix = match &self.matrix {
            Matrix::Packed(packed) => packed.bytes(),
            Matrix::Library(QMatMul::QTensor(tensor)) => {
                let (kind, bytes) = (tensor.dtype(), tensor.storage_size_in_bytes() as u64);
                let has_again = tensor.device().is_cpu() && need::repeats();
                let again = if has_again { need::again(kind, tensor.shape().dims(), bytes) } else { 0 };
                again + if self.is_shared { 0 } else { bytes }
            }
            Matrix::Library(QMatMul::Tensor(tensor) | QMatMul::TensorF16(tensor)) => bytes_of(tensor),
        };
        matrix + self.bias.as_ref().map_or(0, bytes_of)
    }

    /// Whether its own rows can be looked up here, so that the tensor of the file is needed no more.
    pub(super) fn has_rows(&self) -> bool {
        self.packed().is_some()
    }

    /// Its own rows of these places (`places × columns`).
    pub(super) fn rows(&self, places: &[u32]) -> Result<Tensor, Error> {
        let missing = |place: u32| Error::Head(format!("the matrix has no row {place}"));
        let packed = self.packed().ok_or_else(|| Error::Head("rows of this matrix are looked up elsewhere".to_owned()))?;
        let row = |place: &u32| packed.row(*place as usize).ok_or_else(|| missing(*place));
        let rows = places.iter().map(row).collect::<Result<Vec<_>, _>>()?.concat();
        Ok(Tensor::from_vec(rows, (places.len(), packed.form().1), &Device::Cpu)?)
    }

    /// Products with rows.
    pub(super) fn of(&self, rows: &Tensor) -> Result<Tensor, Error> {
        match &self.matrix {
            Matrix::Packed(_) => together([self], rows).map(|[product]| product),
            Matrix::Library(matrix) => self.biased(matrix.forward(rows)?),
        }
    }

    fn packed(&self) -> Option<&Packed> {
        match &self.matrix {
            Matrix::Packed(packed) => Some(packed),
            Matrix::Library(_) => None,
        }
    }

    fn quantized(&self) -> Option<&QTensor> {
        match &self.matrix {
            Matrix::Library(QMatMul::QTensor(tensor)) => Some(tensor.as_ref()),
            Matrix::Library(_) | Matrix::Packed(_) => None,
        }
    }

    fn biased(&self, products: Tensor) -> Result<Tensor, Error> {
        Ok(match &self.bias {
            Some(bias) => products.broadcast_add(bias)?,
            None => products,
        })
    }
}

/// Products of several matrices with the same rows, in their order.
pub(super) fn together<const N: usize>(weights: [&Weight; N], rows: &Tensor) -> Result<[Tensor; N], Error> {
    let products = match (all(weights, Weight::packed), all(weights, Weight::quantized)) {
        (Some(packed), _) => Some(multiplied(&packed, rows)?),
        (None, Some(quantized)) => QTensor::gemv_fused_shared_lhs(&quantized, rows)?,
        (None, None) => None,
    };
    let products = match products {
        Some(products) => weights.iter().zip(products).map(|(weight, product)| weight.biased(product)).collect::<Result<Vec<_>, _>>()?,
        None => weights.iter().map(|weight| weight.of(rows)).collect::<Result<Vec<_>, _>>()?,
    };
    products.try_into().map_err(|_| Error::Head("products were lost".to_owned()))
}

/// What is found in all weights.
fn all<'w, T, const N: usize>(weights: [&'w Weight; N], find: impl Fn(&'w Weight) -> Option<&'w T>) -> Option<[&'w T; N]> {
    weights.into_iter().map(find).collect::<Option<Vec<_>>>()?.try_into().ok()
}

/// Products of packed matrices.
fn multiplied(matrices: &[&Packed], rows: &Tensor) -> Result<Vec<Tensor>, Error> {
    let rows = rows.contiguous()?;
    let (n_rows, width) = rows.dims2()?;
    let (storage, layout) = rows.storage_and_layout();
    let numbers = match (&*storage, layout.contiguous_offsets()) {
        (Storage::Cpu(CpuStorage::F32(numbers)), Some((start, end))) => numbers.get(start..end),
        _ => None,
    };
    let numbers = numbers.filter(|_| matrices.iter().all(|matrix| matrix.form().1 == width));
    let numbers = numbers.ok_or_else(|| Error::Head(format!("rows of {width} numbers of 32 bits do not fit the matrix")))?;
    let products = matrices.iter().zip(packed::products(matrices, numbers));
    products.map(|(matrix, products)| Ok(Tensor::from_vec(products, (n_rows, matrix.form().0), &Device::Cpu)?)).collect()
}

/// Bytes of a tensor's numbers.
pub(super) fn bytes_of(tensor: &Tensor) -> u64 {
    (tensor.elem_count() * tensor.dtype().size_in_bytes()) as u64
}

/// Reads a matrix of this form.
pub(super) fn matrix(gguf: &mut Gguf, name: &str, form: (usize, usize), device: &Device) -> Result<Arc<QTensor>, Error> {
    match gguf.dims(name) {
        Some([rows, columns]) if (*rows, *columns) == form => Ok(Arc::new(gguf.tensor(name, device)?)),
        Some(dims) => Err(Error::Head(format!("tensor `{name}` has the form {dims:?}, not {form:?}"))),
        None => Err(Error::Head(format!("there is no tensor `{name}`"))),
    }
}

/// Reads a row of this length.
pub(super) fn vector(gguf: &mut Gguf, name: &str, length: usize, device: &Device) -> Result<Tensor, Error> {
    match gguf.dims(name) {
        Some([found]) if *found == length => Ok(gguf.tensor(name, device)?.dequantize(device)?),
        Some(dims) => Err(Error::Head(format!("tensor `{name}` has the form {dims:?}, not [{length}]"))),
        None => Err(Error::Head(format!("there is no tensor `{name}`"))),
    }
}

#[cfg(test)]
mod tests {
    use candle_core::quantized::GgmlDType;

    use super::*;

    fn sines(n: usize, step: f32) -> Vec<f32> {
        (0..n).map(|place| (place as f32 * step).sin()).collect()
    }

    #[test]
    fn a_processor_without_wide_instructions_gets_the_same_products() {
        let device = Device::Cpu;
        let form = |n_rows| (n_rows, 512);
        let files: Vec<Arc<QTensor>> = [(48, GgmlDType::Q4K, 0.37), (32, GgmlDType::Q6K, 0.21)]
            .map(|(n_rows, kind, step)| Tensor::from_vec(sines(n_rows * 512, step), form(n_rows), &device).map(|numbers| (numbers, kind)))
            .map(|made| made.and_then(|(numbers, kind)| QTensor::quantize(&numbers, kind)).map(Arc::new).unwrap())
            .into();
        // Where there is no room to lay a matrix anew, the library serves, as it does on other processors.
        let weights = |room: usize| {
            let mut arena = Arena::new(room);
            let weights = [0, 1].map(|index| Weight::shared(files[index].clone(), &mut arena).unwrap());
            arena.finish();
            weights
        };
        let (anew, library) = (weights(1 << 20), weights(0));
        assert!(library.iter().all(|weight| weight.quantized().is_some()));
        for n_rows in [1, 3, 40] {
            let rows = Tensor::from_vec(sines(n_rows * 512, 0.11), (n_rows, 512), &device).unwrap();
            let [one, other] = [&anew, &library].map(|weights| together([&weights[0], &weights[1]], &rows).unwrap());
            for (one, other) in one.iter().zip(&other) {
                assert_eq!(one.dims(), other.dims());
                let [one, other] = [one, other].map(|products| products.flatten_all().unwrap().to_vec1::<f32>().unwrap());
                let greatest = other.iter().fold(0.0_f32, |greatest, number| greatest.max(number.abs()));
                assert!(one.iter().zip(&other).all(|(a, b)| (a - b).abs() < 1e-4 * greatest), "{n_rows} rows");
            }
        }
    }
}
