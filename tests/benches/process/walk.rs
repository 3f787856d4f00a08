//! The first walk of many finished jobs, with a quick and a slow primary, by one and by four cursors.

mod cost;
mod scene;

use super::{Filter, MIB, baseline, micros_each};
use cost::{Case, Cost};
use nbu_sim::RecordSize;
use std::time::Duration;

/// By how much the peak of the largest walk may exceed that of the smallest, remembered ids apart.
const GROWTH: f64 = 8.0 * MIB;

pub(crate) async fn bench(filter: &Filter) {
    let cases: Vec<Case> = cases()
        .into_iter()
        .filter(|case| filter.wants(&case.name()))
        .collect();
    if cases.is_empty() {
        return;
    }
    println!(
        "\nfirst walk: processor time is that of the exporter from the first page to the published counters, without what a\n\
         walk of one job takes (fixed); bare is a loop that downloads the same pages, without delay, and only validates the JSON; medians"
    );
    Cost::print_head();
    let mut costs = Vec::new();
    for case in cases {
        let cost = Cost::of(case).await;
        cost.print();
        costs.push(cost);
    }
    let rows: Vec<_> = costs.iter().map(Cost::json).collect();
    println!("{}", serde_json::json!({ "walk": rows }));
    check_growth(&costs);
}

/// Whether what a walk takes in memory depends on its length. Needs the rows of both ends.
fn check_growth(costs: &[Cost]) {
    let apart = |jobs: u64| {
        costs
            .iter()
            .filter(move |cost| cost.case.jobs == jobs && !cost.case.on_disk)
            .map(Cost::apart)
    };
    let smallest = apart(10_000).fold(f64::INFINITY, f64::min);
    let largest = apart(1_000_000).fold(0.0, f64::max);
    if largest == 0.0 || smallest.is_infinite() {
        return;
    }
    println!(
        "peak of the largest walk over the smallest, ids apart: {:.1} MiB (at most {:.0})",
        (largest - smallest) / MIB,
        GROWTH / MIB
    );
    assert!(
        largest - smallest <= GROWTH,
        "a walk's memory grows with it"
    );
}

fn cases() -> Vec<Case> {
    let case = |jobs, delay, cursors, on_disk, record| Case {
        jobs,
        page_delay: Duration::from_millis(delay),
        cursors,
        on_disk,
        record,
    };
    let (full, lean) = (RecordSize::Full, RecordSize::Lean);
    vec![
        case(10_000, 0, 4, false, full),
        case(100_000, 0, 1, false, full),
        case(100_000, 0, 4, false, full),
        case(100_000, 0, 4, false, lean),
        case(100_000, 0, 4, true, full),
        case(100_000, 20, 1, true, full),
        case(100_000, 20, 4, true, full),
        case(1_000_000, 0, 1, false, full),
        case(1_000_000, 0, 4, false, full),
        case(1_000_000, 0, 4, false, lean),
        case(1_000_000, 0, 4, true, full),
        case(1_000_000, 20, 4, true, full),
        case(1_000_000, 20, 1, true, full),
    ]
}
