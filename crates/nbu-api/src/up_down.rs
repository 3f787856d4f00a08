//! Whether a piece of storage works.

use crate::open_enum::open_enum;

open_enum! {
    /// The state of a disk pool, a disk volume or a storage server.
    UpDown {
        Up = "UP",
        Down = "DOWN",
        /// Disk pools only: on its way.
        Transient = "TRANSIENT",
        /// Disk volumes only.
        Unknown = "UNKNOWN",
    }
}

impl UpDown<'_> {
    /// Whether it is up.
    pub const fn is_up(&self) -> bool {
        matches!(self, Self::Up)
    }
}
