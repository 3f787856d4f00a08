//! One property over everything that can happen, in memory and on files. That nothing has to wait for a reconciliation is told by
//! another: see [`in_time`].
//!
//! Together they go red when one of these is taken away: idempotence by id, whatever the record tells of its start and end;
//! persist before publish; the watermark that moves only after a complete walk and to the clock read before it; the overlap; the
//! horizon.

mod in_time;

use std::time::Duration;

use jiff::Timestamp;
use nbu_metrics::ledger::JobsSettings;
use proptest::prelude::*;

use super::driver::{Break, Driver};
use super::faulty_store::{Fault, FaultyStore};
use super::truth;
use super::world::{HOUR, Kind, MINUTE, SECOND, START, Times, Touch, World};

const FAULTS: [Fault; 4] = [
    Fault::Lost,
    Fault::AnswerLost,
    Fault::Hangs,
    Fault::HangsBefore,
];

/// Something that happens.
#[derive(Clone, Debug)]
enum Event {
    /// Jobs finish, some records appear stale by up to half a day.
    Finish(Vec<(Kind, i64)>),
    /// Time passes, on both clocks.
    Wait(i64),
    /// The primary's clock steps.
    ClockStep(i64),
    /// A finished record is written again.
    Touch(usize, Touch),
    /// Jobs start.
    Start(usize),
    /// The first of them finishes, whatever the clock says now.
    FinishFirst(Kind),
    /// The job database was rebuilt.
    Reuse(usize, Kind),
    /// One collection, disturbed or not, while jobs finish.
    Collect {
        page_size: usize,
        broken: Option<(usize, Break)>,
        fault: Option<(u32, Fault)>,
        meanwhile: Vec<Kind>,
    },
    /// Jobs finish and are read in part, a scrape follows, whether the store could keep what is to be shown or not, and then the
    /// process is killed: what was shown is there again.
    Shock {
        jobs: Vec<Kind>,
        pages: usize,
        fault: Option<Fault>,
    },
    /// A scrape follows, whether the store could keep what is to be shown or not.
    Publish(Option<Fault>),
    /// The process is killed.
    Crash,
}

fn kind() -> impl Strategy<Value = Kind> {
    let status = prop::sample::select(vec![Some(0), Some(0), Some(1), Some(71), Some(150), None]);
    let kilobytes = prop::option::weighted(0.8, 0..10_000_000_u64);
    (
        status,
        kilobytes,
        1..100_000_u64,
        prop::bool::weighted(0.2),
        any::<bool>(),
        times(),
    )
        .prop_map(|(status, kilobytes, seconds, parent, vmware, times)| Kind {
            status,
            kilobytes,
            seconds,
            parent,
            vmware,
            times,
        })
}

fn times() -> impl Strategy<Value = Times> {
    let absurd = prop::sample::select(vec![
        Timestamp::MIN.as_second() * 1_000,
        -1,
        Timestamp::MAX.as_second() * 1_000,
    ]);
    prop_oneof![
        8 => Just(Times::Usual),
        2 => Just(Times::Equal),
        3 => (1..3 * HOUR).prop_map(Times::Inverted),
        2 => Just(Times::NoStart),
        1 => Just(Times::NoEnd),
        1 => absurd.clone().prop_map(Times::Start),
        1 => absurd.clone().prop_map(Times::End),
        1 => absurd.prop_map(Times::Both),
    ]
}

fn touch() -> impl Strategy<Value = Touch> {
    prop::sample::select(vec![Touch::Update, Touch::End, Touch::Start])
}

fn event() -> impl Strategy<Value = Event> {
    let late = prop_oneof![3 => Just(0), 1 => 0..12 * HOUR];
    let broken = prop::option::weighted(
        0.4,
        (
            0..5_usize,
            prop::sample::select(vec![Break::Error, Break::Cut, Break::CutUncommitted]),
        ),
    );
    let fault = prop::option::weighted(0.3, (0..5_u32, prop::sample::select(FAULTS.to_vec())));
    prop_oneof![
        6 => prop::collection::vec((kind(), late), 1..12).prop_map(Event::Finish),
        4 => (SECOND..20 * MINUTE).prop_map(Event::Wait),
        1 => (HOUR..4 * HOUR).prop_map(Event::Wait),
        1 => (-2 * HOUR..2 * HOUR).prop_map(Event::ClockStep),
        2 => (any::<usize>(), touch()).prop_map(|(pick, touch)| Event::Touch(pick, touch)),
        2 => (1..3_usize).prop_map(Event::Start),
        2 => kind().prop_map(Event::FinishFirst),
        1 => (any::<usize>(), kind()).prop_map(|(pick, kind)| Event::Reuse(pick, kind)),
        10 => (1..9_usize, broken, fault, prop::collection::vec(kind(), 0..3)).prop_map(
            |(page_size, broken, fault, meanwhile)| Event::Collect { page_size, broken, fault, meanwhile }
        ),
        6 => prop::option::weighted(0.3, prop::sample::select(FAULTS.to_vec())).prop_map(Event::Publish),
        3 => (
            prop::collection::vec(kind(), 1..6),
            1..4_usize,
            prop::option::of(prop::sample::select(FAULTS.to_vec())),
        ).prop_map(|(jobs, pages, fault)| Event::Shock { jobs, pages, fault }),
        2 => Just(Event::Crash),
    ]
}

