//! Backups older than the look-back, from the image catalog.

use std::collections::BTreeMap;

use nbu_client::Reason;
use nbu_metrics::ledger::{JobsSettings, ProtectionSettings};
use nbu_sim::{Permission, Route};

use super::super::bench::{KEY, Series, series};
use super::{HOUR, NEVER, SUCCESS, backup, bench, collect, seconds};

#[tokio::test]
async fn the_catalog_tells_of_backups_older_than_the_look_back() {
    let mut bench = bench().await;
    let long_ago = bench.primary.now() - 10 * 24 * HOUR;
    let old = backup("daily", "host1")
        .started(long_ago)
        .ended(long_ago + HOUR)
        .updated(long_ago + HOUR);
    let job = bench.primary.add_done(&old, 0);
    let older = long_ago - 24 * HOUR;
    bench.primary.add_done(
        &backup("daily", "host1")
            .started(older)
            .ended(older)
            .updated(older),
        0,
    );
    bench.primary.add_done(
        &backup("daily", "host2")
            .started(older)
            .ended(older)
            .updated(older),
        13,
    );
    bench.primary.purge(job);
    let (ledger, _) = collect(&mut bench).await;
    assert_eq!(series(&ledger, SUCCESS), Series::new(), "it was not asked");
    assert_eq!(bench.primary.requests_to(Route::CatalogImages).len(), 0);

    bench.ledger.configure(JobsSettings {
        protection: ProtectionSettings {
            seed_from_catalog: true,
            ..ProtectionSettings::default()
        },
        ..bench.ledger.settings()
    });
    let (ledger, found) = collect(&mut bench).await;
    let known: BTreeMap<_, _> = [(
        "host1 daily FULL_BACKUP".to_owned(),
        seconds(long_ago + HOUR),
    )]
    .into();
    assert_eq!(series(&ledger, SUCCESS), known);
    assert!(!series(&found, NEVER).contains_key("host1 daily"));
    let asked = bench.primary.requests_to(Route::CatalogImages).len();
    assert_eq!(asked, 4, "each client of the inventory, once");
    collect(&mut bench).await;
    assert_eq!(bench.primary.requests_to(Route::CatalogImages).len(), asked);
}

#[tokio::test]
async fn a_catalog_that_may_not_be_read_is_said_and_asked_again_later() {
    let mut bench = bench().await;
    bench.ledger.configure(JobsSettings {
        protection: ProtectionSettings {
            seed_from_catalog: true,
            ..ProtectionSettings::default()
        },
        ..bench.ledger.settings()
    });
    let most = Permission::ALL
        .into_iter()
        .filter(|one| *one != Permission::Images);
    bench.primary.set_key(KEY, &most.collect::<Vec<_>>(), None);
    bench.finish("jobs").await;
    let refused = loop {
        let collected = bench.collect("protection").await.unwrap();
        bench.keep("protection", &collected);
        if !collected.more {
            break collected.refused.unwrap();
        }
    };
    assert_eq!(
        (refused.reason(), refused.endpoint()),
        (Reason::Forbidden, Some("/catalog/images"))
    );
    assert!(!bench.ledger.is_seeded());
    bench.primary.set_key(KEY, &Permission::ALL, None);
    bench.finish("protection").await;
    assert!(bench.ledger.is_seeded());
}
