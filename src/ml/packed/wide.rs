//! The instructions that products are made of, once for AVX-512, which does a step of all sixteen rows at once, and once for AVX2, which does
//! it for eight rows and then for the other eight. Lines are the same for both.

use std::arch::x86_64::{__m128i, __m256, __m256i, __m512, __m512i};

use pulp::{
    NullaryFnOnce,
    bytemuck::cast,
    x86::{V3, V4},
};

use super::{Line, ROWS};

/// Parts of a line at most.
pub(super) const PARTS: usize = 2;

/// Instructions of one width. Of a line, and of what is made of it, a part has four bytes of each of its rows.
pub(super) trait Wide: Copy {
    /// Bytes, or whole numbers of 16 or of 32 bits.
    type Whole: Copy;
    /// A number of each row.
    type Real: Copy;

    /// Parts of a line.
    const N_PARTS: usize;

    fn vectorize<F: NullaryFnOnce>(self, work: F) -> F::Output;
    fn none(self) -> Self::Whole;
    fn nothing(self) -> Self::Real;
    /// A part of a line.
    fn line(self, line: &Line, part: usize) -> Self::Whole;
    /// Bytes without a sign, two of each row, as numbers of 16 bits.
    fn unsigned(self, bytes: [u8; 2 * ROWS], part: usize) -> Self::Whole;
    /// Bytes with a sign, likewise.
    fn signed(self, bytes: [u8; 2 * ROWS], part: usize) -> Self::Whole;
    /// A number of half precision of each row.
    fn halves(self, bytes: [u8; 2 * ROWS], part: usize) -> Self::Real;
    /// The same four bytes for each row.
    fn each(self, word: i32) -> Self::Whole;
    /// The same number for each row.
    fn real(self, number: f32) -> Self::Real;
    fn and(self, one: Self::Whole, other: Self::Whole) -> Self::Whole;
    fn or(self, one: Self::Whole, other: Self::Whole) -> Self::Whole;
    /// Bits of numbers of 16 bits, so many places down.
    fn down<const BITS: u32>(self, bits: Self::Whole) -> Self::Whole;
    /// Bits of numbers of 16 bits, so many places up.
    fn up<const BITS: u32>(self, bits: Self::Whole) -> Self::Whole;
    /// 32 times numbers of 32 bits.
    fn times_32(self, numbers: Self::Whole) -> Self::Whole;
    /// Bytes of each sixteen in this order, which is the same for all.
    fn ordered(self, bytes: Self::Whole, order: &Line) -> Self::Whole;
    /// Bytes without a sign times bytes with one, summed by twos in 16 bits.
    fn products_of_bytes(self, unsigned: Self::Whole, signed: Self::Whole) -> Self::Whole;
    /// Numbers of 16 bits times such, summed by twos in 32 bits.
    fn products(self, one: Self::Whole, other: Self::Whole) -> Self::Whole;
    /// Sums in 16 bits.
    fn sum_16(self, one: Self::Whole, other: Self::Whole) -> Self::Whole;
    /// Sums in 32 bits.
    fn sum(self, one: Self::Whole, other: Self::Whole) -> Self::Whole;
    /// Differences in 32 bits.
    fn difference(self, one: Self::Whole, other: Self::Whole) -> Self::Whole;
    fn reals(self, numbers: Self::Whole) -> Self::Real;
    fn times(self, one: Self::Real, other: Self::Real) -> Self::Real;
    /// `one · other + more`.
    fn times_plus(self, one: Self::Real, other: Self::Real, more: Self::Real) -> Self::Real;
    /// `one · other − less`.
    fn times_minus(self, one: Self::Real, other: Self::Real, less: Self::Real) -> Self::Real;
    /// What the parts hold, of all rows.
    fn rows(self, parts: [Self::Real; PARTS]) -> [f32; ROWS];
}

impl Wide for V4 {
    type Whole = __m512i;
    type Real = __m512;

    const N_PARTS: usize = 1;

    #[inline(always)]
    fn vectorize<F: NullaryFnOnce>(self, work: F) -> F::Output {
        V4::vectorize(self, work)
    }

    #[inline(always)]
    fn none(self) -> __m512i {
        self.avx512f._mm512_setzero_si512()
    }

    #[inline(always)]
    fn nothing(self) -> __m512 {
        self.avx512f._mm512_setzero_ps()
    }

    #[inline(always)]
    fn line(self, line: &Line, _part: usize) -> __m512i {
        cast(*line)
    }

