//! How long commits take, as the exporter logs it at `debug`.

use super::millis_within;
use nbu_tests::Exporter;
use std::time::Duration;

/// What the store says when it has written.
const WRITTEN: &str = "the state of the jobs was written";

/// Commits, in the order of the time they took.
pub(crate) struct Commits(Vec<Duration>);

impl Commits {
    /// All that were logged.
    pub(crate) fn of(exporter: &Exporter) -> Self {
        let log = exporter.log();
        let lines = log.lines().filter(|line| line.contains(WRITTEN));
        let mut took: Vec<Duration> = lines.filter_map(took).collect();
        took.sort();
        Self(took)
    }

    pub(crate) fn print(&self) {
        println!(
            "commits: {} written, median {:.1} ms, 95 % within {:.1} ms, longest {:.1} ms",
            self.0.len(),
            self.millis(50),
            self.millis(95),
            self.millis(100),
        );
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "commits": self.0.len(),
            "median_ms": self.millis(50),
            "p95_ms": self.millis(95),
            "longest_ms": self.millis(100),
        })
    }

    fn millis(&self, percent: usize) -> f64 {
        millis_within(&self.0, percent)
    }
}

/// The field `took`, as `Duration` writes itself: `1.25ms`.
fn took(line: &str) -> Option<Duration> {
    let (_, rest) = line.split_once("took=")?;
    let text = rest.split_whitespace().next()?.trim_matches('"');
    let unit = text.find(|c: char| c != '.' && !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit);
    let seconds = match unit {
        "s" => 1.0,
        "ms" => 1e-3,
        "µs" => 1e-6,
        "ns" => 1e-9,
        _ => return None,
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()
}