/// Jobs of the hours before the first start, which are read and not counted unless their records tell an end that is later. The
/// first start may be 19 hours after the beginning, and looks back for a day.
fn before() -> impl Strategy<Value = Vec<(Kind, i64)>> {
    prop::collection::vec((kind(), SECOND..4 * HOUR), 0..6)
}

/// For how long a new series shows 0.
fn birth(births: bool) -> Duration {
    if births {
        JobsSettings::default().counter_birth
    } else {
        Duration::ZERO
    }
}

/// Everything that happens, until the world and the ledger are compared.
struct Story {
    world: World,
    driver: Driver,
    /// The oldest `lastUpdateTime` that no settled ledger has seen: reconciling reaches back one day only.
    oldest: i64,
}

impl Story {
    /// `before`: jobs that finished before anything was read.
    fn on(store: FaultyStore, before: Vec<(Kind, i64)>, birth: Duration) -> Self {
        let mut world = World::new();
        for (kind, ago) in before {
            world.finish(kind, ago);
        }
        let settings = JobsSettings {
            counter_birth: birth,
            ..JobsSettings::default()
        };
        Self {
            world,
            driver: Driver::on(store, settings),
            oldest: START,
        }
    }

    fn take(&mut self, event: Event) {
        let Self {
            world,
            driver,
            oldest,
        } = self;
        match event {
            Event::Finish(jobs) => {
                for (kind, late) in jobs {
                    *oldest = (*oldest).min(world.clock - late);
                    world.finish(kind, late);
                }
            }
            Event::Wait(time) => {
                world.clock += time;
                driver.now += time;
            }
            Event::ClockStep(by) => {
                world.clock += by;
                *oldest = (*oldest).min(world.clock);
            }
            Event::Touch(pick, touch) => world.touch(pick, touch),
            Event::Start(count) => {
                for _ in 0..count {
                    world.start();
                }
            }
            Event::FinishFirst(kind) => world.finish_first(kind),
            Event::Reuse(pick, kind) => {
                // What the old id stood for must have been seen: nobody can count what is gone.
                self.settle();
                self.world.reuse(pick, kind);
            }
            Event::Collect {
                page_size,
                broken,
                fault,
                meanwhile,
            } => {
                if let Some((later, fault)) = fault {
                    driver.store.fail(later, fault);
                }
                let mut meanwhile = meanwhile.into_iter();
                let mut events = |world: &mut World| {
                    world.clock += 300;
                    if let Some(kind) = meanwhile.next() {
                        world.finish(kind, 0);
                    }
                };
                driver.collect(world, page_size, broken, &mut events);
                driver.store.heal();
            }
            Event::Shock { jobs, pages, fault } => {
                for kind in jobs {
                    world.finish(kind, 0);
                }
                world.clock += SECOND;
                driver.now += SECOND;
                driver.collect(world, 2, Some((pages, Break::Cut)), &mut |_| {});
                self.take(Event::Publish(fault));
                self.take(Event::Crash);
                self.take(Event::Publish(None));
                return;
            }
            Event::Publish(fault) => {
                if let Some(fault) = fault {
                    driver.store.fail(0, fault);
                }
                driver.publish();
                driver.store.heal();
            }
            Event::Crash => {
                driver.crash();
                // A crash before anything was committed makes the next start the first one.
                if driver.ledger.marks().horizon.is_none() {
                    driver.first_clock = None;
                }
            }
        }
        let (clock, settled_at) = (self.world.clock, self.driver.settled_at);
        if clock - self.oldest > 13 * HOUR || settled_at - clock > 4 * HOUR {
            self.settle();
        }
    }

    fn settle(&mut self) {
        self.driver.settle(&mut self.world);
        self.oldest = self.world.clock;
    }

    fn check(&mut self) {
        self.settle();
        let horizon = self.driver.first_clock.unwrap();
        let expected = truth::of(&self.world.history, horizon);
        assert_eq!(truth::of_jobs(&self.driver.shown), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_every_job_is_counted_once_and_nothing_shown_goes_back(
        before in before(),
        births: bool,
        patience in 0..4_u32,
        events in prop::collection::vec(event(), 1..60)
    ) {
        let mut story = Story::on(FaultyStore::default().patient(patience), before, birth(births));
        for event in events {
            story.take(event);
        }
        story.check();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// The same on the disk, where a process lives no longer than one collection or one scrape: it is killed when that is
    /// done, and in the midst of any of its commits.
    #[test]
    fn whatever_happens_the_files_of_killed_processes_have_every_job_once(
        before in before(),
        births: bool,
        patience in 0..4_u32,
        events in prop::collection::vec(event(), 1..60)
    ) {
        let mut story = Story::on(FaultyStore::on_files().patient(patience), before, birth(births));
        for event in events {
            let kill = matches!(event, Event::Collect { .. } | Event::Publish(_));
            story.take(event);
            if kill {
                story.take(Event::Crash);
            }
        }
        story.check();
    }
}