    #[inline(always)]
    fn unsigned(self, bytes: [u8; 2 * ROWS], _part: usize) -> __m512i {
        self.avx512bw._mm512_cvtepu8_epi16(cast(bytes))
    }

    #[inline(always)]
    fn signed(self, bytes: [u8; 2 * ROWS], _part: usize) -> __m512i {
        self.avx512bw._mm512_cvtepi8_epi16(cast(bytes))
    }

    #[inline(always)]
    fn halves(self, bytes: [u8; 2 * ROWS], _part: usize) -> __m512 {
        self.avx512f._mm512_cvtph_ps(cast(bytes))
    }

    #[inline(always)]
    fn each(self, word: i32) -> __m512i {
        self.avx512f._mm512_set1_epi32(word)
    }

    #[inline(always)]
    fn real(self, number: f32) -> __m512 {
        self.avx512f._mm512_set1_ps(number)
    }

    #[inline(always)]
    fn and(self, one: __m512i, other: __m512i) -> __m512i {
        self.avx512f._mm512_and_si512(one, other)
    }

    #[inline(always)]
    fn or(self, one: __m512i, other: __m512i) -> __m512i {
        self.avx512f._mm512_or_si512(one, other)
    }

    #[inline(always)]
    fn down<const BITS: u32>(self, bits: __m512i) -> __m512i {
        self.avx512bw._mm512_srli_epi16::<BITS>(bits)
    }

    #[inline(always)]
    fn up<const BITS: u32>(self, bits: __m512i) -> __m512i {
        self.avx512bw._mm512_slli_epi16::<BITS>(bits)
    }

    #[inline(always)]
    fn times_32(self, numbers: __m512i) -> __m512i {
        self.avx512f._mm512_slli_epi32::<5>(numbers)
    }

    #[inline(always)]
    fn ordered(self, bytes: __m512i, order: &Line) -> __m512i {
        self.avx512bw._mm512_shuffle_epi8(bytes, cast(*order))
    }

    #[inline(always)]
    fn products_of_bytes(self, unsigned: __m512i, signed: __m512i) -> __m512i {
        self.avx512bw._mm512_maddubs_epi16(unsigned, signed)
    }

    #[inline(always)]
    fn products(self, one: __m512i, other: __m512i) -> __m512i {
        self.avx512bw._mm512_madd_epi16(one, other)
    }

    #[inline(always)]
    fn sum_16(self, one: __m512i, other: __m512i) -> __m512i {
        self.avx512bw._mm512_add_epi16(one, other)
    }

    #[inline(always)]
    fn sum(self, one: __m512i, other: __m512i) -> __m512i {
        self.avx512f._mm512_add_epi32(one, other)
    }

    #[inline(always)]
    fn difference(self, one: __m512i, other: __m512i) -> __m512i {
        self.avx512f._mm512_sub_epi32(one, other)
    }

    #[inline(always)]
    fn reals(self, numbers: __m512i) -> __m512 {
        self.avx512f._mm512_cvtepi32_ps(numbers)
    }

    #[inline(always)]
    fn times(self, one: __m512, other: __m512) -> __m512 {
        self.avx512f._mm512_mul_ps(one, other)
    }

    #[inline(always)]
    fn times_plus(self, one: __m512, other: __m512, more: __m512) -> __m512 {
        self.avx512f._mm512_fmadd_ps(one, other, more)
    }

    #[inline(always)]
    fn times_minus(self, one: __m512, other: __m512, less: __m512) -> __m512 {
        self.avx512f._mm512_fmsub_ps(one, other, less)
    }

    #[inline(always)]
    fn rows(self, [all, _]: [__m512; PARTS]) -> [f32; ROWS] {
        cast(all)
    }
}

impl Wide for V3 {
    type Whole = __m256i;
    type Real = __m256;

    const N_PARTS: usize = 2;

    #[inline(always)]
    fn vectorize<F: NullaryFnOnce>(self, work: F) -> F::Output {
        V3::vectorize(self, work)
    }

    #[inline(always)]
    fn none(self) -> __m256i {
        self.avx._mm256_setzero_si256()
    }

    #[inline(always)]
    fn nothing(self) -> __m256 {
        self.avx._mm256_setzero_ps()
    }

    #[inline(always)]
    fn line(self, line: &Line, part: usize) -> __m256i {
        part_of(cast(*line), part)
    }

    #[inline(always)]
    fn unsigned(self, bytes: [u8; 2 * ROWS], part: usize) -> __m256i {
        self.avx2._mm256_cvtepu8_epi16(part_of(cast(bytes), part))
    }

