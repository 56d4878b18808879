//! How many typing errors part two words: letters missing, added, replaced, or two of them swapped.

use strsim::osa_distance;

/// The longest word that needs no memory of its own.
const SHORT: usize = 40;

/// The optimal string alignment distance of two words, if it is at most `most`.
pub fn distance(one: &str, other: &str, most: usize) -> Option<usize> {
    if !one.is_ascii() || !other.is_ascii() {
        return Some(osa_distance(one, other)).filter(|distance| *distance <= most);
    }
    let (one_inner, other_inner) = inner(one.as_bytes(), other.as_bytes());
    if one_inner.len().abs_diff(other_inner.len()) > most {
        return None;
    }
    let distance = match () {
        () if one_inner.is_empty() || other_inner.is_empty() => one_inner.len().max(other_inner.len()),
        () if one_inner.len().max(other_inner.len()) < SHORT => table(one_inner, other_inner),
        () => osa_distance(one, other),
    };
    (distance <= most).then_some(distance)
}

/// What is left without the common beginning and the common end, which never take part in an error.
fn inner<'a>(one: &'a [u8], other: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    let is_same = |(a, b): &(&u8, &u8)| a == b;
    let n_first = one.iter().zip(other).take_while(is_same).count();
    let (one, other) = (&one[n_first..], &other[n_first..]);
    let n_last = one.iter().rev().zip(other.iter().rev()).take_while(is_same).count();
    (&one[..one.len() - n_last], &other[..other.len() - n_last])
}

/// The distance by the table, of which three rows are kept.
fn table(one: &[u8], other: &[u8]) -> usize {
    let mut rows = [[0_u8; SHORT]; 3];
    rows[1].iter_mut().zip(0..).for_each(|(cell, place)| *cell = place);
    for (i, a) in one.iter().enumerate() {
        let [before, above, row] = &mut rows;
        row[0] = i as u8 + 1;
        for (j, b) in other.iter().enumerate() {
            let mut least = (above[j] + u8::from(a != b)).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && one[i - 1] == *b && other[j - 1] == *a {
                least = least.min(before[j - 1] + 1);
            }
            row[j + 1] = least;
        }
        rows.rotate_left(1);
    }
    usize::from(rows[1][other.len()])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_optimal_string_alignment_distance(one in "[abc]{0,9}", other in "[abc]{0,9}|[а-г]{1,4}", most in 0_usize..4) {
            let expected = Some(osa_distance(&one, &other)).filter(|distance| *distance <= most);
            prop_assert_eq!(distance(&one, &other, most), expected);
        }
    }
}
