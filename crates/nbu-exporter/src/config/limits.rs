//! Bounds on what a primary may send and on what is kept of it.

use std::time::Duration;

use nbu_metrics::ledger::JobLabel;

/// What is accepted from a primary. Beyond it the request or walk fails with reason `limit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest body, in bytes after decompression.
    pub response_bytes: u64,
    /// Most headers of an answer (HTTP/1).
    pub header_count: usize,
    /// Longest header block of an answer, in bytes (HTTP/2).
    pub header_bytes: u64,
    /// Most pages of one walk.
    pub pages: u32,
    /// Most records of one page.
    pub records_per_page: u32,
    /// Longest label value, in characters; longer ones are cut and marked.
    pub label_length: usize,
}

/// What is kept and exposed for one primary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metrics {
    /// Most series of the primary.
    pub max_series: usize,
    /// Most series of one family of the primary.
    pub max_series_per_family: usize,
    /// How long a new counter series shows 0 before its value.
    pub counter_birth: Duration,
    /// Labels added to the job counters.
    pub job_labels: Vec<JobLabel>,
}
