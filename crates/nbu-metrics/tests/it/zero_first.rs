//! New series of counters are shown at 0 first.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nbu_metrics::catalogue::{self, Family, Kind, collection};
use nbu_metrics::exposition::{Format, encode};
use nbu_metrics::histogram::Histogram;
use nbu_metrics::{Samples, Snapshot, ZeroFirst};

const TIME: Duration = Duration::from_secs(120);
const SECOND: Duration = Duration::from_secs(1);

/// One series of the family, with a value above 0.
fn samples(family: &'static Family, label: &str) -> Samples {
    let labels = vec![label; family.labels.len()];
    let mut samples = Samples::new();
    match family.kind {
        Kind::Gauge => samples.gauge(family, &labels, 3.0),
        Kind::Counter => samples.counter(family, &labels, 3.0),
        Kind::Info => samples.info(family, &labels),
        Kind::StateSet => samples.state_set(family, &labels[1..], &["UP"], "UP"),
        Kind::Histogram => {
            let mut histogram = Histogram::new(family.buckets);
            histogram.observe(family.buckets[0]);
            samples.histogram(family, &labels, &histogram);
        }
    }
    samples
}

fn snapshot(family: &Family, samples: &Samples) -> Snapshot {
    let primary = family.per_primary.then(|| "paris".into());
    Snapshot::builder(primary).add(samples).build()
}

fn page(snapshot: Snapshot) -> String {
    let page = encode(Format::Text, &[Arc::new(snapshot)]).unwrap();
    String::from_utf8(page).unwrap()
}

/// The values of all lines.
fn values(page: &str) -> Vec<&str> {
    let samples = page.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| line.rsplit(' ').next().unwrap())
        .collect()
}

#[test]
fn each_counter_of_the_catalogue_that_begins_with_the_process_shows_0_for_a_while() {
    let start = Instant::now();
    let mut held = 0;
    for &family in catalogue::ALL {
        let plain = snapshot(family, &samples(family, "x"));
        let mut zero_first = ZeroFirst::default();
        let mut at = |after| page(zero_first.apply(plain.clone(), start + after, TIME));
        let (first, late, after) = (
            at(Duration::ZERO),
            at(TIME.saturating_sub(SECOND)),
            at(TIME),
        );
        assert_eq!(after, page(plain.clone()), "{}", family.name);
        let counts = matches!(family.kind, Kind::Counter | Kind::Histogram);
        let lasts = family.collector == "jobs" || family.name.starts_with("process_");
        if counts && !lasts {
            for page in [&first, &late] {
                assert!(values(page).iter().all(|value| *value == "0"), "{page}");
            }
            held += 1;
        } else {
            assert_eq!((&first, &late), (&after, &after), "{}", family.name);
        }
    }
    assert!(held >= 8, "{held}");
}

#[test]
fn what_grows_later_is_seen_at_once_and_a_new_series_begins_anew() {
    let family = &collection::API_REQUESTS_TOTAL;
    let start = Instant::now();
    let mut zero_first = ZeroFirst::default();
    let mut shown = |counts: &[(&str, f64)], after| {
        let mut samples = Samples::new();
        for (code, count) in counts {
            samples.counter(family, &["/ping", code], *count);
        }
        let shown = zero_first.apply(snapshot(family, &samples), start + after, TIME);
        let next = zero_first.next(TIME).map(|next| next - start);
        let page = page(shown);
        let values = values(&page).into_iter().map(str::to_owned);
        (values.collect::<Vec<_>>(), next)
    };
    // It was there before anything was counted, but only a moment.
    assert_eq!(
        shown(&[("200", 0.0)], Duration::ZERO),
        (vec!["0".into()], Some(TIME))
    );
    assert_eq!(
        shown(&[("200", 5.0)], SECOND),
        (vec!["0".into()], Some(TIME))
    );
    assert_eq!(shown(&[("200", 6.0)], TIME), (vec!["6".into()], None));
    let later = TIME + SECOND;
    let two = [("200", 7.0), ("503", 1.0)];
    let expected = |values: [&str; 2]| values.map(str::to_owned).to_vec();
    assert_eq!(
        shown(&two, later),
        (expected(["7", "0"]), Some(later + TIME))
    );
    assert_eq!(shown(&two, later + TIME), (expected(["7", "1"]), None));
}

#[test]
fn without_a_time_values_are_shown_at_once() {
    let family = &collection::RECORDS_SKIPPED_TOTAL;
    let plain = snapshot(family, &samples(family, "x"));
    let mut zero_first = ZeroFirst::default();
    let shown = zero_first.apply(plain.clone(), Instant::now(), Duration::ZERO);
    assert_eq!(page(shown), page(plain));
    assert_eq!(zero_first.next(Duration::ZERO), None);
}
