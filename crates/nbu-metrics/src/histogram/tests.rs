use super::*;

const BOUNDS: &[f64] = &[1.0, 10.0];

#[test]
fn a_value_on_a_bound_belongs_to_the_bucket_below() {
    let mut histogram = Histogram::new(BOUNDS);
    for value in [0.0, 1.0, 1.5, 10.0, 11.0] {
        histogram.observe(value);
    }
    assert_eq!(histogram.counts(), [2, 2, 1]);
    assert_eq!(histogram.native().zeros(), 1);
}

#[test]
fn values_that_would_spoil_the_sum_are_ignored() {
    let mut histogram = Histogram::new(BOUNDS);
    for value in [-1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        histogram.observe(value);
    }
    assert_eq!(histogram, Histogram::new(BOUNDS));
}

#[test]
fn merging_equals_observing_everything_in_one() {
    let (mut left, mut right, mut both) = (
        Histogram::new(BOUNDS),
        Histogram::new(BOUNDS),
        Histogram::new(BOUNDS),
    );
    for (number, value) in [0.0, 0.5, 3.0, 3.1, 700.0, 8e9].into_iter().enumerate() {
        both.observe(value);
        if number % 2 == 0 {
            &mut left
        } else {
            &mut right
        }
        .observe(value);
    }
    assert!(left.merge(&right));
    assert_eq!(left.counts(), both.counts());
    assert_eq!(left.native(), both.native());
    assert_eq!(left.count(), 6);
    assert!(!left.merge(&Histogram::new(&[5.0])), "other bounds");
}

#[test]
fn what_was_written_down_can_be_put_back() {
    let mut histogram = Histogram::new(BOUNDS);
    for value in [0.0, 4.0, 5.0, 600.0] {
        histogram.observe(value);
    }
    let native = Native::restore(
        histogram.native().zeros(),
        histogram.native().positive().iter().copied(),
    );
    let again = Histogram::restore(BOUNDS, histogram.counts(), histogram.sum(), native.clone());
    assert_eq!(again, Some(histogram));
    assert_eq!(Histogram::restore(BOUNDS, &[1], 1.0, native), None);
}
