//! Snapshots as the bytes of a scrape: Prometheus text 0.0.4, OpenMetrics 1.0, Prometheus protobuf.
//!
//! A family is written once, with the series of all primaries in one block. OpenMetrics and protobuf go through
//! one `prometheus-client` collector; text 0.0.4, which that crate does not write, through a writer of
//! our own over the same merged families.
//!
//! A scrape has two parts. The families of the primaries change when a collector has run and are
//! rendered, and compressed, once for many scrapes: a [`Document`]. The families of the process are
//! rendered for each scrape and stand behind them; only then comes the end mark of the format, if it
//! has one. [`Parts`] are what is sent, without copying the first one.

mod bridge;
mod format;
mod gzip;
mod merge;
mod number;
mod openmetrics;
mod protobuf;
mod text;

use std::sync::Arc;

use bytes::Bytes;

pub use format::Format;
pub use gzip::Compressed;

use crate::snapshot::Snapshot;

/// Rendered families, without the end mark of their format.
#[derive(Debug, Clone)]
pub struct Document {
    format: Format,
    body: Bytes,
}

/// A whole answer, in two pieces to be sent one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// What many scrapes share.
    pub head: Bytes,
    /// What belongs to this one, and the end.
    pub tail: Bytes,
}

/// A format refused what it was given. Snapshots hold nothing that one refuses, so this is a defect.
#[derive(Debug, thiserror::Error)]
#[error("the metrics could not be written as {format:?}; please report this")]
pub struct RenderError {
    format: Format,
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// A whole exposition of the snapshots, end mark included; families without `primary` come from a
/// snapshot without one.
///
/// ```
/// use nbu_metrics::{catalogue::collection, exposition::{self, Format}, samples::Samples, snapshot::Snapshot};
///
/// let mut samples = Samples::new();
/// samples.gauge(&collection::UP, &[], 1.0);
/// let paris = Snapshot::builder(Some("paris".into())).add(&samples).build();
/// let page = exposition::encode(Format::OpenMetrics, &[paris.into()])?;
/// assert!(page.ends_with(b"netbackup_up{primary=\"paris\"} 1\n# EOF\n"));
/// # Ok::<(), exposition::RenderError>(())
/// ```
pub fn encode(format: Format, snapshots: &[Arc<Snapshot>]) -> Result<Vec<u8>, RenderError> {
    let mut page = Vec::from(Document::render(format, snapshots)?.body);
    page.extend_from_slice(format.end());
    Ok(page)
}

impl Document {
    /// Renders the families of all snapshots, merged by name; primaries stand in the order of their names.
    pub fn render(format: Format, snapshots: &[Arc<Snapshot>]) -> Result<Self, RenderError> {
        let rendered = match format {
            Format::Text => Ok(text::render(snapshots)),
            Format::OpenMetrics => openmetrics::render(snapshots).map_err(Into::into),
            Format::Protobuf => protobuf::render(snapshots).map_err(Into::into),
        };
        let body = rendered.map_err(|source| RenderError { format, source })?;
        Ok(Self {
            format,
            body: body.into(),
        })
    }

    /// What it is written in.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The families, without an end mark.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The answer to a scrape: these families, then those of `rest`, which must be other families in
    /// the same format, then the end mark.
    pub fn parts(&self, rest: &Self) -> Parts {
        Parts {
            head: self.body.clone(),
            tail: self.ending(rest).into(),
        }
    }

    /// Compresses the families, for many answers.
    pub fn compress(&self) -> Compressed {
        Compressed::new(&self.body)
    }

    /// What follows these families in an answer: those of `rest`, and the end mark.
    pub fn ending(&self, rest: &Self) -> Vec<u8> {
        debug_assert_eq!(self.format, rest.format, "one answer, one format");
        [&rest.body, self.format.end()].concat()
    }
}

impl Parts {
    /// The length of the answer in bytes.
    pub fn len(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    /// Whether the answer is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The answer in one piece.
    pub fn concat(&self) -> Vec<u8> {
        [&*self.head, &*self.tail].concat()
    }
}
