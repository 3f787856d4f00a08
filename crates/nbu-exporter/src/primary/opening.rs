//! Opening the ledger: in the background, and again until it succeeds, while everything that needs none goes on.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use nbu_metrics::ledger::{JobsSettings, Lost, Shelf};
use tokio::time::{Instant, sleep};
use tracing::{debug, warn};

use super::collection::{Failure, publish};
use super::estate::Estate;
use super::saving::pause;
use crate::storage::Found;

/// An opening that is under way, or about to begin.
pub(super) type Opening = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// Opens the ledger and shows what it holds, after a pause if that has failed before.
pub(super) fn begin(estate: Arc<Estate>, jobs: Arc<JobsSettings>, failures: u32) -> Opening {
    Box::pin(async move {
        if failures > 0 {
            sleep(pause(failures - 1)).await;
        }
        let began = Instant::now();
        let (ledger, found) = estate.open(&jobs).await?;
        tell(estate.name(), &found);
        tell_damaged(estate.name(), &ledger.damaged_notes());
        debug!(
            primary = %estate.name(),
            jobs = ledger.remembered().ids,
            took = ?began.elapsed(),
            "the state of the jobs is open"
        );
        // What was counted before shows at once, also while the primary is down.
        let _told = publish(&estate, ledger).await;
        Ok(())
    })
}

fn tell(primary: &str, found: &Found) {
    if let Some(aside) = &found.set_aside {
        let kept_as = aside.kept_as.as_ref();
        warn!(
            primary,
            path = %aside.path.display(),
            kept_as = %kept_as.map_or("nothing: ten are kept already".into(), |path| path.to_string_lossy()),
            reason = aside.reason,
            "the state of the jobs cannot be used and was set aside; counting begins afresh"
        );
    }
    match found.lost {
        None => {}
        Some(Lost::Writes(missing)) => warn!(
            primary,
            missing,
            "the state of the jobs is older than the one that was saved last, by so many writes: the file is damaged, or a copy was \
             put back; what is missing is counted again from the primary, until then counters show less than they did"
        ),
        Some(_) => warn!(
            primary,
            "the state of the jobs is not the one that was saved last: that one is gone, or was replaced; counters go on from what is \
             there"
        ),
    }
    if found.fell_back && found.lost.is_none() {
        warn!(
            primary,
            "the last write of the state of the jobs was incomplete or damaged; going on from the one before"
        );
    }
}

/// Notes that are lost. They are gone from the state with the next commit, so the next start does not say it again.
fn tell_damaged(primary: &str, notes: &BTreeMap<Shelf, u64>) {
    if notes.is_empty() {
        return;
    }
    let lost: Vec<String> = notes
        .iter()
        .map(|(shelf, count)| format!("{count} of {}", shelf.what()))
        .collect();
    warn!(
        primary,
        lost = lost.join(", "),
        "some of what was remembered beside the counters is damaged, or of another version, and was dropped; no counter is \
         affected, and it is known again after the next runs of those clients and the next reading of the policies"
    );
}
