use candle_core::{
    Device, Module, Tensor,
    quantized::{GgmlDType, QMatMul, QTensor},
};

use super::{
    Arena, BLOCK, Packed, Quick, products,
    round::{self, Group},
};

fn numbers(n: usize, step: f32) -> Vec<f32> {
    (0..n).map(|place| (place as f32 * step).sin() * (1.0 + (place % 13) as f32)).collect()
}

fn matrix(form: (usize, usize), kind: GgmlDType) -> QTensor {
    QTensor::quantize(&Tensor::from_vec(numbers(form.0 * form.1, 0.37), form, &Device::Cpu).unwrap(), kind).unwrap()
}

/// The same matrices, packed, for each kind of instructions that this processor has; none where it has none.
fn packed(tensors: &[QTensor]) -> Vec<Vec<Packed>> {
    let by = |quick| {
        let mut arena = Arena::new(1 << 20);
        let packed = tensors.iter().map(|tensor| Packed::by(quick, tensor, &mut arena).unwrap().unwrap()).collect();
        arena.finish();
        packed
    };
    Quick::each().map(by).collect()
}

/// The greatest difference, in parts of the greatest number.
fn distance(found: &[f32], wanted: &[f32]) -> f32 {
    let greatest = wanted.iter().fold(0.0_f32, |greatest, number| greatest.max(number.abs()));
    assert_eq!(found.len(), wanted.len());
    found.iter().zip(wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) / greatest.max(f32::MIN_POSITIVE)
}

#[test]
fn products_agree_with_those_of_the_library() {
    for kind in [GgmlDType::Q4K, GgmlDType::Q6K] {
        for (form, n_rows) in [((16, 256), 1), ((48, 512), 2), ((160, 256), 3), ((64, 768), 4), ((32, 256), 7), ((272, 512), 33)] {
            let tensors = [matrix(form, kind)];
            let packed = packed(&tensors);
            let [tensor] = tensors;
            let numbers = numbers(n_rows * form.1, 0.11);
            let rows = Tensor::from_vec(numbers.clone(), (n_rows, form.1), &Device::Cpu).unwrap();
            let exact = rows.matmul(&tensor.dequantize(&Device::Cpu).unwrap().t().unwrap()).unwrap();
            let exact = exact.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            let library = QMatMul::from_qtensor(tensor).unwrap().forward(&rows).unwrap();
            let library = library.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            for packed in &packed {
                let found = products(&[&packed[0]], &numbers).remove(0);
                assert!(distance(&found, &exact) < 1e-2, "{kind:?} {form:?} {n_rows}: {}", distance(&found, &exact));
                // Both round to the same whole numbers, but for one that lies in the middle between two.
                assert!(distance(&found, &library) < 1e-4, "{kind:?} {form:?} {n_rows}: {}", distance(&found, &library));
            }
        }
    }
}

#[test]
fn products_agree_with_those_of_a_plain_loop_over_the_same_whole_numbers() {
    for (kind, form) in [(GgmlDType::Q4K, (32, 768)), (GgmlDType::Q6K, (32, 768))] {
        let tensors = [matrix(form, kind)];
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
        for packed in packed(&tensors) {
            let found = products(&[&packed[0]], &row).remove(0);
            assert!(distance(&found, &plain) < 1e-5, "{kind:?}: {}", distance(&found, &plain));
        }
    }
}

#[test]
fn a_row_comes_out_the_same_to_the_last_bit_alone_beside_others_and_by_whatever_instructions() {
    let tensors = [matrix((48, 512), GgmlDType::Q4K), matrix((16, 512), GgmlDType::Q6K)];
    let rows = numbers(7 * 512, 0.11);
    let mut of_widest = None;
    for packed in packed(&tensors) {
        let packed: Vec<&Packed> = packed.iter().collect();
        let all = products(&packed, &rows);
        for (index, row) in rows.chunks(512).enumerate() {
            for (found, (all, n)) in products(&packed, row).iter().zip(all.iter().zip([48, 16])) {
                assert_eq!(found, &all[index * n..(index + 1) * n]);
            }
        }
        assert_eq!(of_widest.get_or_insert_with(|| all.clone()), &all);
    }
}

#[test]
fn numbers_that_use_every_bit_do_not_overflow_and_the_smallest_steps_are_kept() {
    // The greatest numbers, scales and steps that a file can hold, times the greatest whole numbers, all of one sign; and the same with steps
    // of the least precision: one, the greatest, the smallest there is, a negative one.
    let steps = [0x3c00_u16, 0x7bff, 0x0001, 0x8400].map(u16::to_le_bytes);
    for ((kind, bytes), step) in [(GgmlDType::Q4K, 144), (GgmlDType::Q6K, 210)].into_iter().flat_map(|kind| steps.map(|step| (kind, step)))
    {
        let mut block = vec![0xff_u8; bytes];
        match kind {
            GgmlDType::Q4K => block[..4].copy_from_slice(&[step, [0, 0]].concat()),
            _ => {
                block[192..208].fill(0x7f);
                block[208..].copy_from_slice(&step);
            }
        }
        let storage = candle_core::quantized::QStorage::from_data(block.repeat(16).into(), &Device::Cpu, kind).unwrap();
        let tensors = [QTensor::new(storage, (16, 256)).unwrap()];
        let number = tensors[0].dequantize(&Device::Cpu).unwrap().to_vec2::<f32>().unwrap()[0][0];
        for packed in packed(&tensors) {
            for sign in [1.0, -1.0] {
                let found = products(&[&packed[0]], &[sign; 256]).remove(0);
                assert!(distance(&found, &[sign * number * 256.0; 16]) < 1e-5, "{kind:?} {step:?} {found:?}");
            }
        }
    }
}

#[test]
fn rows_of_a_packed_matrix_are_those_of_the_file() {
    for (kind, form) in [(GgmlDType::Q4K, (48, 512)), (GgmlDType::Q6K, (32, 768))] {
        let tensors = [matrix(form, kind)];
        let wanted = tensors[0].dequantize(&Device::Cpu).unwrap().to_vec2::<f32>().unwrap();
        for packed in packed(&tensors) {
            for (row, wanted) in wanted.iter().enumerate() {
                assert!(distance(&packed[0].row(row).unwrap(), wanted) < 1e-6, "{kind:?}, row {row}");
            }
            assert!(packed[0].row(form.0).is_none() && packed[0].row(usize::MAX).is_none());
        }
    }
}

#[test]
fn the_bytes_of_a_packed_matrix_are_told_beforehand() {
    for (kind, form) in [(GgmlDType::Q4K, (32, 768)), (GgmlDType::Q6K, (48, 256))] {
        let tensors = [matrix(form, kind)];
        for packed in packed(&tensors) {
            assert_eq!(super::bytes(kind, &[form.0, form.1]), Some(packed[0].bytes()));
        }
    }
    assert_eq!(super::bytes(GgmlDType::Q4K, &[24, 256]), None);
    assert_eq!(super::bytes(GgmlDType::Q8_0, &[32, 256]), None);
    assert_eq!(super::bytes(GgmlDType::Q4K, &[256]), None);
}
