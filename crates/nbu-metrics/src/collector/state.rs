//! What a collector keeps from one run to the next.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Opaque to whoever keeps it; empty before the first run. A clone is the same state, not a copy.
#[derive(Clone, Default)]
pub struct State(Arc<OnceLock<Box<dyn Any + Send + Sync>>>);

impl State {
    /// Wraps what a collector wants to keep.
    pub fn new(state: impl Any + Send + Sync) -> Self {
        let state: Box<dyn Any + Send + Sync> = Box::new(state);
        Self(Arc::new(OnceLock::from(state)))
    }

    /// What was wrapped, if it was of this type.
    pub fn read<T: Any>(&self) -> Option<&T> {
        self.0.get()?.downcast_ref()
    }

    /// The same, but what is empty is filled first: for what also a run that fails must leave behind.
    pub fn read_or_default<T: Any + Default + Send + Sync>(&self) -> Option<&T> {
        let state = self.0.get_or_init(|| Box::<T>::default());
        state.downcast_ref()
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.get().is_some() {
            "State(…)"
        } else {
            "State"
        })
    }
}
