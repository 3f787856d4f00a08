//! Words that many jobs share, stored once.

use std::{collections::HashMap, sync::Arc};

/// A word in [`Names`]. [`Name::NONE`] stands for an attribute that is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) struct Name(u32);

impl Name {
    pub(crate) const NONE: Self = Self(0);
}

#[derive(Debug)]
pub(crate) struct Names {
    words: Vec<Arc<str>>,
    known: HashMap<Arc<str>, Name>,
}

impl Names {
    pub(crate) fn new() -> Self {
        Self {
            words: vec!["".into()],
            known: HashMap::new(),
        }
    }

    pub(crate) fn name(&mut self, word: &str) -> Name {
        if let Some(&name) = self.known.get(word) {
            return name;
        }
        let Ok(index) = u32::try_from(self.words.len()) else {
            return Name::NONE;
        };
        let (name, word) = (Name(index), Arc::<str>::from(word));
        self.words.push(Arc::clone(&word));
        self.known.insert(word, name);
        name
    }

    /// The word, or `None` for an absent attribute.
    pub(crate) fn word(&self, name: Name) -> Option<&Arc<str>> {
        (name != Name::NONE)
            .then(|| self.words.get(name.0 as usize))
            .flatten()
    }
}
