//! Sizes that may not apply.

/// The size of a piece of storage, in bytes. What the primary did not say is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capacity {
    /// Total size.
    pub total: Option<u64>,
    /// Space still free.
    pub free: Option<u64>,
    /// Space in use.
    pub used: Option<u64>,
}
