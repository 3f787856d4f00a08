//! Prometheus protobuf: each family behind its length, with classic and native buckets.
//!
//! A message is the fields of its parts one after the other, so a family is encoded series by series:
//! first one without series, then for each series one that holds nothing else. The messages are those of
//! `prometheus-client`; its own encoder makes all of them before it encodes the first, and from them one
//! contiguous page.

use std::sync::Arc;

use prometheus_client::encoding::prometheus_protobuf::prometheus_data_model as data;
use prost::{EncodeError, Message};

use super::merge::{LabelSet, Merged, merge};
use super::pieces::Pieces;
use crate::catalogue::Kind;
use crate::histogram::Histogram;
use crate::samples::Value;
use crate::snapshot::Snapshot;

pub(super) fn render(
    snapshots: &[Arc<Snapshot>],
    out: &mut Pieces,
    most: usize,
) -> Result<(), EncodeError> {
    let mut buffer = Vec::new();
    for merged in merge(snapshots) {
        // Its length comes first.
        let mut family = Pieces::new(most);
        encode(&head(&merged), &mut buffer, &mut family)?;
        for (labels, series) in merged.series() {
            let message = data::MetricFamily {
                metric: vec![metric(merged.family.kind, labels, &series.value)],
                ..Default::default()
            };
            encode(&message, &mut buffer, &mut family)?;
        }
        buffer.clear();
        prost::encode_length_delimiter(family.len(), &mut buffer)?;
        out.push(&buffer);
        out.append(family);
    }
    Ok(())
}

fn encode(
    message: &data::MetricFamily,
    buffer: &mut Vec<u8>,
    out: &mut Pieces,
) -> Result<(), EncodeError> {
    buffer.clear();
    message.encode(buffer)?;
    out.push(buffer);
    Ok(())
}

/// The family without its series.
fn head(merged: &Merged<'_>) -> data::MetricFamily {
    let family = merged.family;
    data::MetricFamily {
        name: family.name.into(),
        help: family.help.into(),
        r#type: metric_type(family.kind).into(),
        unit: family.unit().unwrap_or_default().into(),
        ..Default::default()
    }
}

/// Info and state sets are gauges, as in text 0.0.4: the format has no types for them.
fn metric_type(kind: Kind) -> data::MetricType {
    match kind {
        Kind::Counter => data::MetricType::Counter,
        Kind::Gauge | Kind::StateSet | Kind::Info => data::MetricType::Gauge,
        Kind::Histogram => data::MetricType::Histogram,
    }
}

fn metric(kind: Kind, labels: LabelSet<'_>, value: &Value) -> data::Metric {
    let mut metric = data::Metric {
        label: labels.pairs().map(label).collect(),
        ..Default::default()
    };
    match value {
        Value::Histogram(histogram) => metric.histogram = Some(buckets(histogram)),
        Value::Number(value) => {
            // A zero has no sign, as in the other formats.
            let value = value + 0.0;
            if kind == Kind::Counter {
                metric.counter = Some(data::Counter {
                    value,
                    ..Default::default()
                });
            } else {
                metric.gauge = Some(data::Gauge { value });
            }
        }
    }
    metric
}

fn label((name, value): (&str, &str)) -> data::LabelPair {
    data::LabelPair {
        name: name.into(),
        value: value.into(),
    }
}

fn buckets(histogram: &Histogram) -> data::Histogram {
    let mut cumulative = 0;
    let classic = histogram.classic().map(|(upper_bound, count)| {
        cumulative += count;
        data::Bucket {
            cumulative_count: cumulative,
            upper_bound,
            ..Default::default()
        }
    });
    let native = histogram.native();
    let positive = native.spans();
    let spans = positive.spans.into_iter();
    data::Histogram {
        sample_count: histogram.count(),
        sample_sum: histogram.sum(),
        bucket: classic.collect(),
        schema: native.schema(),
        zero_threshold: native.zero_threshold(),
        zero_count: native.zeros(),
        positive_span: spans
            .map(|(offset, length)| data::BucketSpan { offset, length })
            .collect(),
        positive_delta: positive.deltas,
        ..Default::default()
    }
}
