//! A direction in a model's space of meaning, in fixed point: sums over entries are whole numbers and do not depend on their order.

/// Units of length 1. A sum of products of two such vectors stays below 2^27, in whatever order it is taken.
const UNIT: f32 = 8192.0;

/// Parts of the longest vector.
const MAX_DIMENSIONS: usize = 4096;

/// A vector of length 1; a cosine between two differs by less than 0.001 from that of the exact ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vector(Box<[i16]>);

impl Vector {
    /// The direction of a vector; `None` where it has none.
    pub fn new(parts: &[f32]) -> Option<Self> {
        let length = parts.iter().map(|part| f64::from(*part).powi(2)).sum::<f64>().sqrt();
        if parts.is_empty() || parts.len() > MAX_DIMENSIONS || !length.is_normal() {
            return None;
        }
        Some(Self(parts.iter().map(|part| ((f64::from(*part) / length) as f32 * UNIT).round() as i16).collect()))
    }

    /// As it is stored: two bytes a part, the low one first.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|part| part.to_le_bytes()).collect()
    }

    /// From its stored form; `None` where that holds no direction.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let parts: Vec<f32> = pairs.iter().map(|pair| f32::from(i16::from_le_bytes(*pair))).collect();
        if rest.is_empty() { Self::new(&parts) } else { None }
    }

    /// The direction between several, all of one model.
    pub fn between(vectors: &[Vec<f32>]) -> Option<Self> {
        let first = vectors.first()?;
        let sum = vectors.iter().filter(|vector| vector.len() == first.len()).fold(vec![0.0_f32; first.len()], |mut sum, vector| {
            sum.iter_mut().zip(vector).for_each(|(sum, part)| *sum += part);
            sum
        });
        Self::new(&sum)
    }

    pub(super) fn parts(&self) -> &[i16] {
        &self.0
    }
}

/// The product of two vectors in fixed point, as a number.
pub(super) fn dot(a: &[i16], b: &[i16]) -> f32 {
    let sum: i32 = a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum();
    sum as f32 / (UNIT * UNIT)
}

/// The mean of so many vectors of this sum, in fixed point.
pub(super) fn mean(sum: &[i64], n: usize) -> Vec<i16> {
    let n = n.max(1) as i64;
    sum.iter().map(|part| i16::try_from(part / n).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_has_no_direction_is_no_vector() {
        for parts in [&[][..], &[0.0, 0.0], &[f32::NAN, 1.0], &[f32::INFINITY, 1.0]] {
            assert_eq!(Vector::new(parts), None, "{parts:?}");
        }
        assert_eq!(Vector::from_bytes(&[1, 2, 3]), None);
        assert_eq!(Vector::from_bytes(&[0, 0]), None);
        assert_eq!(Vector::between(&[]), None);
        assert_eq!(Vector::between(&[vec![2.0, 0.0], vec![0.0, 2.0]]), Vector::new(&[1.0, 1.0]));
    }

    proptest! {
        #[test]
        fn a_cosine_is_kept_and_so_is_a_stored_vector(a in prop::collection::vec(-1.0_f32..1.0, 384), b in prop::collection::vec(-1.0_f32..1.0, 384)) {
            let exact = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
            let cosine = exact(&a, &b) / (exact(&a, &a) * exact(&b, &b)).sqrt();
            let (a, b) = (Vector::new(&a).unwrap(), Vector::new(&b).unwrap());
            prop_assert!((f64::from(dot(a.parts(), b.parts())) - cosine).abs() < 1e-3);
            let again = Vector::from_bytes(&a.to_bytes()).unwrap();
            prop_assert!((f64::from(dot(again.parts(), b.parts())) - cosine).abs() < 1e-3);
        }
    }
}
