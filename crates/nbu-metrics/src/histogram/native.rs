//! Native buckets: exponential, sparse, without bounds chosen in advance.

/// The resolution: each power of two is divided into 2³ buckets, an error of at most 4.5 %.
const SCHEMA: i32 = 3;

/// Buckets per power of two.
const PER_DOUBLING: i32 = 1 << SCHEMA;

/// Upper limit of the bucket that counts zeros: 2⁻¹²⁸. A histogram without observations needs a
/// threshold above 0, by that Prometheus knows that it is a native one.
const ZERO_THRESHOLD: f64 = 2.938_735_877_055_719e-39;

/// Lower bounds of the buckets of the mantissa, which lies in [0.5, 1): 0.5 × 2^(i/8).
const MANTISSAS: [f64; PER_DOUBLING as usize] = [
    0.5,
    0.545_253_866_332_628_8,
    0.594_603_557_501_360_5,
    0.648_419_777_325_504_8,
    std::f64::consts::FRAC_1_SQRT_2,
    0.771_105_412_703_970_4,
    0.840_896_415_253_714_5,
    0.917_004_043_204_671_2,
];

/// The native buckets of a [`Histogram`](super::Histogram): bucket *i* counts the values in
/// (2^((i−1)/8), 2^(i/8)].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Native {
    zeros: u64,
    /// Bucket index and count, ascending; only buckets that are not empty.
    positive: Vec<(i32, u64)>,
}

/// Sparse buckets as protobuf wants them: runs of neighbours, and counts as differences.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spans {
    /// Distance to the end of the span before (for the first one, its index), and length.
    pub spans: Vec<(i32, u32)>,
    /// Each count minus the one before it.
    pub deltas: Vec<i64>,
}

impl Native {
    /// Puts back what [`zeros`](Self::zeros) and [`positive`](Self::positive) gave earlier.
    pub fn restore(zeros: u64, positive: impl IntoIterator<Item = (i32, u64)>) -> Self {
        let mut native = Self {
            zeros,
            positive: Vec::new(),
        };
        for (index, count) in positive {
            native.add(index, count);
        }
        native
    }

    /// The schema: 2^schema buckets per power of two.
    pub const fn schema(&self) -> i32 {
        SCHEMA
    }

    /// Values up to this one count as zeros.
    pub const fn zero_threshold(&self) -> f64 {
        ZERO_THRESHOLD
    }

    /// The number of zeros.
    pub fn zeros(&self) -> u64 {
        self.zeros
    }

    /// Index and count of the buckets that are not empty, ascending.
    pub fn positive(&self) -> &[(i32, u64)] {
        &self.positive
    }

    /// The buckets as spans and deltas.
    pub fn spans(&self) -> Spans {
        let mut spans = Spans::default();
        let (mut end, mut last) = (0, 0);
        for &(index, count) in &self.positive {
            match spans.spans.last_mut() {
                Some((_, length)) if index == end => *length += 1,
                _ => spans.spans.push((index - end, 1)),
            }
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            spans.deltas.push(count - last);
            (end, last) = (index + 1, count);
        }
        spans
    }

    /// Counts one finite value that is not negative.
    pub(super) fn observe(&mut self, value: f64) {
        if value <= ZERO_THRESHOLD {
            self.zeros += 1;
        } else {
            self.add(index(value), 1);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.zeros += other.zeros;
        for &(index, count) in &other.positive {
            self.add(index, count);
        }
    }

    fn add(&mut self, index: i32, count: u64) {
        if count == 0 {
            return;
        }
        match self.positive.binary_search_by_key(&index, |(i, _)| *i) {
            Ok(found) => self.positive[found].1 += count,
            Err(place) => self.positive.insert(place, (index, count)),
        }
    }
}

/// The bucket of a finite value above the zero threshold, hence never subnormal.
fn index(value: f64) -> i32 {
    const MANTISSA_BITS: u32 = 52;
    const EXPONENT_MASK: u64 = 0x7ff;
    // value = mantissa × 2^exponent, the mantissa in [0.5, 1): taken from the bits, since a logarithm
    // would put some bounds themselves into the wrong bucket.
    let bits = value.to_bits();
    let exponent = i32::try_from((bits >> MANTISSA_BITS) & EXPONENT_MASK).unwrap_or(0) - 1022;
    let mantissa =
        f64::from_bits((bits & !(EXPONENT_MASK << MANTISSA_BITS)) | (1022 << MANTISSA_BITS));
    let within = MANTISSAS.partition_point(|bound| *bound < mantissa);
    i32::try_from(within).unwrap_or(0) + (exponent - 1) * PER_DOUBLING
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_two_are_upper_bounds_of_their_buckets() {
        for exponent in -100..100 {
            let bound = 2f64.powi(exponent);
            assert_eq!(index(bound), exponent * PER_DOUBLING, "2^{exponent}");
            assert_eq!(index(bound * 1.001), exponent * PER_DOUBLING + 1);
        }
    }

    #[test]
    fn every_value_lies_within_the_bounds_of_its_bucket() {
        let bound = |index: i32| 2f64.powf(f64::from(index) / 8.0);
        let mut value = 1e-9;
        while value < 1e18 {
            let index = index(value);
            assert!(
                bound(index - 1) < value && value <= bound(index) * (1.0 + 1e-12),
                "{value}"
            );
            value *= 1.013;
        }
    }

    #[test]
    fn spans_give_back_the_buckets() {
        let native = Native::restore(4, [(-3, 2), (-2, 5), (1, 1), (40, 7), (41, 7)]);
        let Spans { spans, deltas } = native.spans();
        assert_eq!(spans, [(-3, 2), (2, 1), (38, 2)]);
        assert_eq!(deltas, [2, 3, -4, 6, 0]);
    }
}
