//! The population lives by its own laws.

use std::{collections::BTreeMap, time::Duration};

use jiff::SignedDuration;
use nbu_sim::{Class, JobSpec, JobTruth, Population, RecordSize, Sim, Tally};

use crate::asking::Asking;

const HOUR: Duration = Duration::from_secs(3_600);

/// Kills: a random draw that depends on how often anybody looks.
#[tokio::test]
async fn the_same_seed_gives_the_same_life_however_time_is_cut() {
    let build = || {
        Sim::builder()
            .seed(42)
            .population(Population::living(3_000))
    };
    let (once, often) = (Asking::start(build()).await, Asking::start(build()).await);
    once.primary.advance(HOUR);
    for _ in 0..60 {
        often.primary.advance(HOUR / 60);
    }
    assert_eq!(once.primary.truth().jobs, often.primary.truth().jobs);
    let other = Asking::start(
        Sim::builder()
            .seed(43)
            .population(Population::living(3_000)),
    )
    .await;
    other.primary.advance(HOUR);
    assert_ne!(once.primary.truth().jobs, other.primary.truth().jobs);
}

#[tokio::test]
async fn what_is_done_stays_as_it_is() {
    let asking = Asking::start(Sim::builder().population(Population::living(5_000))).await;
    let mut known: BTreeMap<u64, JobTruth> = BTreeMap::new();
    let mut states = std::collections::BTreeSet::new();
    for _ in 0..48 {
        asking.primary.advance(Duration::from_mins(15));
        let truth = asking.primary.truth();
        for job in truth.jobs {
            states.insert(job.state);
            if job.state == "DONE" {
                assert!(
                    job.status.is_some() && job.end.is_some_and(|end| end >= job.start),
                    "{job:?}"
                );
                assert!(job.updated <= truth.now);
                let before = known.insert(job.id, job.clone());
                assert!(before.is_none_or(|before| before == job));
            } else {
                assert!(!known.contains_key(&job.id), "{} came back to life", job.id);
                assert!(job.end.is_none());
            }
        }
    }
    for state in ["QUEUED", "ACTIVE", "REQUEUED", "DONE"] {
        assert!(states.contains(state), "no job was ever {state}");
    }
}

#[tokio::test]
async fn families_end_together_and_parents_do_no_work() {
    let asking = Asking::start(Sim::builder().population(Population::living(3_000))).await;
    asking.primary.advance(4 * HOUR);
    let truth = asking.primary.truth();
    let by_id: BTreeMap<u64, &JobTruth> = truth.jobs.iter().map(|job| (job.id, job)).collect();
    let mut children = BTreeMap::<u64, u16>::new();
    for job in &truth.jobs {
        let Some(parent) = job.parent else {
            assert_eq!(job.root, job.id);
            continue;
        };
        let parent = by_id[&parent];
        assert_eq!(job.root, parent.root);
        assert!(
            parent
                .end
                .is_none_or(|end| job.end.is_some_and(|own| own <= end)),
            "a parent ended before its child"
        );
        *children.entry(parent.id).or_default() += 1;
    }
    for job in &truth.jobs {
        assert_eq!(children.get(&job.id).copied().unwrap_or(0), job.children);
        assert!(!job.is_parent() || (job.kib == 0 && job.files == 0));
    }
    assert!(
        truth
            .jobs
            .iter()
            .any(|job| job.parent.is_some_and(|parent| parent != job.root)),
        "no grandchild"
    );
}

#[tokio::test]
async fn records_say_what_real_ones_say() {
    let asking = Asking::start(Sim::builder().population(Population::living(4_000))).await;
    let live = asking
        .jobs(&[("filter", "state eq 'ACTIVE'"), ("page[limit]", "100")])
        .await;
    for job in live.body["data"].as_array().unwrap() {
        let attributes = job["attributes"].as_object().unwrap();
        assert!(
            !attributes.contains_key("status"),
            "a running job has no status"
        );
        if attributes["jobType"] != "INSTANT_ACCESS" {
            assert_eq!(attributes["endTime"], "1970-01-01T00:00:00.000Z");
        }
        assert_eq!(attributes["jobQueueReason"], -99);
    }
    let before = live.body["data"][0]["attributes"]["lastUpdateTime"].clone();
    asking.primary.advance(Duration::from_secs(30));
    let later = asking
        .jobs(&[("filter", "state eq 'ACTIVE'"), ("page[limit]", "100")])
        .await;
    assert_ne!(
        before, later.body["data"][0]["attributes"]["lastUpdateTime"],
        "progress is reported"
    );
    let deleted = asking
        .jobs(&[
            ("filter", "jobType eq 'IMAGEDELETE' and state eq 'DONE'"),
            ("page[limit]", "1"),
        ])
        .await;
    let attributes = deleted.body["data"][0]["attributes"].as_object().unwrap();
    for absent in [
        "policyType",
        "policyName",
        "clientName",
        "scheduleType",
        "destinationStorageUnitName",
        "dedupRatio",
    ] {
        assert!(
            !attributes.contains_key(absent),
            "{absent} is absent, not empty"
        );
    }
    let ratios = asking
        .jobs(&[
            ("filter", "dedupRatio ge 0 and state eq 'DONE'"),
            ("page[limit]", "100"),
        ])
        .await;
    let ratios: Vec<_> = ratios.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| &job["attributes"]["dedupRatio"])
        .collect();
    assert!(ratios.iter().any(|ratio| ratio.is_u64()) && ratios.iter().any(|ratio| ratio.is_f64()));
}

