//! A primary that tells only some of it, or nothing.

use std::time::Duration;

use nbu_client::Reason;
use nbu_sim::{Fault, Permission, Route};

use super::super::bench::{KEY, Series, series};
use super::{NEVER, SUCCESS, backup, bench};

#[tokio::test]
async fn without_permission_for_policies_what_jobs_tell_is_there() {
    let mut bench = bench().await;
    bench.finish("jobs").await;
    bench.primary.add_done(&backup("daily", "host1"), 0);
    bench
        .primary
        .set_key(KEY, &[Permission::Jobs, Permission::HostProperties], None);
    bench.primary.advance(Duration::from_secs(60));
    bench.finish("jobs").await;
    let collected = bench.collect("protection").await.unwrap();
    let refused = collected.refused.unwrap();
    assert_eq!(
        (refused.reason(), refused.endpoint()),
        (Reason::Forbidden, Some("/config/policies"))
    );
    assert_eq!(
        series(&collected.samples, "netbackup_clients_paused")[""],
        1.0
    );
    assert_eq!(series(&collected.samples, NEVER), Series::new());
    assert_eq!(series(&*bench.counters().await, SUCCESS).len(), 1);
}

#[tokio::test]
async fn a_primary_that_is_down_fails_the_run_and_removes_nothing() {
    let mut bench = bench().await;
    bench.finish("jobs").await;
    bench.primary.add_done(&backup("gone", "host1"), 0);
    bench.primary.advance(Duration::from_secs(60));
    bench.finish("jobs").await;
    bench
        .primary
        .faults()
        .always(Route::PausedClients, Fault::Reset);
    let error = bench.collect("protection").await.unwrap_err();
    assert_eq!(error.reason(), Reason::Connect);
    assert_eq!(series(&*bench.counters().await, SUCCESS).len(), 1);
}
