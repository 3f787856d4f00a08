//! Values by the kind of their key.

use std::path::PathBuf;
use std::time::Duration;

use super::{Given, Section};
use crate::config::effective::{Effective, SECRET};
use crate::config::schema::Kind;
use crate::config::tree::{Content, Entry};
use crate::config::value::{self, Fault};
use crate::config::{duration, quote, size};

impl<'a> Section<'a> {
    /// A value without a default; an empty text is how templates say "not given".
    pub(in crate::config) fn optional<T>(
        &self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, Fault>,
        show: impl Fn(&T) -> Effective,
    ) -> Option<T> {
        let parse = |text: &str| match text {
            "" => Ok(None),
            text => parse(text).map(Some),
        };
        let show = |value: &Option<T>| value.as_ref().map_or(Effective::Null, &show);
        self.read(name, parse, show).flatten()
    }

    /// A text; `None` when it is not given.
    pub(in crate::config) fn text(&self, name: &'static str) -> Option<String> {
        let show = |text: &String| Effective::Text(text.clone());
        self.optional(name, |text| Ok(text.to_owned()), show)
    }

    /// A secret, never shown.
    pub(in crate::config) fn secret<T>(
        &self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        self.optional(name, parse, |_| Effective::Text(SECRET.to_owned()))
    }

    /// The path of a file, relative to the directory of the file in which it stands.
    pub(in crate::config) fn file(&self, name: &'static str) -> Option<PathBuf> {
        let base = self
            .given(name)
            .and_then(|given| given.node.place.file.parent().map(PathBuf::from));
        let base = base.unwrap_or_default();
        let show = |path: &PathBuf| Effective::Text(path.display().to_string());
        self.optional(name, |text| Ok(base.join(text)), show)
    }

    /// A duration with a default in the table.
    pub(in crate::config) fn duration(&self, name: &'static str) -> Duration {
        self.duration_or(name, Duration::ZERO)
    }

    /// A duration whose default follows from other settings.
    pub(in crate::config) fn duration_or(&self, name: &'static str, default: Duration) -> Duration {
        let Some(Kind::Duration(least)) = self.kind(name) else {
            return default;
        };
        let show = |value: &Duration| Effective::Text(duration::format(*value));
        let value = self.read(name, |text| value::duration(text, least), show);
        if value.is_none() {
            self.record(name, show(&default));
        }
        value.unwrap_or(default)
    }

    /// A whole number; the range in the table makes it fit the type.
    pub(in crate::config) fn count<T: TryFrom<u64> + Default>(&self, name: &'static str) -> T {
        let Some(Kind::Count(least, most)) = self.kind(name) else {
            return T::default();
        };
        let value = self.read(
            name,
            |text| value::count(text, least, most),
            |value| Effective::Count(*value),
        );
        value
            .and_then(|value| T::try_from(value).ok())
            .unwrap_or_default()
    }

    /// A number of bytes.
    pub(in crate::config) fn size(&self, name: &'static str) -> u64 {
        let Some(Kind::Size(least)) = self.kind(name) else {
            return 0;
        };
        let show = |value: &u64| Effective::Text(size::format(*value));
        self.read(name, |text| value::size(text, least), show)
            .unwrap_or_default()
    }

    /// `true` or `false`.
    pub(in crate::config) fn flag(&self, name: &'static str) -> bool {
        self.read(name, value::flag, |flag| Effective::Flag(*flag))
            .unwrap_or_default()
    }

    /// The index of a word in the table.
    pub(in crate::config) fn word(&self, name: &'static str) -> Option<usize> {
        let Some(Kind::Word(words)) = self.kind(name) else {
            return None;
        };
        self.read(
            name,
            |text| value::word(text, words),
            |index| Effective::Text(words[*index].to_owned()),
        )
    }

    /// The entries of a map whose keys are the user's own, each with its path; none when it is not given.
    pub(in crate::config) fn pairs(
        &self,
        name: &'static str,
        remedy: &str,
    ) -> Vec<(String, &'a Entry)> {
        let Some(given) = self.given(name) else {
            return Vec::new();
        };
        let Content::Map(entries) = &given.node.content else {
            self.refuse(&given, "must be a map", remedy);
            return Vec::new();
        };
        let path = |entry: &Entry| format!("{}.{}", given.path, quote::quote(&entry.key));
        entries.iter().map(|entry| (path(entry), entry)).collect()
    }

    /// The values of a list, each parsed; empty when it is not given.
    pub(in crate::config) fn items<T>(
        &self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, Fault>,
    ) -> Vec<T> {
        let mut values = Vec::new();
        let mut shown = Vec::new();
        if let Some(given) = self.given(name) {
            if let Content::List(items) = &given.node.content {
                for (index, node) in items.iter().enumerate() {
                    let item = Given {
                        node,
                        path: format!("{}[{index}]", given.path),
                        key: given.key,
                    };
                    let parse = |text: &str| {
                        parse(text).map(|value| (value, Effective::Text(text.to_owned())))
                    };
                    if let Some((value, text)) = self.parse(&item, parse) {
                        values.push(value);
                        shown.push(text);
                    }
                }
            } else {
                self.refuse(&given, "must be a list", "write for example [one, two]");
            }
        }
        self.record(name, Effective::List(shown));
        values
    }
}
