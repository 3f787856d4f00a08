//! A rendered page, to be completed for each scrape.

use std::sync::{Arc, Mutex, PoisonError};

use nbu_metrics::exposition::{Compressed, Compressor, Document, Parts, RenderError};
use tokio::time::Instant;

use super::{Render, Variant};
use crate::board::Publications;

/// The families of the primaries in one variant.
#[derive(Debug)]
pub(crate) struct Page {
    document: Document,
    compressed: Option<Compressed>,
}

impl Page {
    /// Renders everything on the board, again and again. What compresses is made once it is needed, and kept.
    pub(crate) fn renderer() -> Arc<Render<Page>> {
        let compressor: Mutex<Option<Compressor>> = Mutex::default();
        Arc::new(move |variant, publications: &Publications| {
            Self::render(variant, publications, &compressor)
        })
    }

    fn render(
        variant: Variant,
        publications: &Publications,
        compressor: &Mutex<Option<Compressor>>,
    ) -> Result<Page, RenderError> {
        let document = Document::render(variant.format, &publications.snapshots(Instant::now()))?;
        if !variant.gzip {
            return Ok(Page {
                document,
                compressed: None,
            });
        }
        let mut compressor = compressor.lock().unwrap_or_else(PoisonError::into_inner);
        let compressed = Some(compressor.get_or_insert_default().compress(&document));
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
