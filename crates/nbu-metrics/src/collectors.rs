//! The collectors, one per subject.

mod jobs;
mod primary;
mod protection;
mod storage;

pub use jobs::Jobs;
pub use primary::{Primary, credential_end};
pub use protection::Protection;
pub use storage::Storage;
