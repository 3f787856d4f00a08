//! The primary's own words for status codes.

use nbu_api::ApiVersion;
use nbu_sim::{Population, Route, Sim};

use super::super::bench::{Bench, series};
use super::{HOUR, backup, bench, collect, names};

#[tokio::test]
async fn texts_are_asked_for_once_and_their_absence_is_no_failure() {
    let mut bench = bench().await;
    bench.finish("jobs").await;
    for status in [0, 13, 7_777] {
        bench.primary.add_done(&backup("daily", "host1"), status);
    }
    for _ in 0..3 {
        collect(&mut bench).await;
    }
    let (ledger, _) = collect(&mut bench).await;
    assert_eq!(bench.primary.requests_to(Route::StatusCode).len(), 3);
    let texts = series(&ledger, "netbackup_status_code_info");
    assert_eq!(
        names(&texts),
        [
            "0 the operation was successful success",
            "13 reading a file failed failed",
            "7777 none failed",
        ]
    );
    bench.primary.advance(25 * HOUR);
    collect(&mut bench).await;
    assert_eq!(
        bench.primary.requests_to(Route::StatusCode).len(),
        4,
        "the unknown one, a day later"
    );
}

#[tokio::test]
async fn an_older_primary_has_no_texts_and_is_not_asked() {
    let sim = Sim::builder()
        .api_version(ApiVersion::V10_0)
        .population(Population::empty());
    let mut bench = Bench::start(sim).await;
    bench.finish("jobs").await;
    bench.primary.add_done(&backup("daily", "host1"), 2_106);
    let (ledger, _) = collect(&mut bench).await;
    assert_eq!(bench.primary.requests_to(Route::StatusCode).len(), 0);
    assert_eq!(
        names(&series(&ledger, "netbackup_status_code_info")),
        ["2106 none failed"]
    );
}
