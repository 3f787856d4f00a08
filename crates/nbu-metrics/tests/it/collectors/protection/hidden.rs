//! A credential that sees the jobs of assets, and not the jobs those belong to.

use nbu_sim::{JobSpec, Permission};

use super::super::bench::{KEY, Series, series};
use super::{HOUR, NEVER, SUCCESS, backup, bench, collect, names, seconds};

#[tokio::test]
async fn a_client_whose_backups_have_a_hidden_parent_has_succeeded() {
    let mut bench = bench().await;
    bench.finish("jobs").await;
    let mut hidden = Permission::ALL.to_vec();
    hidden.retain(|permission| *permission != Permission::Jobs);
    hidden.push(Permission::ChildJobs);
    bench.primary.set_key(KEY, &hidden, None);
    let parent = bench.primary.add_active(&backup("daily", "host1"));
    let child = backup("daily", "host1").child_of(parent);
    bench.primary.add_done(&child, 0);
    let running: JobSpec = backup("daily", "host2").child_of(parent);
    let running = bench.primary.add_active(&running);
    let ended = bench.primary.now();
    let waiting = [
        "host1 daily",
        "host2 daily",
        "host3 windows",
        "host1 windows",
    ];
    for _ in 0..26 {
        bench.primary.advance(HOUR);
        bench.finish("jobs").await;
    }
    let (samples, found) = collect(&mut bench).await;
    let never = series(&found, NEVER);
    assert!(
        waiting.iter().all(|one| never.contains_key(*one)),
        "{never:?}"
    );
    assert_eq!(
        series(&samples, SUCCESS),
        Series::new(),
        "a child still runs"
    );

    bench.primary.finish(running, 0);
    bench.primary.finish(parent, 0);
    for _ in 0..26 {
        bench.primary.advance(HOUR);
        bench.finish("jobs").await;
    }
    let (samples, found) = collect(&mut bench).await;
    let successes = series(&samples, SUCCESS);
    assert_eq!(
        names(&successes),
        ["host1 daily FULL_BACKUP", "host2 daily FULL_BACKUP"]
    );
    assert_eq!(successes["host1 daily FULL_BACKUP"], seconds(ended).floor());
    assert_eq!(
        names(&series(&found, NEVER)),
        ["host1 windows", "host3 windows"]
    );
    let finished = series(&samples, "netbackup_jobs_finished_total");
    assert_eq!(finished.values().sum::<f64>(), 2.0);

    // The permission is given at last, and the parent's record is written again.
    bench.primary.set_key(KEY, &Permission::ALL, None);
    bench.primary.touch(parent, None);
    let (samples, _) = collect(&mut bench).await;
    assert_eq!(series(&samples, SUCCESS), successes);
    let family = "netbackup_client_consecutive_failures";
    assert!(
        series(&samples, family)
            .values()
            .all(|failures| *failures == 0.0)
    );
    assert_eq!(series(&samples, "netbackup_jobs_finished_total"), finished);
    let parents = series(&samples, "netbackup_parent_jobs_finished_total");
    assert_eq!(parents.values().sum::<f64>(), 1.0);
}
