//! Prometheus text 0.0.4.
//!
//! Unlike in OpenMetrics, `HELP` and `TYPE` stand under the complete name of a counter, there is no
//! `UNIT` and no end mark.

use std::sync::Arc;

use super::merge::{LabelSet, Merged, merge};
use super::number;
use super::pieces::Pieces;
use crate::histogram::Histogram;
use crate::samples::Value;
use crate::snapshot::Snapshot;

pub(super) fn render(snapshots: &[Arc<Snapshot>], out: &mut Pieces) {
    let mut writer = Writer {
        out,
        labels: String::new(),
    };
    for merged in merge(snapshots) {
        writer.family(&merged);
    }
}

struct Writer<'a> {
    out: &'a mut Pieces,
    /// The labels of the series being written, for a histogram needs them many times.
    labels: String,
}

impl Writer<'_> {
    fn family(&mut self, merged: &Merged<'_>) {
        let family = merged.family;
        self.line(&["# HELP ", family.name, " ", family.help]);
        self.line(&["# TYPE ", family.name, " ", family.kind.exposed()]);
        for (labels, series) in merged.series() {
            self.labels.clear();
            write_labels(&mut self.labels, labels);
            match &series.value {
                Value::Number(value) => self.sample(family.name, "", *value),
                Value::Histogram(histogram) => self.histogram(family.name, histogram),
            }
        }
    }

    fn line(&mut self, words: &[&str]) {
        self.out.extend(words.iter().copied());
        self.out.push_str("\n");
    }

    fn sample(&mut self, name: &str, suffix: &str, value: f64) {
        self.out.extend([name, suffix]);
        if !self.labels.is_empty() {
            self.out.extend(["{", &self.labels, "}"]);
        }
        self.out.push_str(" ");
        number::sample(self.out, value);
        self.out.push_str("\n");
    }

    fn histogram(&mut self, name: &str, histogram: &Histogram) {
        let mut cumulative = 0;
        for (bound, count) in histogram.classic() {
            cumulative += count;
            self.out.extend([name, "_bucket{", &self.labels]);
            if !self.labels.is_empty() {
                self.out.push_str(",");
            }
            self.out.push_str("le=\"");
            number::bound(self.out, bound);
            self.out.push_str("\"} ");
            number::sample(self.out, cumulative as f64);
            self.out.push_str("\n");
        }
        self.sample(name, "_sum", histogram.sum());
        self.sample(name, "_count", cumulative as f64);
    }
}

fn write_labels(out: &mut String, labels: LabelSet<'_>) {
    for (number, (name, value)) in labels.pairs().enumerate() {
        if number > 0 {
            out.push(',');
        }
        out.extend([name, "=\""]);
        escape(out, value);
        out.push('"');
    }
}

fn escape(out: &mut String, value: &str) {
    let mut rest = value;
    while let Some(at) = rest.find(['\\', '"', '\n']) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        out.push_str(match special.as_bytes().first() {
            Some(b'\n') => "\\n",
            Some(b'"') => "\\\"",
            _ => "\\\\",
        });
        rest = &special[1..];
    }
    out.push_str(rest);
}
