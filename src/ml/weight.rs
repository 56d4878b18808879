//! A matrix of weights as it stands in the file: quantized where it is quantized. Several that read the same numbers are multiplied
//! together where the library can, which then rounds these numbers once.

use std::sync::Arc;

use candle_core::{
    Device, Module, Tensor,
    quantized::{QMatMul, QTensor},
};

use super::{error::Error, gguf::Gguf};

/// A matrix, and what is added to its products.
pub(super) struct Weight {
    matrix: QMatMul,
    bias: Option<Tensor>,
}

impl Weight {
    /// Reads `NAME.weight`, and `NAME.bias` where there is one. The form is checked: `rows × columns`.
    pub(super) fn read(gguf: &mut Gguf, name: &str, form: (usize, usize), device: &Device) -> Result<Self, Error> {
        let tensor = matrix(gguf, &format!("{name}.weight"), form, device)?;
        let bias_name = format!("{name}.bias");
        let bias = match gguf.has(&bias_name) {
            true => Some(vector(gguf, &bias_name, form.0, device)?),
            false => None,
        };
        Ok(Self { matrix: QMatMul::from_arc(tensor)?, bias })
    }

    /// Of a matrix that has another use beside.
    pub(super) fn shared(tensor: Arc<QTensor>) -> Result<Self, Error> {
        Ok(Self { matrix: QMatMul::from_arc(tensor)?, bias: None })
    }

    /// Products with rows.
    pub(super) fn of(&self, rows: &Tensor) -> Result<Tensor, Error> {
        self.biased(self.matrix.forward(rows)?)
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
    let quantized: Vec<&QTensor> = weights
        .iter()
        .filter_map(|weight| match &weight.matrix {
            QMatMul::QTensor(tensor) => Some(tensor.as_ref()),
            QMatMul::Tensor(_) | QMatMul::TensorF16(_) => None,
        })
        .collect();
    let fused = match quantized.len() == N {
        true => QTensor::gemv_fused_shared_lhs(&quantized, rows)?,
        false => None,
    };
    let products = match fused {
        Some(products) => weights.iter().zip(products).map(|(weight, product)| weight.biased(product)).collect::<Result<Vec<_>, _>>()?,
        None => weights.iter().map(|weight| weight.of(rows)).collect::<Result<Vec<_>, _>>()?,
    };
    products.try_into().map_err(|_| Error::Head("products were lost".to_owned()))
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
