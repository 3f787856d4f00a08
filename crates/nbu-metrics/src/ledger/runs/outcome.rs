//! How a job, or a whole run, ended.

use std::cmp::Ordering;

/// A status code, ordered by how bad it is: 0, then 1, then every other; among those a missing one first, else the larger
/// code. So the worst of several does not depend on the order in which they come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::ledger) struct Outcome(pub(in crate::ledger) Option<i64>);

impl Outcome {
    /// Status 0 or 1: there is a backup.
    pub(in crate::ledger) fn is_success(self) -> bool {
        matches!(self.0, Some(0 | 1))
    }

    fn badness(self) -> u8 {
        match self.0 {
            Some(0) => 0,
            Some(1) => 1,
            _ => 2,
        }
    }
}

impl Ord for Outcome {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.badness(), self.0).cmp(&(other.badness(), other.0))
    }
}

impl PartialOrd for Outcome {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_outweighs_all_else() {
        let order = [Some(0), Some(1), None, Some(-1), Some(2), Some(2106)].map(Outcome);
        assert!(order.is_sorted());
        assert_eq!(
            order.iter().copied().filter(|one| one.is_success()).count(),
            2
        );
    }
}
