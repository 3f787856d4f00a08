//! Jobs as primaries really send them.

use std::time::Duration;

use nbu_api::{
    Job, JobState, JobType, Mismatches, Next, PageInfo, QueueReason, ScheduleType, fold_page,
};

/// Reads a page and hands the record at `index` to `check`.
fn at(body: &str, index: u32, check: impl Fn(Job<'_>)) -> PageInfo {
    let mut position = 0;
    let page = fold_page::<Job<'_>>(body.as_bytes(), |job| {
        if position == index {
            check(job);
        }
        position += 1;
    });
    assert!(position > index, "there is no record {index}");
    page.unwrap()
}

const CURSOR: &str = include_str!("fixtures/jobs-cursor.json");

#[test]
fn a_running_job_has_no_status_no_end_and_no_queue_reason() {
    let page = at(CURSOR, 0, |active| {
        assert_eq!(active.state, Some(JobState::Active));
        assert_eq!(
            (active.status, active.end_time, active.queue_reason),
            (None, None, None)
        );
        assert_eq!((active.dedup_ratio, active.ended_at()), (None, None));
        assert_eq!(active.kilobytes_transferred, Some(5_368_709_120));
        assert_eq!(active.elapsed_time, Some(Duration::from_millis(8_416)));
        assert_eq!(active.root_id(), 812_432);
        assert!(!active.is_parent());
    });
    assert_eq!(
        page.next,
        Some(Next::Cursor("1783591866000:812692".to_owned()))
    );
    assert_eq!(
        (page.records, page.skipped.total(), page.range_truncated),
        (5, 0, Some(false))
    );
    assert_eq!(page.mismatches, Mismatches::default());
}

#[test]
fn a_parent_is_seen_as_one_and_empty_strings_are_absent() {
    at(CURSOR, 1, |parent| {
        assert!(parent.is_parent() && parent.is_done());
        assert_eq!(
            (parent.status, parent.client_name.as_deref()),
            (Some(0), None)
        );
        assert_eq!(
            (parent.dedup_ratio, parent.accelerator_optimization),
            (Some(100.0), Some(97.5))
        );
        assert_eq!(parent.elapsed_time, Some(Duration::from_secs(26 * 3600)));
        assert_eq!(
            parent.ended_at().unwrap().to_string(),
            "2026-07-09T08:31:14Z"
        );
    });
}

#[test]
fn waiting_jobs_and_ids_beside_the_attributes() {
    at(CURSOR, 2, |requeued| {
        assert_eq!((requeued.status, requeued.ended_at()), (Some(71), None));
    });
    at(CURSOR, 3, |queued| {
        assert_eq!(queued.queue_reason, Some(QueueReason(5)));
        assert_eq!(queued.queue_resource.as_deref(), Some("stu \"one\""));
    });
    at(CURSOR, 4, |deletion| {
        assert_eq!((deletion.job_id, deletion.status), (11, Some(999_999)));
        assert_eq!(deletion.job_type, Some(JobType::ImageDelete));
        assert!(deletion.last_update_time.is_some());
        assert_eq!(deletion.ended_at(), deletion.last_update_time);
        assert_eq!(deletion.root_id(), 11);
    });
}

#[test]
fn the_form_of_8_3() {
    let page = at(include_str!("fixtures/jobs-8.3.json"), 0, |job| {
        assert_eq!(
            (job.job_id, job.elapsed_time),
            (1, Some(Duration::from_secs(6)))
        );
        assert_eq!((job.child_count, job.policy_name.as_deref()), (None, None));
        assert_eq!(job.schedule_type, Some(ScheduleType::Full));
    });
    assert_eq!((page.count, page.offset), (Some(41), Some(0)));
    assert_eq!(page.next, Some(Next::Offset(1)));
}

#[test]
fn words_of_later_releases_arrive_as_they_are() {
    let body = r#"{"data":[{"id":"1","attributes":{"state":"FR\u004fZEN","jobType":"QUANTUM","jobQueueReason":77}}]}"#;
    let page = at(body, 0, |job| {
        assert_eq!(job.state, Some(JobState::Other("FROZEN".into())));
        assert_eq!(job.job_type.as_ref().map(JobType::as_str), Some("QUANTUM"));
        assert_eq!(job.queue_reason.unwrap().to_string(), "77");
    });
    assert_eq!(page.mismatches.count(), 0);
}

#[test]
fn queue_reasons_have_the_vendor_s_names() {
    let known: Vec<_> = QueueReason::known().collect();
    assert_eq!(known.len(), 31);
    assert_eq!(known[0], (QueueReason(1), "MEDIA_IN_USE"));
    assert_eq!(known[30], (QueueReason(31), "MEDIA_SERVER_JOBS_THROTTLED"));
    for code in [0, -99, i64::MIN, i64::MAX, 32] {
        assert_eq!(QueueReason(code).name(), None);
    }
}
