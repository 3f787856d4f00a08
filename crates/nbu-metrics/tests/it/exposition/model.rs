//! What an exposition says, whichever format it is read from.

use std::collections::BTreeMap;
use std::sync::Arc;

use nbu_metrics::catalogue::Kind;
use nbu_metrics::exposition::Format;
use nbu_metrics::samples::Value;
use nbu_metrics::snapshot::Snapshot;

/// Families by complete name.
pub(super) type Model = BTreeMap<String, Family>;

#[derive(Debug, Default, PartialEq)]
pub(super) struct Family {
    pub(super) help: String,
    pub(super) kind: String,
    /// Empty where there is none, and in text 0.0.4, which has no place for one.
    pub(super) unit: String,
    pub(super) series: BTreeMap<Vec<(String, String)>, Reading>,
}

/// The value of a series; numbers as bits, so that NaN equals itself.
#[derive(Debug, PartialEq)]
pub(super) enum Reading {
    Number(u64),
    Histogram {
        sum: u64,
        count: u64,
        /// Upper bound and cumulative count.
        buckets: Vec<(u64, u64)>,
    },
}

/// The bits of a value; both zeros and all NaN are one.
pub(super) fn bits(value: f64) -> u64 {
    if value.is_nan() {
        f64::NAN.to_bits()
    } else {
        (value + 0.0).to_bits()
    }
}

/// What the snapshots say in a format.
pub(super) fn expected(snapshots: &[Arc<Snapshot>], format: Format) -> Model {
    let mut model = Model::new();
    for snapshot in snapshots {
        for found in snapshot.families() {
            let new = || Family {
                help: found.family.help.to_owned(),
                kind: kind(found.family.kind, format).to_owned(),
                unit: unit(found.family.name, found.family.kind, format).to_owned(),
                series: BTreeMap::new(),
            };
            let family = model
                .entry(found.family.name.to_owned())
                .or_insert_with(new);
            for series in &found.series {
                let primary = snapshot.primary().map(|name| ("primary", name));
                let names = found.family.labels.iter().copied();
                let labels = primary.into_iter().chain(names.zip(series.labels.values()));
                let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
                family
                    .series
                    .insert(labels.collect(), reading(&series.value));
            }
        }
    }
    model
}

fn kind(kind: Kind, format: Format) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::Histogram => "histogram",
        Kind::Info if format == Format::OpenMetrics => "info",
        Kind::Info | Kind::Gauge | Kind::StateSet => "gauge",
    }
}

fn unit(name: &str, kind: Kind, format: Format) -> &'static str {
    if format == Format::Text || matches!(kind, Kind::Info | Kind::StateSet) {
        return "";
    }
    let name = name.strip_suffix("_total").unwrap_or(name);
    let units = ["bytes", "seconds", "ratio"];
    let unit = units
        .into_iter()
        .find(|unit| name.rsplit('_').next() == Some(unit));
    unit.unwrap_or_default()
}

fn reading(value: &Value) -> Reading {
    match value {
        Value::Number(value) => Reading::Number(bits(*value)),
        Value::Histogram(histogram) => {
            let mut cumulative = 0;
            let bounds = histogram.bounds().iter().copied().chain([f64::INFINITY]);
            let buckets = bounds.zip(histogram.counts()).map(|(bound, count)| {
                cumulative += count;
                (bits(bound), cumulative)
            });
            Reading::Histogram {
                buckets: buckets.collect(),
                sum: bits(histogram.sum()),
                count: histogram.count(),
            }
        }
    }
}
