use super::super::instant::from_millis;
use super::*;

const HOUR: i64 = 3_600_000;

fn at(hours: i64) -> Timestamp {
    from_millis(1_800_000_000_000 + hours * HOUR)
}

fn settings() -> JobsSettings {
    JobsSettings {
        overlap: Duration::from_secs(120),
        ..JobsSettings::default()
    }
}

/// Marks of a ledger whose watermark and horizon are at hour 0.
fn caught_up() -> Marks {
    Marks {
        watermark: Some(at(0)),
        horizon: Some(at(0)),
        reconciled: Some(at(0)),
        ..Marks::default()
    }
}

#[test]
fn the_first_start_sets_the_horizon_and_looks_back_in_slices() {
    let settings = settings();
    let mut marks = Marks::default();
    marks.begin(at(0), &settings);
    assert_eq!((marks.horizon, marks.watermark), (Some(at(0)), None));
    let mut slices = 0;
    loop {
        let slice = marks.advance(at(0), WIDEST, &settings);
        marks.complete(&slice, at(0), &settings);
        slices += 1;
        if slice.to.is_none() {
            break;
        }
        assert!(marks.watermark <= Some(at(0)));
    }
    assert_eq!(slices, 24, "24 h of look-back");
    assert_eq!((marks.horizon, marks.watermark), (Some(at(0)), Some(at(0))));
}

#[test]
fn an_interrupted_first_walk_keeps_the_first_horizon() {
    let mut marks = Marks::default();
    marks.begin(at(0), &settings());
    marks.begin(at(1), &settings());
    assert_eq!(marks.horizon, Some(at(0)));
}

#[test]
fn a_short_walk_is_one_open_slice_with_overlap() {
    let settings = settings();
    let mut marks = caught_up();
    let clock = at(1);
    marks.begin(clock, &settings);
    let slice = marks.advance(clock, WIDEST, &settings);
    assert_eq!(slice.from, instant::before(at(0), settings.overlap));
    assert_eq!(slice.to, None);
    marks.complete(&slice, clock, &settings);
    assert_eq!(marks.watermark, Some(clock));
}

#[test]
fn a_long_one_goes_in_slices_oldest_first_and_progresses_when_they_are_narrow() {
    let settings = settings();
    let mut marks = caught_up();
    marks.begin(at(5), &settings);
    let narrow = Duration::from_secs(30);
    let slice = marks.advance(at(5), narrow, &settings);
    assert_eq!(
        slice.to,
        Some(instant::after(at(0), narrow)),
        "the overlap does not eat the slice"
    );
    marks.complete(&slice, at(5), &settings);
    assert_eq!(marks.watermark, slice.to);
}

#[test]
fn a_clock_that_stepped_back_walks_the_window_again_and_only_then_moves_the_watermark_back() {
    let settings = settings();
    let mut marks = Marks {
        watermark: Some(at(100)),
        ..caught_up()
    };
    let clock = at(50);
    marks.begin(clock, &settings);
    let first = marks.advance(clock, WIDEST, &settings);
    assert_eq!((first.from, first.to), (at(26), Some(at(27))));
    marks.complete(&first, clock, &settings);
    assert_eq!(marks.watermark, Some(at(100)));
    // It goes on where it was, and begins again only if the clock steps back once more.
    marks.begin(at(51), &settings);
    assert_eq!(marks.advance(at(51), WIDEST, &settings).from, at(27));
    marks.begin(at(40), &settings);
    assert_eq!(marks.advance(at(40), WIDEST, &settings).from, at(16));
    let all = marks.advance(at(40), WIDEST * 100, &settings);
    assert_eq!(all.to, None);
    marks.complete(&all, at(40), &settings);
    assert_eq!((marks.watermark, marks.rewalk), (Some(at(40)), None));
}

