//! Arbitrary snapshots: any family of the catalogue, odd label values, odd numbers.

use std::sync::Arc;

use nbu_metrics::catalogue::{self, Family, Kind};
use nbu_metrics::histogram::Histogram;
use nbu_metrics::samples::Samples;
use nbu_metrics::snapshot::Snapshot;
use proptest::prelude::*;

/// One to three primaries and the process, with equal families and different ones.
pub(super) fn snapshots() -> impl Strategy<Value = Vec<Arc<Snapshot>>> {
    let primaries = proptest::collection::btree_map(label(), samples(true), 0..4);
    (primaries, samples(false)).prop_map(|(primaries, process)| {
        let named = primaries.into_iter().map(|(name, samples)| {
            let name = if name.is_empty() { "unnamed" } else { &name };
            Snapshot::builder(Some(name.into())).add(&samples).build()
        });
        let process = Snapshot::builder(None).add(&process).build();
        named.chain([process]).map(Arc::new).collect()
    })
}

fn samples(per_primary: bool) -> impl Strategy<Value = Samples> {
    proptest::collection::vec(one(per_primary), 0..12).prop_map(|all| {
        let mut together = Samples::new();
        for samples in all {
            together.extend(samples);
        }
        together
    })
}

/// One series, or one state set.
fn one(per_primary: bool) -> impl Strategy<Value = Samples> {
    let families: Vec<&'static Family> = catalogue::ALL
        .iter()
        .copied()
        .filter(|family| family.per_primary == per_primary)
        .collect();
    let family = proptest::sample::select(families);
    let labels = proptest::collection::vec(label(), 9);
    let observations = proptest::collection::vec(0.0..1e15, 0..20);
    (family, labels, number(), observations).prop_map(|(family, labels, value, observations)| {
        let labels: Vec<_> = labels.iter().map(String::as_str).collect();
        let labels = &labels[..family.labels.len()];
        let mut samples = Samples::new();
        match family.kind {
            Kind::Gauge => samples.gauge(family, labels, value),
            Kind::Counter => samples.counter(family, labels, value.abs()),
            Kind::Info => samples.info(family, labels),
            Kind::StateSet => {
                let (state, others) = labels.split_last().unwrap_or((&"UP", &[]));
                samples.state_set(family, others, &["UP", "DOWN"], state);
            }
            Kind::Histogram => {
                let mut histogram = Histogram::new(family.buckets);
                for value in observations {
                    histogram.observe(value);
                }
                samples.histogram(family, labels, &histogram);
            }
        }
        samples
    })
}

/// Few enough short ones that some are equal, and everything that needs an escape or looks like one.
fn label() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab]?",
        "[a\\\\\"\n\r\t\0 {},=#…é\u{10ffff}]{0,8}",
        any::<String>(),
        Just("\\n".to_owned()),
        Just("x \ninf".to_owned()),
        Just("inf".to_owned()),
        Just(" inf".to_owned()),
        Just("# EOF\n".to_owned()),
        Just("é".repeat(300)),
    ]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        proptest::num::f64::ANY,
        any::<i32>().prop_map(f64::from),
        any::<i64>().prop_map(|n| n as f64),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(f64::NAN),
        Just(9_007_199_254_740_993.0),
        Just(1e16),
        Just(5e-324),
    ]
}
