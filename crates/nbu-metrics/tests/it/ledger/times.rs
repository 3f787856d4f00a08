//! Records whose times no clock that only goes on can have given.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use nbu_metrics::ledger::{FinishedJob, JobsSettings, Ledger, MemoryStore};
use nbu_metrics::samples::{Samples, Value};

use super::driver::poll_once;
use super::truth;
use super::world::{HOUR, MINUTE, SECOND, START, at};

const END: i64 = START + MINUTE;

/// A ledger that is opened again and again on one store.
struct Process {
    store: Arc<MemoryStore>,
    ledger: Ledger,
    clock: i64,
}

impl Process {
    fn new() -> Self {
        let store = Arc::default();
        Self {
            ledger: open(&store),
            store,
            clock: START,
        }
    }

    fn restart(&mut self) {
        poll_once(self.ledger.close()).unwrap().unwrap();
        self.ledger = open(&self.store);
    }

    /// Walks over this record.
    fn walk(&mut self, job: &FinishedJob<'static>) {
        self.clock += MINUTE;
        let clock = at(self.clock);
        let agenda = poll_once(self.ledger.begin(clock)).unwrap().unwrap();
        let walk = self.ledger.walk(agenda.advance, clock);
        let mut page = self.ledger.page();
        page.take(job.clone());
        poll_once(page.commit()).unwrap().unwrap();
        poll_once(walk.complete()).unwrap().unwrap();
    }

    /// Counted jobs, bytes, and failed runs in a row.
    fn shown(&self) -> (f64, f64, f64) {
        let samples: Arc<Samples> = poll_once(self.ledger.publish(at(self.clock)))
            .unwrap()
            .unwrap();
        let totals = truth::published(&samples);
        let sum = |family: &str| {
            let of_it = totals
                .iter()
                .filter(|(series, _)| series.starts_with(family));
            of_it.map(|(_, value)| value).sum::<f64>()
        };
        let failures = samples
            .families()
            .find(|(family, _)| family.name == "netbackup_client_consecutive_failures")
            .map_or(0.0, |(_, series)| match series[0].value {
                Value::Number(failures) => failures,
                Value::Histogram(_) => unreachable!("it is a gauge"),
            });
        (
            sum("netbackup_jobs_finished_total "),
            sum("netbackup_jobs_backup_bytes_total "),
            failures,
        )
    }
}

fn open(store: &Arc<MemoryStore>) -> Ledger {
    let settings = JobsSettings {
        counter_birth: Duration::ZERO,
        ..JobsSettings::default()
    };
    poll_once(Ledger::open(Arc::clone(store) as _, settings))
        .unwrap()
        .unwrap()
}

/// A failed backup of one client, which wrote a kilobyte.
fn job(start: Option<Timestamp>, end: Option<Timestamp>) -> FinishedJob<'static> {
    FinishedJob {
        id: 7,
        root: Some(7),
        child_count: Some(0),
        job_type: "BACKUP".into(),
        client: "host1".into(),
        policy: "daily".into(),
        status: Some(13),
        start,
        end,
        last_update: Some(at(END)),
        kilobytes: Some(1),
        ..FinishedJob::default()
    }
}

fn starts() -> Vec<Option<Timestamp>> {
    vec![
        None,
        Some(at(END - HOUR)),
        Some(at(END)),
        Some(at(END + 1)),
        // Within the millisecond in which it ends, and after that.
        Some(Timestamp::from_microsecond(END * 1_000 + 600).unwrap()),
        Some(at(END + HOUR)),
        Some(Timestamp::UNIX_EPOCH),
        Some(Timestamp::MIN),
        Some(Timestamp::MAX),
    ]
}

/// The clock was set back while the job ran, or the record tells times that no primary can mean.
#[test]
fn a_job_is_counted_once_whatever_its_record_tells_of_its_times() {
    let micro = Timestamp::from_microsecond(END * 1_000 + 300).unwrap();
    for end in [None, Some(at(END)), Some(micro), Some(Timestamp::MAX)] {
        for start in starts() {
            let job = job(start, end);
            let mut process = Process::new();
            for restart in [false, false, true, false, true, false] {
                process.walk(&job);
                if restart {
                    process.restart();
                }
                let told = (start, end);
                assert_eq!(process.shown(), (1.0, 1024.0, 1.0), "{told:?}");
            }
        }
    }
}

/// What ended before the first start is not counted, but read for the last run of each client: again and again, while the look-back
/// goes on.
#[test]
fn in_the_look_back_a_run_is_known_once_whatever_its_record_tells_of_its_times() {
    for start in starts() {
        let mut process = Process::new();
        poll_once(process.ledger.begin(at(START))).unwrap().unwrap();
        let mut job = job(start, Some(at(START - HOUR)));
        for restart in [false, true, false] {
            let mut page = process.ledger.page();
            page.take(job.clone());
            poll_once(page.commit()).unwrap().unwrap();
            if restart {
                process.restart();
            }
        }
        assert_eq!(process.shown(), (0.0, 0.0, 1.0), "{start:?}");
        // Its end is corrected, and lies after the first start: now it is counted, and still one run.
        job.end = Some(at(END));
        process.walk(&job);
        assert_eq!(process.shown(), (1.0, 1024.0, 1.0), "{start:?}, corrected");
    }
}

#[test]
fn an_end_that_is_corrected_counts_nothing_again() {
    for by in [-HOUR, 0, SECOND, HOUR] {
        let mut process = Process::new();
        let mut job = job(Some(at(END + by)), Some(at(END)));
        for later in [0, SECOND, HOUR, 2 * HOUR] {
            job.end = Some(at(END + later));
            for _ in 0..2 {
                process.walk(&job);
                assert_eq!(process.shown(), (1.0, 1024.0, 1.0), "{by}, {later} later");
            }
            process.restart();
        }
    }
}

/// A record without an end is placed by its last update, which may go on for longer than jobs are remembered.
#[test]
fn a_job_without_an_end_that_is_written_again_and_again_is_counted_once() {
    let mut process = Process::new();
    let mut job = job(Some(at(START)), None);
    for days in 0..6 {
        process.clock = START + days * 24 * HOUR;
        job.last_update = Some(at(process.clock + MINUTE));
        for _ in 0..30 {
            process.walk(&job);
        }
        assert_eq!(process.shown(), (1.0, 1024.0, 1.0), "day {days}");
        process.restart();
    }
}

#[test]
fn an_id_that_comes_back_counts_again_only_for_a_job_after_the_counted_one() {
    for (by, start, end, counted) in [
        // After all that is known of the id.
        (-MINUTE, Some(MINUTE), 2 * MINUTE, 2.0),
        (HOUR, Some(HOUR + 1), HOUR + 1, 2.0),
        // After the counted end, and not after the counted start.
        (HOUR, Some(HOUR), 2 * HOUR, 1.0),
        (HOUR, Some(MINUTE), 2 * MINUTE, 1.0),
        // It starts after it ends.
        (-MINUTE, Some(MINUTE), MINUTE - 1, 1.0),
        (-MINUTE, None, HOUR, 1.0),
    ] {
        let mut process = Process::new();
        process.walk(&job(Some(at(END + by)), Some(at(END))));
        let again = job(start.map(|start| at(END + start)), Some(at(END + end)));
        for _ in 0..3 {
            process.walk(&again);
            process.restart();
            let told = (by, start, end);
            assert_eq!(
                process.shown(),
                (counted, counted * 1024.0, counted),
                "{told:?}"
            );
        }
    }
}
