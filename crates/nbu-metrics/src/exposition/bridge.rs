//! The snapshots as a `prometheus-client` collector, from which that crate writes OpenMetrics.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabel, EncodeLabelSet, LabelSetEncoder, MetricEncoder, NoLabelSet,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

use super::merge::{LabelSet, merge};
use super::number::whole;
use crate::catalogue::{Family, Kind};
use crate::histogram::Histogram;
use crate::samples::Value;
use crate::snapshot::Snapshot;

/// A registry that holds nothing but the snapshots.
pub(super) fn registry(snapshots: &[Arc<Snapshot>]) -> Registry {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Exposed(snapshots.to_vec())));
    registry
}

#[derive(Debug)]
struct Exposed(Vec<Arc<Snapshot>>);

impl Collector for Exposed {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for merged in merge(&self.0) {
            let family = merged.family;
            let kind = metric_type(family.kind);
            // The crate adds to the name what it was given of it apart: the unit, and behind that `_total` or `_info`.
            let unit = family.unit().map(|unit| Unit::Other(unit.to_owned()));
            let name = name_without_unit(family);
            let mut metric = encoder.encode_descriptor(name, family.help, unit.as_ref(), kind)?;
            for (labels, series) in merged.series() {
                if family.kind == Kind::Info {
                    metric.encode_info(&labels)?;
                } else if labels.is_empty() {
                    write_value(&mut metric, family.kind, &series.value)?;
                } else {
                    let mut series_encoder = metric.encode_family(&labels)?;
                    write_value(&mut series_encoder, family.kind, &series.value)?;
                }
            }
        }
        Ok(())
    }
}

fn name_without_unit(family: &Family) -> &'static str {
    let stem = family.stem();
    let shorter = family
        .unit()
        .and_then(|unit| stem.strip_suffix(unit)?.strip_suffix('_'));
    shorter.unwrap_or(stem)
}

/// State sets are gauges: the type of OpenMetrics wants the family's own name as the label.
fn metric_type(kind: Kind) -> MetricType {
    match kind {
        Kind::Counter => MetricType::Counter,
        Kind::Gauge | Kind::StateSet => MetricType::Gauge,
        Kind::Info => MetricType::Info,
        Kind::Histogram => MetricType::Histogram,
    }
}

fn write_value(encoder: &mut MetricEncoder<'_>, kind: Kind, value: &Value) -> fmt::Result {
    match value {
        Value::Histogram(histogram) => write_histogram(encoder, histogram),
        Value::Number(value) if kind == Kind::Counter => {
            match whole(*value).and_then(|whole| u64::try_from(whole).ok()) {
                Some(whole) => encoder.encode_counter::<NoLabelSet, _, f64>(&whole, None),
                None => encoder.encode_counter::<NoLabelSet, _, f64>(value, None),
            }
        }
        Value::Number(value) => match whole(*value) {
            Some(whole) => encoder.encode_gauge(&whole),
            None => encoder.encode_gauge(value),
        },
    }
}

fn write_histogram(encoder: &mut MetricEncoder<'_>, histogram: &Histogram) -> fmt::Result {
    let buckets: Vec<_> = histogram.classic().collect();
    encoder.encode_histogram::<NoLabelSet>(histogram.sum(), histogram.count(), &buckets, None)
}

impl EncodeLabelSet for LabelSet<'_> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        self.pairs()
            .try_for_each(|pair| pair.encode(encoder.encode_label()))
    }
}
