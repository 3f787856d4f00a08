//! Guards one primary: lets it live, ends and replaces its life when told to, and starts a new one after a panic.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep};
use tracing::{error, info, warn};

use super::{Live, REPLACE_GRACE};
use crate::config;
use crate::primary::{Estate, Remains};

/// What is wanted of a primary.
#[derive(Debug, Clone)]
pub(super) enum Desired {
    /// Live by this configuration.
    Run(Arc<config::Primary>),
    /// End; what is in flight has until then.
    Stop(Instant),
}

/// The first pause after a panic; doubled with each further one.
const PAUSE: Duration = Duration::from_secs(1);

/// The longest pause after a panic, and the life after which earlier panics are forgiven.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Lets the primary live as desired. Returns what was cut off at the end.
pub(super) async fn guard(
    estate: Arc<Estate>,
    live: Live,
    mut desired: watch::Receiver<Desired>,
) -> Option<Remains> {
    let mut pause = PAUSE;
    loop {
        let wanted = desired.borrow_and_update().clone();
        let config = match wanted {
            Desired::Run(config) => config,
            Desired::Stop(deadline) => {
                estate.close(deadline).await;
                return None;
            }
        };
        let born = Instant::now();
        let (deadline, deadlines) = watch::channel(None);
        // A set of one, since dropping a set ends its tasks.
        let mut task = JoinSet::new();
        task.spawn(live(Arc::clone(&estate), config, deadlines));
        tokio::select! {
            Some(ended) = task.join_next() => {
                if born.elapsed() >= LONGEST_PAUSE {
                    pause = PAUSE;
                }
                report(&estate, ended, pause);
                tokio::select! {
                    () = sleep(pause) => {}
                    _ = desired.changed() => {}
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            _ = desired.changed() => {
                let remains = end(&mut task, &deadline, &mut desired).await;
                let stop = match *desired.borrow() {
                    Desired::Stop(deadline) => Some(deadline),
                    Desired::Run(_) => None,
                };
                if let Some(deadline) = stop {
                    estate.close(deadline).await;
                    return remains;
                }
                if let Some(remains) = remains {
                    warn!(primary = %remains.primary, in_flight = remains.in_flight, endpoints = remains.endpoints, "cut off by the reload");
                }
                info!(primary = %estate.name(), "restarted with its new configuration");
                pause = PAUSE;
            }
        }
    }
}

/// Ends a life, by the earliest of the deadlines that come in meanwhile.
async fn end(
    task: &mut JoinSet<Option<Remains>>,
    deadline: &watch::Sender<Option<Instant>>,
    desired: &mut watch::Receiver<Desired>,
) -> Option<Remains> {
    loop {
        let wanted = match *desired.borrow_and_update() {
            Desired::Run(_) => Instant::now() + REPLACE_GRACE,
            Desired::Stop(deadline) => deadline,
        };
        deadline.send_modify(|deadline| {
            *deadline = Some(deadline.map_or(wanted, |before| before.min(wanted)));
        });
        tokio::select! {
            ended = task.join_next() => return ended.and_then(Result::unwrap_or_default),
            Ok(()) = desired.changed() => {}
        }
    }
}

fn report(estate: &Estate, ended: Result<Option<Remains>, JoinError>, pause: Duration) {
    let what = match ended {
        Err(error) => error.to_string(),
        Ok(_) => "it ended by itself".to_owned(),
    };
    error!(primary = %estate.name(), error = what, again_in = ?pause, "the primary's task failed and is started again; this is a bug, please report it");
}
