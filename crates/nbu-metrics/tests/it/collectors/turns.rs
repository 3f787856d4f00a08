//! Live and finished jobs take turns, whatever becomes of the other.

use std::time::Duration;

use nbu_client::{Limits, Reason};
use nbu_sim::{Edit, Fault, JobSpec, Population, Route, Sim};

use super::bench::{Bench, series};

async fn one_job_runs_for_ever() -> Bench {
    let bench = Bench::start(Sim::builder().population(Population::empty())).await;
    bench.primary.add_active(&JobSpec::new("BACKUP"));
    bench
}

async fn finished(bench: &Bench) -> f64 {
    let counters = bench.counters().await;
    series(&counters, "netbackup_jobs_finished_total")
        .values()
        .sum()
}

#[tokio::test]
async fn finished_jobs_are_counted_while_every_live_walk_fails() {
    let mut bench = one_job_runs_for_ever().await;
    bench.finish("jobs").await;
    // Only pages of unfinished jobs name one that is active.
    let edit = Edit::new(|body: Vec<u8>| {
        let live = String::from_utf8_lossy(&body).contains("ACTIVE");
        if live { b"{".to_vec() } else { body }
    });
    bench
        .primary
        .faults()
        .always(Route::Jobs, Fault::Edit(edit));
    for round in 1..=5_u8 {
        bench.primary.add_done(&JobSpec::new("BACKUP"), 0);
        bench.primary.advance(Duration::from_secs(600));
        let error = bench.collect("jobs").await.unwrap_err();
        assert_eq!(error.reason(), Reason::Parse);
        let collected = bench.collect("jobs").await.unwrap();
        bench.keep("jobs", &collected);
        assert_eq!(finished(&bench).await, f64::from(round));
        let unread = collected.refused.expect("the live jobs are missing");
        assert_eq!(unread.reason(), Reason::Parse);
        let shown = series(&collected.samples, "netbackup_jobs").len();
        assert_eq!(shown, usize::from(round == 1), "gone when too old");
    }
    bench.primary.faults().clear();
    bench.primary.advance(Duration::from_secs(600));
    let collected = bench.collect("jobs").await.unwrap();
    assert!(collected.refused.is_none());
    assert_eq!(series(&collected.samples, "netbackup_jobs").len(), 1);
}

#[tokio::test]
async fn finished_jobs_are_counted_while_every_live_walk_is_dropped_at_its_deadline() {
    let mut limits = Limits::default();
    limits.records_per_page = 10;
    let sim = Sim::builder().population(Population::empty());
    let mut bench = Bench::start_with(sim, |client| client.limits(limits)).await;
    for _ in 0..45 {
        bench.primary.add_active(&JobSpec::new("BACKUP"));
    }
    bench.finish("jobs").await;
    for round in 1..=8_usize {
        bench.primary.add_done(&JobSpec::new("BACKUP"), 0);
        bench.primary.advance(Duration::from_secs(600));
        bench.primary.forget_requests();
        // A page later each time.
        let pages = (round - 1) % 4 + 1;
        let clock = || bench.primary.now();
        let deadline = || bench.primary.requests_to(Route::Jobs).len() == pages;
        let live = bench.collect_until("jobs", &clock, deadline).await;
        assert!(live.is_none(), "the deadline of round {round}");
        let collected = bench.collect("jobs").await.unwrap();
        bench.keep("jobs", &collected);
        assert_eq!(finished(&bench).await, round as f64);
        let unread = collected.refused.expect("the live jobs are missing");
        assert_eq!(unread.reason(), Reason::Timeout);
    }
}
