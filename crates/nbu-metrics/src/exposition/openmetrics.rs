//! OpenMetrics 1.0 text, without the end mark.

use std::fmt;
use std::sync::Arc;

use prometheus_client::encoding::text::encode_registry;

use super::bridge::registry;
use super::pieces::Pieces;
use crate::snapshot::Snapshot;

pub(super) fn render(snapshots: &[Arc<Snapshot>], out: &mut Pieces) -> fmt::Result {
    encode_registry(&mut Page(out), &registry(snapshots))
}

/// Spells infinity as the specification's examples do.
///
/// The crate writes a sample value in one go behind a blank. A label value never stands behind
/// a blank at the start of what is written at once, only behind its quote or an escaped character.
struct Page<'a>(&'a mut Pieces);

impl fmt::Write for Page<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push_str(match text {
            "inf" if self.0.ends_with(b' ') => "+Inf",
            "-inf" if self.0.ends_with(b' ') => "-Inf",
            _ => text,
        });
        Ok(())
    }
}
