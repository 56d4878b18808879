use candle_core::{
    Device, Module, Tensor,
    quantized::{GgmlDType, QMatMul, QTensor},
};

use super::{
    Arena, BLOCK, Packed, products,
    round::{self, Group},
};

fn numbers(n: usize, step: f32) -> Vec<f32> {
    (0..n).map(|place| (place as f32 * step).sin() * (1.0 + (place % 13) as f32)).collect()
}

fn matrix(form: (usize, usize), kind: GgmlDType) -> QTensor {
    QTensor::quantize(&Tensor::from_vec(numbers(form.0 * form.1, 0.37), form, &Device::Cpu).unwrap(), kind).unwrap()
}

/// The same matrices, packed; nothing where this processor cannot.
fn packed(tensors: &[QTensor]) -> Option<Vec<Packed>> {
    let mut arena = Arena::new(1 << 20);
    let packed = tensors.iter().map(|tensor| Packed::of(tensor, &mut arena).unwrap()).collect();
    arena.finish();
    packed
}

/// The greatest difference, in parts of the greatest number.
fn distance(found: &[f32], wanted: &[f32]) -> f32 {
    let greatest = wanted.iter().fold(0.0_f32, |greatest, number| greatest.max(number.abs()));
    assert_eq!(found.len(), wanted.len());
    found.iter().zip(wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) / greatest
}

#[test]
fn products_agree_with_those_of_the_library() {
    for kind in [GgmlDType::Q4K, GgmlDType::Q6K] {
        for (form, n_rows) in [((16, 256), 1), ((48, 512), 2), ((160, 256), 3), ((64, 768), 4), ((32, 256), 7), ((272, 512), 33)] {
            let tensors = [matrix(form, kind)];
            let Some(packed) = packed(&tensors) else { return };
            let [tensor] = tensors;
            let rows = numbers(n_rows * form.1, 0.11);
            let found = products(&[&packed[0]], &rows).remove(0);
            let rows = Tensor::from_vec(rows, (n_rows, form.1), &Device::Cpu).unwrap();
            let exact = rows.matmul(&tensor.dequantize(&Device::Cpu).unwrap().t().unwrap()).unwrap();
            let exact = exact.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            assert!(distance(&found, &exact) < 1e-2, "{kind:?} {form:?} {n_rows}: {}", distance(&found, &exact));
            let library = QMatMul::from_qtensor(tensor).unwrap().forward(&rows).unwrap();
            let library = library.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            // Both round to the same whole numbers, but for one that lies in the middle between two.
            assert!(distance(&found, &library) < 1e-4, "{kind:?} {form:?} {n_rows}: {}", distance(&found, &library));
        }
    }
}

#[test]
fn products_agree_with_those_of_a_plain_loop_over_the_same_whole_numbers() {
    for (kind, form) in [(GgmlDType::Q4K, (32, 768)), (GgmlDType::Q6K, (32, 768))] {
        let tensors = [matrix(form, kind)];
        let Some(packed) = packed(&tensors) else { return };
        let weights = tensors[0].dequantize(&Device::Cpu).unwrap().to_vec2::<f32>().unwrap();
        let row = numbers(form.1, 0.11);
        let Some((1, Group::One(blocks))) = round::groups(&row, form.1).pop() else { panic!("one row is one group") };
        let whole = blocks.iter().flat_map(|[block]| {
            let numbers = block.words.iter().flat_map(|word| word.to_le_bytes());
            numbers.map(|byte| f64::from(byte as i8) * f64::from(block.step))
        });
        let whole: Vec<f64> = whole.collect();
        assert_eq!(whole.len() % BLOCK, 0);
        let product = |weights: &Vec<f32>| weights.iter().zip(&whole).map(|(weight, whole)| f64::from(*weight) * whole).sum::<f64>() as f32;
        let plain: Vec<f32> = weights.iter().map(product).collect();
        let found = products(&[&packed[0]], &row).remove(0);
        assert!(distance(&found, &plain) < 1e-5, "{kind:?}: {}", distance(&found, &plain));
    }
}

#[test]
fn a_row_comes_out_the_same_to_the_last_bit_alone_and_beside_others() {
    let tensors = [matrix((48, 512), GgmlDType::Q4K), matrix((16, 512), GgmlDType::Q6K)];
    let Some(packed) = packed(&tensors) else { return };
    let packed: Vec<&Packed> = packed.iter().collect();
    let rows = numbers(7 * 512, 0.11);
    let all = products(&packed, &rows);
    for (index, row) in rows.chunks(512).enumerate() {
        for (found, (all, n)) in products(&packed, row).iter().zip(all.iter().zip([48, 16])) {
            assert_eq!(found, &all[index * n..(index + 1) * n]);
        }
    }
}

#[test]
fn numbers_that_use_every_bit_do_not_overflow() {
    // The greatest numbers, scales and steps that a file can hold, times the greatest whole numbers, all of one sign.
    for (kind, bytes) in [(GgmlDType::Q4K, 144), (GgmlDType::Q6K, 210)] {
        let mut block = vec![0xff_u8; bytes];
        let one = [0x00, 0x3c];
        match kind {
            GgmlDType::Q4K => block[..4].copy_from_slice(&[one, [0, 0]].concat()),
            _ => {
                block[192..208].fill(0x7f);
                block[208..].copy_from_slice(&one);
            }
        }
        let storage = candle_core::quantized::QStorage::from_data(block.repeat(16).into(), &Device::Cpu, kind).unwrap();
        let tensors = [QTensor::new(storage, (16, 256)).unwrap()];
        let Some(packed) = packed(&tensors) else { return };
        for sign in [1.0, -1.0] {
            let found = products(&[&packed[0]], &[sign; 256]).remove(0);
            let number = tensors[0].dequantize(&Device::Cpu).unwrap().to_vec2::<f32>().unwrap()[0][0];
            assert!(distance(&found, &[sign * number * 256.0; 16]) < 1e-5, "{kind:?} {found:?}");
        }
    }
}
