//! OpenMetrics 1.0 text, without the end mark.

use std::fmt;
use std::sync::Arc;

use prometheus_client::encoding::text::encode_registry;

use super::bridge::registry;
use crate::snapshot::Snapshot;

pub(super) fn render(snapshots: &[Arc<Snapshot>]) -> Result<Vec<u8>, fmt::Error> {
    let mut page = Page(String::new());
    encode_registry(&mut page, &registry(snapshots))?;
    Ok(page.0.into_bytes())
}

/// Spells infinity as the specification's examples do.
///
/// The crate writes a sample value in one piece behind a blank. A label value never stands behind
/// a blank at the start of a piece, only behind its quote or an escaped character.
struct Page(String);

impl fmt::Write for Page {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let piece = match piece {
            "inf" if self.0.ends_with(' ') => "+Inf",
            "-inf" if self.0.ends_with(' ') => "-Inf",
            _ => piece,
        };
        self.0.push_str(piece);
        Ok(())
    }
}
