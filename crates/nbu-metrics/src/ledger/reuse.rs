//! Ids that come back: a primary whose job database was rebuilt begins to count from 1 again.
//!
//! Times tell a new job from a known one. They are the primary's, and its clock may have stepped back while the job ran: then the
//! job ends before it starts, and its own start must not make it another job. So the later of both is remembered, and only a
//! record whose times are in order is taken for another job. All times are in milliseconds.

/// The later of a job's start and end: what is remembered of it.
pub(super) fn latest<T: Copy + Ord>(start: Option<T>, end: T) -> T {
    start.map_or(end, |start| start.max(end))
}

/// `true` if a record with these times is of another job than the one of the same id, of which `latest` is remembered.
pub(super) fn is_another_job(start: Option<i64>, end: i64, latest: i64) -> bool {
    start.is_some_and(|start| start > latest && end >= start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_later_job_whose_times_are_in_order_is_another_one() {
        let counted = latest(Some(100), 200);
        for (start, end, is_another) in [
            (Some(100), 200, false),
            (Some(200), 300, false),
            (Some(201), 201, true),
            (Some(201), 200, false),
            (Some(i64::MAX), i64::MAX, true),
            (None, 300, false),
        ] {
            let told = is_another_job(start, end, counted);
            assert_eq!(told, is_another, "{start:?} to {end}");
        }
        for (start, end) in [
            (Some(201), 200),
            (Some(i64::MAX), 0),
            (Some(5), 5),
            (None, i64::MIN),
        ] {
            let counted = latest(start, end);
            assert!(
                !is_another_job(start, end, counted),
                "{start:?} to {end} against itself"
            );
        }
    }
}
