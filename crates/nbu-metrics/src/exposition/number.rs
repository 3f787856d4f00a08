//! Numbers as text.

use std::fmt::Write;

/// Up to here each whole number is a different `f64`.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Magnitudes outside of this range are shorter with an exponent.
const PLAIN: std::ops::Range<f64> = 1e-5..1e17;

/// The value as an integer, if it is one that `f64` holds exactly.
#[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
pub(super) fn whole(value: f64) -> Option<i64> {
    (value.fract() == 0.0 && value.abs() < EXACT).then_some(value as i64)
}

/// Writes a sample value: whole numbers without a fraction, everything else so that it reads back the same.
pub(super) fn sample(out: &mut impl Write, value: f64) {
    // Writing to memory cannot fail.
    let _ = if let Some(whole) = whole(value) {
        write!(out, "{whole}")
    } else if value.is_nan() {
        out.write_str("NaN")
    } else if value.is_infinite() {
        out.write_str(if value > 0.0 { "+Inf" } else { "-Inf" })
    } else if PLAIN.contains(&value.abs()) {
        write!(out, "{value}")
    } else {
        write!(out, "{value:e}")
    };
}

/// Writes the upper bound of a bucket as OpenMetrics spells it, always with a fraction: then a series
/// has one name, whichever format it was scraped in.
pub(super) fn bound(out: &mut impl Write, value: f64) {
    let _ = if value.is_infinite() {
        out.write_str("+Inf")
    } else {
        write!(out, "{value:?}")
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: fn(&mut String, f64), value: f64) -> String {
        let mut out = String::new();
        write(&mut out, value);
        out
    }

    #[test]
    fn samples() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (-3.0, "-3"),
            (0.25, "0.25"),
            (1_763_918_400.5, "1763918400.5"),
            (17_592_186_044_416.0, "17592186044416"),
            (1e300, "1e300"),
            (-1.5e-9, "-1.5e-9"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(written(sample, value), text);
        }
    }

    #[test]
    fn bounds() {
        for (value, text) in [
            (60.0, "60.0"),
            (0.005, "0.005"),
            (17_592_186_044_416.0, "17592186044416.0"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(written(bound, value), text);
        }
    }
}
