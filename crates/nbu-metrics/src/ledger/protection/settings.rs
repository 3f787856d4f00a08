//! What a user decides about the protection collector.

use std::fmt;
use std::sync::Arc;

/// The keys `collectors.protection.*`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProtectionSettings {
    /// Whether runs are followed at all. Yes.
    pub enabled: bool,
    /// The most clients that are kept. 20,000.
    pub max_clients: usize,
    /// Only these clients. All.
    pub include: Option<NameFilter>,
    /// Not these clients. None.
    pub exclude: Option<NameFilter>,
    /// Whether the first start asks the image catalog for backups older than the look-back. No.
    pub seed_from_catalog: bool,
}

impl ProtectionSettings {
    /// Whether a client of this name is wanted.
    pub fn wants(&self, client: &str) -> bool {
        self.include
            .as_ref()
            .is_none_or(|include| include.matches(client))
            && !self
                .exclude
                .as_ref()
                .is_some_and(|exclude| exclude.matches(client))
    }
}

impl Default for ProtectionSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            max_clients: 20_000,
            include: None,
            exclude: None,
            seed_from_catalog: false,
        }
    }
}

/// Tells names apart, in whatever way its maker chose. Equal if it is written the same.
#[derive(Clone)]
pub struct NameFilter {
    text: Arc<str>,
    matches: Arc<dyn Fn(&str) -> bool + Send + Sync>,
}

impl NameFilter {
    /// A filter that is written like `text` and does what `matches` does.
    pub fn new(
        text: impl Into<Arc<str>>,
        matches: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            text: text.into(),
            matches: Arc::new(matches),
        }
    }

    /// Whether the name passes.
    pub fn matches(&self, name: &str) -> bool {
        (self.matches)(name)
    }
}

impl PartialEq for NameFilter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for NameFilter {}

impl fmt::Debug for NameFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NameFilter").field(&self.text).finish()
    }
}
