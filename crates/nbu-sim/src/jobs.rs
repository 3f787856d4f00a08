//! `/admin/jobs`: the list, in both paging schemes, and one job.

mod field;
mod page;
mod record;
mod walk;

#[cfg(fuzzing)]
pub(crate) use field::SCHEMA;
pub(crate) use page::list;
pub(crate) use record::{Form, LINK_BASE, one};
