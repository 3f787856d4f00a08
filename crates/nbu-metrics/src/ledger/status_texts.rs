//! The primary's own words for status codes, as far as they were asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::encoding::{Reader, Writer};
use super::store::{Note, Shelf};

/// The form of a text's note.
const FORM: u8 = 1;

/// Texts by status code.
#[derive(Debug, Default)]
pub(super) struct StatusTexts {
    texts: BTreeMap<i64, Arc<str>>,
    dirty: BTreeSet<i64>,
}

impl StatusTexts {
    pub(super) fn learn(&mut self, status: i64, text: &str) {
        self.texts.insert(status, text.into());
        self.dirty.insert(status);
    }

    pub(super) fn text(&self, status: i64) -> Option<&Arc<str>> {
        self.texts.get(&status)
    }

    /// Puts back what a note says; `None` if it is damaged.
    pub(super) fn restore(&mut self, key: &str, value: &[u8]) -> Option<()> {
        let status = key.parse().ok()?;
        let mut reader = Reader::open(FORM, key, value)?;
        let text = reader.text().filter(|_| reader.is_at_end())?;
        self.texts.insert(status, text.into());
        Some(())
    }

    pub(super) fn is_noted(&self) -> bool {
        self.dirty.is_empty()
    }

    /// What the notes should say that do not yet.
    pub(super) fn notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.dirty)
            .into_iter()
            .map(|status| {
                let key = status.to_string();
                let value = self.texts.get(&status).map(|text| {
                    let mut writer = Writer::new(FORM);
                    writer.text(text);
                    writer.seal(&key)
                });
                Note {
                    shelf: Shelf::StatusTexts,
                    key: key.into(),
                    value,
                }
            })
            .collect()
    }
}