#[tokio::test]
async fn records_have_the_size_of_real_ones() {
    for (record, sizes, attributes) in [
        (RecordSize::Full, 1_600..2_300, 55..80),
        (RecordSize::Lean, 550..1_000, 18..35),
    ] {
        let population = Population {
            record,
            ..Population::finished(100)
        };
        let asking = Asking::start(Sim::builder().population(population)).await;
        let page = asking.jobs(&[("page[limit]", "100")]).await;
        let records = page.body["data"].as_array().unwrap();
        let mean = records
            .iter()
            .map(|record| record.to_string().len())
            .sum::<usize>()
            / records.len();
        assert!(sizes.contains(&mean), "{record:?}: {mean} bytes");
        let count = records[0]["attributes"].as_object().unwrap().len();
        assert!(
            attributes.contains(&count),
            "{record:?}: {count} attributes"
        );
    }
}

#[tokio::test]
async fn records_vanish_after_their_retention_and_the_truth_remembers() {
    let asking = Asking::start(Sim::builder().population(Population::finished(100))).await;
    asking.primary.advance(24 * 8 * HOUR);
    assert!(asking.jobs(&[]).await.ids().is_empty());
    assert_eq!(asking.primary.truth().jobs.len(), 100);
    assert_eq!(asking.primary.truth().visible().count(), 0);
}

#[tokio::test]
async fn a_job_by_hand_goes_through_its_life() {
    let asking = Asking::start(Sim::builder().population(Population::empty())).await;
    let primary = &asking.primary;
    let horizon = primary.now();
    let parent = primary.add_active(&JobSpec::backup("daily", "STANDARD", "host1.example.com"));
    let child = primary.add_queued(
        &JobSpec::backup("daily", "STANDARD", "host1.example.com")
            .child_of(parent)
            .protects(2_048, 7),
        5,
    );
    assert_eq!(primary.truth().queued_by_reason(), [(Some(5), 1)].into());
    assert!(primary.activate(child));
    assert_eq!(
        primary.truth().live_by_state(),
        [(("BACKUP".to_owned(), "ACTIVE"), 2)].into()
    );
    primary.advance(Duration::from_mins(5));
    assert!(primary.finish(child, 2106) && primary.finish(parent, 1));
    assert!(!primary.finish(child, 0), "it is done already");
    let class = Class {
        job_type: "BACKUP".to_owned(),
        policy_type: "STANDARD".to_owned(),
        status: 2106,
    };
    let tally = Tally {
        jobs: 1,
        kib: 2_048,
        kib_sent: 2_048,
        files: 7,
    };
    let truth = primary.truth();
    assert_eq!(truth.finished_since(horizon), [(class, tally)].into());
    assert_eq!(truth.parents_ended_since(horizon).count(), 1);
    let record = asking.ask(&format!("/admin/jobs/{child}"), &[]).await;
    let attributes = &record.body["data"]["attributes"];
    assert_eq!(attributes["jobPath"], format!("{parent}.{child}"));
    assert_eq!(attributes["elapsedTime"], "PT5M");
    assert!(primary.purge(child));
    assert_eq!(
        asking
            .ask(&format!("/admin/jobs/{child}"), &[])
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn the_clock_can_be_stepped_back_and_the_database_lost() {
    let asking = Asking::start(Sim::builder().population(Population::empty())).await;
    let primary = &asking.primary;
    let spec = JobSpec::backup("daily", "STANDARD", "host1.example.com");
    let (start, first) = (primary.now(), primary.add_done(&spec, 0));
    primary.step_clock(SignedDuration::from_hours(-10));
    assert_eq!(primary.now(), start - SignedDuration::from_hours(10));
    let second = primary.add_done(&spec, 0);
    assert!(second > first);
    let truth = primary.truth();
    assert!(truth.jobs[1].end < truth.jobs[0].end);
    let found = asking
        .walk(
            &format!("state eq 'DONE' and lastUpdateTime lt {start:.3}"),
            "jobId",
            "10",
        )
        .await
        .0;
    assert_eq!(found, [second]);
    primary.lose_job_database();
    assert!(asking.jobs(&[]).await.ids().is_empty());
    assert_eq!(primary.add_done(&spec, 0), first, "numbers start anew");
    assert_eq!(primary.truth().jobs.len(), 3);
}

#[tokio::test]
async fn about_as_many_jobs_come_as_were_asked_for() {
    let population = Population {
        preloaded: 0,
        ..Population::living(5_000)
    };
    let asking = Asking::start(Sim::builder().population(population)).await;
    let before = asking.primary.truth().jobs.len();
    asking.primary.advance(24 * HOUR);
    let came = asking.primary.truth().jobs.len() - before;
    assert!((4_000..6_000).contains(&came), "{came}");
}
