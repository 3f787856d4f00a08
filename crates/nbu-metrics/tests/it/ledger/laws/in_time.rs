//! What is written in time is counted by the next complete walk, and does not have to wait for a reconciliation.

use std::time::Duration;

use nbu_metrics::ledger::JobsSettings;
use proptest::prelude::*;

use super::super::driver::{Break, Driver};
use super::super::faulty_store::FaultyStore;
use super::super::truth;
use super::super::world::{HOUR, Kind, MINUTE, SECOND, Touch, World};
use super::{kind, touch};

/// How late a record may be written, to be found by the next walk all the same.
const OVERLAP: i64 = 2 * MINUTE;
/// For how long jobs are remembered: short, so that they are forgotten while their records still change.
const RETENTION: i64 = 2 * HOUR + OVERLAP;

/// Something that happens.
#[derive(Clone, Debug)]
enum Event {
    /// Jobs finish; their records say that they were written some time ago.
    Finish(Vec<(Kind, i64)>),
    /// Jobs start, and so take ids that are lower than those of jobs that finish before them.
    Start(usize),
    /// Time passes.
    Wait(i64),
    /// A finished record is written again.
    Touch(usize, Touch),
    /// A walk that is broken after some pages.
    Broken(usize, (usize, Break)),
    /// A walk that takes its time, and during which jobs finish: those that were started, or new ones.
    Slow(usize, Vec<(i64, Option<Kind>, Kind)>),
    Crash,
    /// Everything is walked, and compared.
    Compare,
}

fn event() -> impl Strategy<Value = Event> {
    let late = prop_oneof![2 => Just(0), 2 => 0..=OVERLAP];
    let breaks = prop::sample::select(vec![Break::Error, Break::Cut, Break::CutUncommitted]);
    let page = (
        SECOND..4 * MINUTE,
        prop::option::weighted(0.3, kind()),
        kind(),
    );
    prop_oneof![
        4 => prop::collection::vec((kind(), late), 1..8).prop_map(Event::Finish),
        2 => (1..3_usize).prop_map(Event::Start),
        3 => (SECOND..30 * MINUTE).prop_map(Event::Wait),
        2 => (any::<usize>(), touch()).prop_map(|(pick, touch)| Event::Touch(pick, touch)),
        3 => (1..5_usize, (0..4_usize, breaks)).prop_map(|(size, broken)| Event::Broken(size, broken)),
        3 => (1..4_usize, prop::collection::vec(page, 1..4)).prop_map(|(size, pages)| Event::Slow(size, pages)),
        1 => Just(Event::Crash),
        3 => Just(Event::Compare),
    ]
}

struct Story {
    world: World,
    driver: Driver,
    started: Vec<u64>,
    /// When everything was last walked: more than the retention later, jobs would have to be given up.
    walked: i64,
}

impl Story {
    fn new(before: Vec<(Kind, i64)>, patience: u32) -> Self {
        let settings = JobsSettings {
            overlap: Duration::from_millis(OVERLAP.unsigned_abs()),
            reconcile_window: Duration::from_secs(3_600),
            // Never within a story.
            reconcile_interval: Duration::from_secs(365 * 86_400),
            max_catch_up: Duration::from_secs(2 * 3_600),
            counter_birth: Duration::ZERO,
            ..JobsSettings::default()
        };
        let mut world = World::new();
        world.correctable = HOUR;
        for (kind, ago) in before {
            world.finish(kind, ago);
        }
        let walked = world.clock;
        let mut story = Self {
            world,
            driver: Driver::on(FaultyStore::default().patient(patience), settings),
            started: Vec::new(),
            walked,
        };
        story.compare();
        story
    }

    fn take(&mut self, event: Event) {
        let Self {
            world,
            driver,
            started,
            ..
        } = self;
        match event {
            Event::Finish(jobs) => {
                for (kind, late) in jobs {
                    world.finish(kind, late);
                }
            }
            Event::Start(count) => started.extend((0..count).map(|_| world.start())),
            Event::Wait(time) => world.clock += time,
            Event::Touch(pick, touch) => world.touch(pick, touch),
            Event::Broken(page_size, broken) => {
                driver.collect(world, page_size, Some(broken), &mut |_| {});
            }
            Event::Slow(page_size, pages) => {
                let mut pages = pages.into_iter();
                let mut events = |world: &mut World| {
                    let Some((pause, first, new)) = pages.next() else {
                        return;
                    };
                    world.clock += pause;
                    if let Some(kind) = first.filter(|_| !started.is_empty()) {
                        world.finish_started(started.remove(0), kind);
                    }
                    world.finish(new, 0);
                    world.clock += pause;
                };
                driver.collect(world, page_size, None, &mut events);
            }
            Event::Crash => driver.crash(),
            Event::Compare => self.compare(),
        }
        if self.world.clock - self.walked > HOUR {
            self.compare();
        }
    }

    /// Walks, undisturbed, whatever the marks say is due, and compares at once.
    fn compare(&mut self) {
        let (world, driver) = (&mut self.world, &mut self.driver);
        loop {
            let more = driver.collect(world, 50, None, &mut |_| {});
            if !more.expect("nothing disturbs it") {
                break;
            }
        }
        driver.now += 1;
        driver.publish();
        self.walked = world.clock;
        let horizon = driver.first_clock.unwrap();
        let expected = truth::of(&world.history, horizon);
        assert_eq!(truth::of_jobs(&driver.shown), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_in_time_is_counted_by_the_next_complete_walk(
        before in prop::collection::vec((kind(), SECOND..20 * HOUR), 0..6),
        events in prop::collection::vec(event(), 1..80),
        patience in 0..4_u32,
    ) {
        let mut story = Story::new(before, patience);
        for event in events {
            story.take(event);
        }
        story.compare();
        // Long after: what was forgotten is not counted again when its record changes.
        story.world.clock += RETENTION / 2;
        story.compare();
        story.world.clock += RETENTION - MINUTE;
        for pick in 0..story.world.jobs.len() {
            story.world.touch(pick, Touch::Update);
        }
        story.world.clock += SECOND;
        story.compare();
    }
}
