//! Arbitrary names and values in every format: each is read back by a strict reader as what was meant, and OpenMetrics by one
//! that nobody here wrote as well. With `NBU_FUZZ_PAGES=DIR` the text pages are left there, for promtool.
#![no_main]

#[path = "../../crates/nbu-metrics/tests/it/exposition/model.rs"]
mod model;
#[path = "../../crates/nbu-metrics/tests/it/exposition/protobuf.rs"]
mod protobuf;
#[path = "../../crates/nbu-metrics/tests/it/exposition/text.rs"]
mod text;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use nbu_metrics::catalogue::{self, Kind};
use nbu_metrics::exposition::{Format, encode};
use nbu_metrics::histogram::Histogram;
use nbu_metrics::samples::Samples;
use nbu_metrics::snapshot::Snapshot;
use text::Dialect;

#[derive(Arbitrary, Debug)]
struct One {
    family: u16,
    labels: Vec<String>,
    value: f64,
    observations: Vec<u32>,
}

fuzz_target!(|bytes: &[u8]| {
    let mut unstructured = Unstructured::new(bytes);
    let Ok(length) = unstructured.arbitrary::<u8>() else {
        return;
    };
    let (mut primary, mut process) = (Samples::new(), Samples::new());
    for one in Vec::<One>::arbitrary_take_rest(unstructured).unwrap_or_default() {
        one.add(&mut primary, &mut process);
    }
    let snapshots = [
        Snapshot::builder(Some("paris".into()))
            .label_length(8 + usize::from(length))
            .add(&primary)
            .build(),
        Snapshot::builder(None).add(&process).build(),
    ]
    .map(Arc::new);
    let expected = model::expected(&snapshots);
    let page = |format| encode(format, &snapshots).expect("nothing that a snapshot holds is refused");
    let plain = String::from_utf8(page(Format::Text)).expect("text");
    assert_eq!(text::read(&plain, Dialect::Text), expected);
    let open = String::from_utf8(page(Format::OpenMetrics)).expect("text");
    assert_eq!(text::read(&open, Dialect::OpenMetrics), expected);
    assert_eq!(protobuf::read(&page(Format::Protobuf)), expected);
    // That one takes a page without any family for broken; it is not.
    if !expected.is_empty() {
        independent(&open, expected.len());
    }
    keep(&plain);
});

impl One {
    fn add(&self, primary: &mut Samples, process: &mut Samples) {
        let family = catalogue::ALL[usize::from(self.family) % catalogue::ALL.len()];
        let samples = if family.per_primary { primary } else { process };
        let mut labels: Vec<_> = self.labels.iter().map(String::as_str).collect();
        labels.resize(family.labels.len(), "");
        match family.kind {
            Kind::Gauge => samples.gauge(family, &labels, self.value),
            Kind::Counter => samples.counter(family, &labels, self.value),
            Kind::Info => samples.info(family, &labels),
            Kind::StateSet => {
                if let Some((state, others)) = labels.split_last() {
                    samples.state_set(family, others, &["UP", "DOWN"], state);
                }
            }
            Kind::Histogram => {
                let mut histogram = Histogram::new(family.buckets);
                for value in &self.observations {
                    histogram.observe(f64::from(*value));
                }
                samples.histogram(family, &labels, &histogram);
            }
        }
    }
}

fn independent(page: &str, families: usize) {
    // It takes a carriage return for the end of a line, which it is not in this format.
    let page = &page.replace('\r', " ");
    let read = openmetrics_parser::openmetrics::parse_openmetrics(page);
    let read = read.unwrap_or_else(|error| panic!("{error}\n{page}"));
    assert_eq!(read.families.len(), families, "{page}");
}

fn keep(page: &str) {
    if let Some(directory) = std::env::var_os("NBU_FUZZ_PAGES") {
        let mut hasher = DefaultHasher::new();
        page.hash(&mut hasher);
        let name = format!("{:016x}.txt", hasher.finish());
        std::fs::write(std::path::Path::new(&directory).join(name), page).expect("a page is written");
    }
}
