//! Snapshots as the bytes of a scrape: Prometheus text 0.0.4, OpenMetrics 1.0, Prometheus protobuf.
//!
//! A family is written once, with the series of all primaries in one block. OpenMetrics goes through
//! a `prometheus-client` collector, protobuf through that crate's messages; text 0.0.4, which it does not
//! write, through a writer of our own over the same merged families.
//!
//! A scrape has two parts. The families of the primaries change when a collector has run and are
//! rendered, and compressed, once for many scrapes: a [`Document`]. The families of the process are
//! rendered for each scrape and stand behind them; only then comes the end mark of the format, if it
//! has one. [`Parts`] are what is sent, without copying the first one.
//!
//! Both are rendered, compressed, kept and sent in pieces of at most [`PIECE`] bytes: no block of memory
//! grows with the page.

mod bridge;
mod format;
mod gzip;
mod merge;
mod number;
mod openmetrics;
mod pieces;
mod protobuf;
mod text;

use std::sync::Arc;

use bytes::Bytes;

pub use format::Format;
pub use gzip::{Compressed, Compressor};
pub use pieces::PIECE;

use self::pieces::Pieces;
use crate::snapshot::Snapshot;

/// Rendered families, without the end mark of their format.
#[derive(Debug, Clone)]
pub struct Document {
    format: Format,
    body: Arc<[Bytes]>,
}

/// A whole answer: pieces to be sent one after the other. None is empty or longer than [`PIECE`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// What many scrapes share.
    pub head: Arc<[Bytes]>,
    /// What belongs to this one, and the end.
    pub tail: Vec<Bytes>,
}

/// A format refused what it was given. Snapshots hold nothing that one refuses, so this is a defect.
#[derive(Debug, thiserror::Error)]
#[error("the metrics could not be written as {format:?}; please report this")]
pub struct RenderError {
    format: Format,
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// A whole exposition of the snapshots, end mark included; families without `primary` come from a
/// snapshot without one. It is one contiguous block, so this is for small pages and for tests; see [`Document`].
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
    let mut page = Document::render(format, snapshots)?.body.concat();
    page.extend_from_slice(format.end());
    Ok(page)
}

impl Document {
    /// Renders the families of all snapshots, merged by name; primaries stand in the order of their names.
    pub fn render(format: Format, snapshots: &[Arc<Snapshot>]) -> Result<Self, RenderError> {
        Self::render_in(format, snapshots, PIECE)
    }

    /// The same in pieces of at most `most` bytes.
    fn render_in(
        format: Format,
        snapshots: &[Arc<Snapshot>],
        most: usize,
    ) -> Result<Self, RenderError> {
        let mut out = Pieces::new(most);
        let rendered = match format {
            Format::Text => {
                text::render(snapshots, &mut out);
                Ok(())
            }
            Format::OpenMetrics => openmetrics::render(snapshots, &mut out).map_err(Into::into),
            Format::Protobuf => protobuf::render(snapshots, &mut out, most).map_err(Into::into),
        };
        rendered.map_err(|source| RenderError { format, source })?;
        Ok(Self {
            format,
            body: out.finish().into(),
        })
    }

    /// What it is written in.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The families, without an end mark.
    pub fn pieces(&self) -> &[Bytes] {
        &self.body
    }

    /// The answer to a scrape: these families, then those of `rest`, which must be other families in
    /// the same format, then the end mark.
    pub fn parts(&self, rest: &Self) -> Parts {
        Parts {
            head: Arc::clone(&self.body),
            tail: self.ending(rest).collect(),
        }
    }

    /// Compresses the families, for many answers.
    pub fn compress(&self) -> Compressed {
        Compressor::default().compress(self)
    }

    /// What follows these families in an answer: those of `rest`, and the end mark.
    fn ending(&self, rest: &Self) -> impl Iterator<Item = Bytes> {
        debug_assert_eq!(self.format, rest.format, "one answer, one format");
        let end = Bytes::from_static(self.format.end());
        let end = (!end.is_empty()).then_some(end);
        rest.body.iter().cloned().chain(end)
    }
}

impl Parts {
    /// All pieces, in the order in which they are sent.
    pub fn pieces(&self) -> impl Iterator<Item = &Bytes> {
        self.head.iter().chain(&self.tail)
    }

    /// The length of the answer in bytes.
    pub fn len(&self) -> usize {
        self.pieces().map(Bytes::len).sum()
    }

    /// Whether the answer is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The answer as one contiguous block: for tests.
    pub fn concat(&self) -> Vec<u8> {
        [self.head.concat(), self.tail.concat()].concat()
    }
}

#[cfg(test)]
mod tests;