    #[inline(always)]
    fn signed(self, bytes: [u8; 2 * ROWS], part: usize) -> __m256i {
        self.avx2._mm256_cvtepi8_epi16(part_of(cast(bytes), part))
    }

    #[inline(always)]
    fn halves(self, bytes: [u8; 2 * ROWS], part: usize) -> __m256 {
        // Exponent and fraction in the places of a number of 32 bits, whose exponent counts from 112 further on: of finite numbers
        // each comes out exactly, the smallest too.
        let (x, xx) = (self.avx, self.avx2);
        let bits = xx._mm256_cvtepu16_epi32(part_of::<__m128i>(cast(bytes), part));
        let sign = xx._mm256_slli_epi32::<16>(xx._mm256_and_si256(bits, x._mm256_set1_epi32(0x8000)));
        let rest = xx._mm256_slli_epi32::<13>(xx._mm256_and_si256(bits, x._mm256_set1_epi32(0x7fff)));
        let number = x._mm256_mul_ps(cast(rest), x._mm256_set1_ps(f32::from_bits((127 + 112) << 23)));
        x._mm256_or_ps(number, cast(sign))
    }

    #[inline(always)]
    fn each(self, word: i32) -> __m256i {
        self.avx._mm256_set1_epi32(word)
    }

    #[inline(always)]
    fn real(self, number: f32) -> __m256 {
        self.avx._mm256_set1_ps(number)
    }

    #[inline(always)]
    fn and(self, one: __m256i, other: __m256i) -> __m256i {
        self.avx2._mm256_and_si256(one, other)
    }

    #[inline(always)]
    fn or(self, one: __m256i, other: __m256i) -> __m256i {
        self.avx2._mm256_or_si256(one, other)
    }

    #[inline(always)]
    fn down<const BITS: u32>(self, bits: __m256i) -> __m256i {
        self.avx2._mm256_srl_epi16(bits, cast([BITS, 0, 0, 0]))
    }

    #[inline(always)]
    fn up<const BITS: u32>(self, bits: __m256i) -> __m256i {
        self.avx2._mm256_sll_epi16(bits, cast([BITS, 0, 0, 0]))
    }

    #[inline(always)]
    fn times_32(self, numbers: __m256i) -> __m256i {
        self.avx2._mm256_slli_epi32::<5>(numbers)
    }

    #[inline(always)]
    fn ordered(self, bytes: __m256i, order: &Line) -> __m256i {
        self.avx2._mm256_shuffle_epi8(bytes, part_of(cast(*order), 0))
    }

    #[inline(always)]
    fn products_of_bytes(self, unsigned: __m256i, signed: __m256i) -> __m256i {
        self.avx2._mm256_maddubs_epi16(unsigned, signed)
    }

    #[inline(always)]
    fn products(self, one: __m256i, other: __m256i) -> __m256i {
        self.avx2._mm256_madd_epi16(one, other)
    }

    #[inline(always)]
    fn sum_16(self, one: __m256i, other: __m256i) -> __m256i {
        self.avx2._mm256_add_epi16(one, other)
    }

    #[inline(always)]
    fn sum(self, one: __m256i, other: __m256i) -> __m256i {
        self.avx2._mm256_add_epi32(one, other)
    }

    #[inline(always)]
    fn difference(self, one: __m256i, other: __m256i) -> __m256i {
        self.avx2._mm256_sub_epi32(one, other)
    }

    #[inline(always)]
    fn reals(self, numbers: __m256i) -> __m256 {
        self.avx._mm256_cvtepi32_ps(numbers)
    }

    #[inline(always)]
    fn times(self, one: __m256, other: __m256) -> __m256 {
        self.avx._mm256_mul_ps(one, other)
    }

    #[inline(always)]
    fn times_plus(self, one: __m256, other: __m256, more: __m256) -> __m256 {
        self.fma._mm256_fmadd_ps(one, other, more)
    }

    #[inline(always)]
    fn times_minus(self, one: __m256, other: __m256, less: __m256) -> __m256 {
        self.fma._mm256_fmsub_ps(one, other, less)
    }

    #[inline(always)]
    fn rows(self, parts: [__m256; PARTS]) -> [f32; ROWS] {
        cast(parts)
    }
}

/// One of two parts.
#[inline(always)]
fn part_of<T: Copy>([first, second]: [T; 2], part: usize) -> T {
    if part == 0 { first } else { second }
}
