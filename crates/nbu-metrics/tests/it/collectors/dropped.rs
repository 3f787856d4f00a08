//! Dropping a collection at any await changes nothing but what the ledger committed.

use std::time::Duration;

use nbu_sim::{Population, Sim};

use super::bench::Bench;
use super::jobs::{counted, expected};

#[tokio::test]
async fn a_collection_dropped_at_every_await_counts_nothing_twice() {
    let population = Population {
        preloaded: 0,
        jobs_per_day: 50_000,
        record: nbu_sim::RecordSize::Lean,
        ..Population::default()
    };
    let mut bench = Bench::start(Sim::builder().seed(5).population(population)).await;
    bench.finish("jobs").await;
    let horizon = bench.ledger.marks().horizon.unwrap();
    let mut dropped = 0;
    let mut completed = 0;
    // The two kinds of runs take turns, so both meet each number of waits.
    for waits in (0..).flat_map(|waits| [waits, waits]) {
        bench.primary.advance(Duration::from_secs(10 * 60));
        let clock = || bench.primary.now();
        match bench.collect_at("jobs", &clock, Some(waits)).await {
            None => dropped += 1,
            Some(collected) => {
                let collected = collected.unwrap();
                bench.keep("jobs", &collected);
                completed += 1;
            }
        }
        bench.counters().await;
        // Both kinds of runs, live and finished, were dropped everywhere.
        if completed == 6 {
            break;
        }
    }
    assert!(dropped > 5, "{dropped} runs dropped");
    bench.finish("jobs").await;
    assert_eq!(
        counted(&bench).await,
        expected(&bench.primary.truth(), horizon)
    );
}