#[test]
fn an_outage_beyond_the_limit_is_given_up_and_said() {
    let settings = settings();
    let mut marks = caught_up();
    marks.begin(at(100), &settings);
    assert_eq!(marks.gap_millis, 28 * HOUR as u64, "100 h less 72 h");
    assert_eq!(
        (marks.horizon, marks.watermark),
        (Some(at(28)), Some(at(28)))
    );
    marks.begin(at(100), &settings);
    assert_eq!(marks.gap_millis, 28 * HOUR as u64, "said once");
}

#[test]
fn a_look_back_longer_than_the_catch_up_is_no_gap() {
    let settings = JobsSettings {
        look_back: Duration::from_secs(30 * 24 * 3600),
        ..settings()
    };
    let mut marks = Marks::default();
    marks.begin(at(0), &settings);
    let slice = marks.advance(at(0), WIDEST, &settings);
    marks.complete(&slice, at(0), &settings);
    marks.begin(at(1), &settings);
    assert_eq!((marks.gap_millis, marks.horizon), (0, Some(at(0))));
}

#[test]
fn reconciling_walks_the_window_up_to_where_it_began() {
    let settings = settings();
    let mut marks = caught_up();
    marks.begin(at(6), &settings);
    let mut slices = Vec::new();
    while let Some(slice) = marks.reconcile(WIDEST * 10) {
        slices.push((slice.from, slice.to));
        marks.complete(&slice, at(7), &settings);
    }
    assert_eq!(
        slices,
        [
            (at(-18), Some(at(-8))),
            (at(-8), Some(at(2))),
            (at(2), Some(at(6)))
        ]
    );
    assert_eq!(
        marks.watermark,
        Some(at(0)),
        "the watermark is not its business"
    );
    marks.begin(at(8), &settings);
    assert_eq!(marks.reconcile(WIDEST), None, "not due again");
}

#[test]
fn the_horizon_follows_retention_and_never_goes_back() {
    let settings = settings();
    let mut marks = caught_up();
    for clock in [at(60), at(120), at(110)] {
        let open = Slice {
            from: at(0),
            to: None,
            purpose: Purpose::Advance,
        };
        let before = marks.horizon;
        marks.complete(&open, clock, &settings);
        assert!(marks.horizon >= before);
    }
    assert_eq!(
        marks.horizon,
        Some(instant::before(at(120), settings.retention()))
    );
}

#[test]
fn a_slice_that_does_not_fit_is_halved() {
    let mut pace = Pace::default();
    let slice = Slice {
        from: at(0),
        to: None,
        purpose: Purpose::Advance,
    };
    pace.cut(&slice, at(0) + Duration::from_secs(60));
    assert_eq!(
        pace.width(),
        Duration::from_secs(30),
        "half of what was due"
    );
    for _ in 0..10 {
        pace.cut(&slice, at(9));
    }
    assert_eq!(pace.width(), NARROWEST);
    for _ in 0..100 {
        pace.fitted();
    }
    assert_eq!(pace.width(), WIDEST);
}

/// Walks until nothing more is due, at hour 0 of our own clock.
fn catch_up(marks: &mut Marks, clock: Timestamp) {
    let settings = settings();
    for _ in 0..200 {
        marks.compare(clock, at(0), &settings);
        marks.begin(clock, &settings);
        let slice = marks.advance(clock, WIDEST, &settings);
        marks.complete(&slice, clock, &settings);
        if slice.to.is_none() {
            return;
        }
    }
    panic!("never caught up");
}

#[test]
fn a_clock_that_was_years_ahead_does_not_blind_the_ledger_for_years() {
    let mut marks = caught_up();
    catch_up(&mut marks, at(87_600));
    assert!(marks.horizon > Some(at(80_000)));
    catch_up(&mut marks, at(1));
    assert_eq!((marks.horizon, marks.watermark), (Some(at(1)), Some(at(1))));
}

#[test]
fn a_clock_that_was_years_behind_makes_nothing_count_that_ended_before_the_first_start() {
    let mut marks = caught_up();
    catch_up(&mut marks, at(-87_600));
    catch_up(&mut marks, at(1));
    assert_eq!((marks.horizon, marks.watermark), (Some(at(0)), Some(at(1))));
}
