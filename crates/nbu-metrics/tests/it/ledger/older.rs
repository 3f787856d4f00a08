//! A state that is older than what was shown, as after damage or when a copy was put back.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nbu_metrics::ledger::{FileStore, FinishedJob, JobsSettings, Ledger, Lost};
use tokio::runtime::{Builder, Runtime};

use super::truth::{self, Totals};
use super::world::{MINUTE, START, World, at};

const FINISHED: &str = "netbackup_jobs_finished_total BACKUP none 0 success";
const SUCCESS: &str = "netbackup_client_last_success_timestamp_seconds";

/// A process on this file, until it is closed.
struct Process {
    ledger: Ledger,
    lost: Option<Lost>,
}

impl Process {
    async fn start(path: &Path) -> Self {
        let opened = FileStore::open(path).await.unwrap();
        assert!(opened.set_aside.is_none() && !opened.fell_back);
        let settings = JobsSettings {
            counter_birth: Duration::ZERO,
            ..JobsSettings::default()
        };
        let lost = opened.lost;
        let ledger = Ledger::open(Arc::new(opened.store), settings)
            .await
            .unwrap();
        Self { ledger, lost }
    }

    /// Walks over what is due, and shows the totals, and when the last run of the client was good.
    async fn cycle(&self, world: &World) -> (Totals, Option<f64>) {
        let clock = world.now();
        loop {
            let agenda = self.ledger.begin(clock).await.unwrap();
            let walk = self.ledger.walk(agenda.advance, clock);
            let mut fold = self.ledger.page();
            for job in world.page(&agenda.advance, 0, usize::MAX) {
                fold.take(FinishedJob {
                    client: "host1".into(),
                    ..job.record()
                });
            }
            fold.commit().await.unwrap();
            walk.complete().await.unwrap();
            if agenda.advance.to.is_none() {
                return self.show(world).await;
            }
        }
    }

    async fn show(&self, world: &World) -> (Totals, Option<f64>) {
        let samples = self.ledger.publish(world.now()).await.unwrap();
        let success = samples
            .families()
            .find(|(family, _)| family.name == SUCCESS)
            .and_then(|(_, series)| match series[0].value {
                nbu_metrics::samples::Value::Number(value) => Some(value),
                nbu_metrics::samples::Value::Histogram(_) => None,
            });
        (truth::of_jobs(&truth::published(&samples)), success)
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

const KIND: super::world::Kind = super::world::Kind {
    status: Some(0),
    kilobytes: Some(1),
    seconds: 60,
    parent: false,
    vmware: false,
    times: super::world::Times::Usual,
};

/// Counters, the jobs they count and the watermark go back together: what is missing is counted again and nothing twice. In
/// between less is shown than before, which is why it is told.
#[test]
fn an_older_state_counts_what_it_lacks_again_and_nothing_twice() {
    runtime().block_on(async {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state.redb");
        let mut world = World::new();
        let horizon = world.clock;
        let finish = |world: &mut World, count: usize| {
            for _ in 0..count {
                world.clock += MINUTE;
                world.finish(KIND, 0);
            }
        };
        let process = Process::start(&path).await;
        process.cycle(&world).await;
        finish(&mut world, 30);
        process.cycle(&world).await;
        process.ledger.close().await.unwrap();
        let early = fs::read(&path).unwrap();

        let process = Process::start(&path).await;
        assert_eq!(process.lost, None);
        finish(&mut world, 50);
        let (shown, success) = process.cycle(&world).await;
        assert_eq!(shown, truth::of(&world.history, horizon));
        process.ledger.close().await.unwrap();
        fs::write(&path, early).unwrap();

        let process = Process::start(&path).await;
        assert!(
            matches!(process.lost, Some(Lost::Writes(1..))),
            "{:?}",
            process.lost
        );
        let (older, _) = process.show(&world).await;
        assert_eq!((older[FINISHED], shown[FINISHED]), (30.0, 80.0));
        finish(&mut world, 3);
        let (healed, again) = process.cycle(&world).await;
        assert_eq!(healed, truth::of(&world.history, horizon));
        assert!(again > success && success > Some(at(START).as_second() as f64));
        process.ledger.close().await.unwrap();
        assert_eq!(Process::start(&path).await.lost, None, "it is told once");
    });
}
