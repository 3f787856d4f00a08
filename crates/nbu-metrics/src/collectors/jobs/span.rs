//! A stretch of job ids, and how it is divided.

use nbu_api::{Filter, filter::job};

/// The ids strictly between two bounds. Without a bound it is open to that side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Span {
    pub(super) above: Option<u64>,
    pub(super) below: Option<u64>,
}

/// In which order a stretch is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Direction {
    /// Lowest id first.
    Up,
    /// Highest id first.
    Down,
}

impl Span {
    pub(super) fn holds(self, id: u64) -> bool {
        self.above.is_none_or(|above| above < id) && self.below.is_none_or(|below| id < below)
    }

    /// Whether no id lies between the bounds.
    pub(super) fn is_empty(self) -> bool {
        self.below == Some(0) || self.above == Some(u64::MAX) || self.size() == Some(0)
    }

    /// How many ids lie between the bounds; `None` if one is missing.
    pub(super) fn size(self) -> Option<u64> {
        let (above, below) = (self.above?, self.below?);
        Some(below.saturating_sub(above).saturating_sub(1))
    }

    /// The ids that both hold.
    pub(super) fn meet(self, other: Self) -> Self {
        Self {
            above: self.above.max(other.above),
            below: match (self.below, other.below) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
        }
    }

    /// Only records whose id it holds, of those that pass `filter`.
    pub(super) fn narrow(self, filter: &Filter) -> Filter {
        let mut filter = filter.clone();
        if let Some(above) = self.above {
            filter = filter.and(job::JOB_ID.gt(above));
        }
        if let Some(below) = self.below {
            filter = filter.and(job::JOB_ID.lt(below));
        }
        filter
    }
}

impl Direction {
    /// The sort key.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Up => "jobId",
            Self::Down => "-jobId",
        }
    }

    pub(super) fn opposite(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
        }
    }

    /// Whether `id` may come after `last`.
    pub(super) fn follows(self, last: u64, id: u64) -> bool {
        match self {
            Self::Up => last < id,
            Self::Down => id < last,
        }
    }

    /// What is left of `span` once it has been read as far as `last`.
    pub(super) fn rest(self, span: Span, last: u64) -> Span {
        let read = match self {
            Self::Up => Span {
                above: Some(last),
                below: None,
            },
            Self::Down => Span {
                above: None,
                below: Some(last),
            },
        };
        span.meet(read)
    }

    /// The half that is read first, and the other one. `None` if there is a bound missing, or no id for each half.
    pub(super) fn halves(self, span: Span) -> Option<(Span, Span)> {
        let half = span.size().filter(|size| *size >= 2)? / 2;
        let middle = span.above? + half;
        let lower = Span {
            below: Some(middle + 1),
            ..span
        };
        let upper = Span {
            above: Some(middle),
            ..span
        };
        Some(match self {
            Self::Up => (lower, upper),
            Self::Down => (upper, lower),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bound() -> impl Strategy<Value = Option<u64>> {
        prop_oneof![
            Just(None),
            (0..20_u64).prop_map(Some),
            (u64::MAX - 3..=u64::MAX).prop_map(Some)
        ]
    }

    fn span() -> impl Strategy<Value = Span> {
        (bound(), bound()).prop_map(|(above, below)| Span { above, below })
    }

    fn id() -> impl Strategy<Value = u64> {
        prop_oneof![0..22_u64, u64::MAX - 4..=u64::MAX]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn each_id_is_in_exactly_one_half(span in span(), id in id()) {
            for direction in [Direction::Up, Direction::Down] {
                let Some((first, other)) = direction.halves(span) else { continue };
                prop_assert!(!first.is_empty() && !other.is_empty());
                prop_assert_eq!(u8::from(span.holds(id)), u8::from(first.holds(id)) + u8::from(other.holds(id)));
            }
        }

        #[test]
        fn what_is_read_and_what_is_left_are_the_whole(span in span(), last in id(), id in id()) {
            for direction in [Direction::Up, Direction::Down] {
                let left = direction.rest(span, last).holds(id);
                prop_assert_eq!(left, span.holds(id) && direction.follows(last, id));
            }
        }

        #[test]
        fn an_empty_stretch_holds_nothing(span in span(), id in id()) {
            prop_assert!(!(span.is_empty() && span.holds(id)));
        }

        #[test]
        fn two_meet_in_what_both_hold(one in span(), other in span(), id in id()) {
            prop_assert_eq!(one.meet(other).holds(id), one.holds(id) && other.holds(id));
        }
    }
}
