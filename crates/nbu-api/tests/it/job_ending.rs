//! Half of a job's record says the same as the whole.

use nbu_api::{Job, JobEnding, fold_page};

/// What both read.
fn half(job: Job<'_>) -> JobEnding<'_> {
    JobEnding {
        job_id: job.job_id,
        parent_job_id: job.parent_job_id,
        job_path: job.job_path,
        child_count: job.child_count,
        state: job.state,
        job_type: job.job_type,
        status: job.status,
        policy_type: job.policy_type,
        policy_name: job.policy_name,
        schedule_type: job.schedule_type,
        client_name: job.client_name,
        workload_display_name: job.workload_display_name,
        start_time: job.start_time,
        end_time: job.end_time,
        last_update_time: job.last_update_time,
        elapsed_time: job.elapsed_time,
        kilobytes_transferred: job.kilobytes_transferred,
        kilobytes_data_transferred: job.kilobytes_data_transferred,
        number_of_files: job.number_of_files,
        dedup_ratio: job.dedup_ratio,
        destination_storage_unit: job.destination_storage_unit,
        destination_media_server: job.destination_media_server,
    }
}

fn compare(page: &str) {
    let (mut whole, mut halves) = (Vec::new(), Vec::new());
    let page = page.as_bytes();
    let told = fold_page::<Job<'_>>(page, |job| {
        let (is_done, root) = (job.is_done(), job.root_id());
        whole.push(format!("{is_done} {root} {:?}", half(job)));
    });
    let again = fold_page::<JobEnding<'_>>(page, |ending| {
        let (is_done, root) = (ending.is_done(), ending.root_id());
        halves.push(format!("{is_done} {root} {ending:?}"));
    });
    assert!(!whole.is_empty());
    assert_eq!(halves, whole);
    let (told, again) = (told.unwrap(), again.unwrap());
    assert_eq!((again.records, again.skipped), (told.records, told.skipped));
    assert_eq!((again.next, again.count), (told.next, told.count));
}

#[test]
fn every_field_of_an_ending_is_that_of_the_job() {
    compare(include_str!("fixtures/jobs-cursor.json"));
    compare(include_str!("fixtures/jobs-8.3.json"));
}

#[test]
fn an_ending_without_an_id_of_its_own_has_that_of_its_element() {
    let page = |id: &str, attributes: &str| {
        let other = r#"{"id":"9","attributes":{"status":1}}"#;
        format!(r#"{{"data":[{{"type":"job","id":{id},"attributes":{attributes}}},{other}]}}"#)
    };
    compare(&page(r#"" 12 ""#, r#"{"state":"DONE","jobPath":"7.12"}"#));
    compare(&page(r#""no number""#, r#"{"jobId":0}"#));
    compare(&page("5", r#"{"jobId":"6","jobPath":" x.6"}"#));
}
