//! A rendered page, to be completed for each scrape.

use nbu_metrics::exposition::{Compressed, Document, Parts, RenderError};

use super::Variant;
use crate::board::Publications;

/// The families of the primaries in one variant.
#[derive(Debug)]
pub(crate) struct Page {
    document: Document,
    compressed: Option<Compressed>,
}

impl Page {
    /// Renders everything on the board.
    pub(crate) fn render(
        variant: Variant,
        publications: &Publications,
    ) -> Result<Page, RenderError> {
        let document = Document::render(variant.format, &publications.snapshots())?;
        if !variant.gzip {
            return Ok(Page {
                document,
                compressed: None,
            });
        }
        let compressed = Some(document.compress());
        // Completing needs the format of the document, not its text: an empty one spares the memory.
        Ok(Page {
            document: Document::render(variant.format, &[])?,
            compressed,
        })
    }

    /// The answer: this page, then the families of `rest`, which must be in the same format.
    pub(crate) fn complete(&self, rest: &Document) -> Parts {
        match &self.compressed {
            Some(compressed) => compressed.parts(&self.document, rest),
            None => self.document.parts(rest),
        }
    }
}
