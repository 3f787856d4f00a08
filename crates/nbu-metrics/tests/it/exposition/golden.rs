//! Expositions written down, so that a change of them is seen.

use std::sync::Arc;

use nbu_metrics::catalogue::{self, Kind, collection, jobs, process, storage};
use nbu_metrics::exposition::{Format, encode};
use nbu_metrics::histogram::Histogram;
use nbu_metrics::samples::Samples;
use nbu_metrics::snapshot::Snapshot;

use super::protobuf;

/// Two primaries that share a family, every kind of value, a label that needs escapes; and the process.
fn small() -> Vec<Arc<Snapshot>> {
    let mut paris = Samples::new();
    paris.gauge(&collection::UP, &[], 1.0);
    paris.gauge(&collection::CLOCK_SKEW_SECONDS, &[], -0.25);
    paris.counter(
        &jobs::JOBS_FINISHED_TOTAL,
        &["BACKUP", "", "0", "success"],
        12.0,
    );
    paris.counter(
        &jobs::JOBS_FINISHED_TOTAL,
        &["BACKUP", "a \"b\"\\\nc", "1", "partial"],
        1.0,
    );
    paris.state_set(&storage::DISK_POOL_STATE, &["dp1"], &["UP", "DOWN"], "UP");
    let mut oslo = Samples::new();
    oslo.gauge(&collection::UP, &[], 0.0);
    let mut seconds = Histogram::new(&[60.0, 3600.0]);
    for value in [0.0, 61.5, 62.0, 1e6] {
        seconds.observe(value);
    }
    oslo.histogram(&jobs::JOB_DURATION_SECONDS, &["BACKUP", "VMWARE"], &seconds);
    let mut own = Samples::new();
    own.counter(&process::PROCESS_CPU_SECONDS_TOTAL, &[], 1.5);
    own.info(
        &process::BUILD_INFO,
        &["0.1.0", "abc", "1.95.0", "linux", "x86_64"],
    );

    let named = [("paris", paris), ("oslo", oslo)];
    let named = named.map(|(name, samples)| Snapshot::builder(Some(name.into())).add(&samples));
    let all = named.into_iter().chain([Snapshot::builder(None).add(&own)]);
    all.map(|builder| Arc::new(builder.build())).collect()
}

fn page(format: Format) -> String {
    String::from_utf8(encode(format, &small()).unwrap()).unwrap()
}

#[test]
fn a_small_page_as_text() {
    insta::assert_snapshot!(page(Format::Text));
}

#[test]
fn a_small_page_as_openmetrics() {
    insta::assert_snapshot!(page(Format::OpenMetrics));
}

#[test]
fn a_small_page_as_protobuf() {
    insta::assert_debug_snapshot!(protobuf::families(
        &encode(Format::Protobuf, &small()).unwrap()
    ));
}

/// Each family of the catalogue once, so that a change of a name, a type or a help text is seen.
#[test]
fn help_and_type_of_the_whole_catalogue() {
    let mut primary = Samples::new();
    let mut own = Samples::new();
    for &family in catalogue::ALL {
        let labels = vec!["x"; family.labels.len()];
        let samples = if family.per_primary {
            &mut primary
        } else {
            &mut own
        };
        match family.kind {
            Kind::Gauge => samples.gauge(family, &labels, 1.0),
            Kind::Counter => samples.counter(family, &labels, 1.0),
            Kind::Info => samples.info(family, &labels),
            Kind::StateSet => samples.state_set(family, &labels[1..], &["UP"], "UP"),
            Kind::Histogram => samples.histogram(family, &labels, &Histogram::new(family.buckets)),
        }
    }
    let primary = Snapshot::builder(Some("p".into())).add(&primary).build();
    let own = Snapshot::builder(None).add(&own).build();
    let text = encode(Format::Text, &[primary.into(), own.into()]).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.matches("# TYPE ").count(), catalogue::ALL.len());
    let metadata: Vec<_> = text.lines().filter(|line| line.starts_with('#')).collect();
    insta::assert_snapshot!(metadata.join("\n"));
}
