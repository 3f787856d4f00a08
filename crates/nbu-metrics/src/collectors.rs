//! The collectors, one per subject.

mod jobs;
mod primary;
mod storage;

pub use jobs::Jobs;
pub use primary::{Primary, credential_end};
pub use storage::Storage;
