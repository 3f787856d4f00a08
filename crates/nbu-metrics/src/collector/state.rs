//! What a collector keeps from one run to the next.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// Opaque to whoever keeps it; empty before the first run. A clone is the same state, not a copy.
#[derive(Clone, Default)]
pub struct State(Option<Arc<dyn Any + Send + Sync>>);

impl State {
    /// Wraps what a collector wants to keep.
    pub fn new(state: impl Any + Send + Sync) -> Self {
        Self(Some(Arc::new(state)))
    }

    /// What was wrapped, if it was of this type.
    pub fn read<T: Any>(&self) -> Option<&T> {
        self.0.as_ref()?.downcast_ref()
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() {
            "State(…)"
        } else {
            "State"
        })
    }
}
