//! `/admin/jobs`: the list, in both paging schemes, and one job.

mod field;
mod page;
mod record;
mod walk;

pub(crate) use page::list;
pub(crate) use record::{Form, LINK_BASE, one};
