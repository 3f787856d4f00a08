//! Jobs: finished ones as counters, unfinished ones as gauges of the moment.

use super::table::families;
use crate::histogram::buckets;

families! {
    /// The families of the `jobs` collector.
    FAMILIES: "jobs", per_primary true;

    JOBS_FINISHED_TOTAL: Counter "netbackup_jobs_finished_total" ["job_type", "policy_type", "status", "result"] Lasting Stable from "/admin/jobs"
        "Finished leaf jobs, each counted once (GET /admin/jobs, state DONE, status); result groups the status codes.";
    PARENT_JOBS_FINISHED_TOTAL: Counter "netbackup_parent_jobs_finished_total" ["job_type", "status", "result"] Lasting Stable from "/admin/jobs"
        "Finished parent jobs, each counted once (GET /admin/jobs, state DONE, childCount above 0, status).";
    JOBS_GAP_SECONDS_TOTAL: Counter "netbackup_jobs_gap_seconds_total" [] Lasting Stable from "/admin/jobs"
        "Time whose finished jobs could not be counted, because an outage was longer than max_catch_up.";
    JOBS_CHANGED_AFTER_DONE_TOTAL: Counter "netbackup_exporter_jobs_changed_after_done_total" [] Lasting Stable from "/admin/jobs"
        "Finished jobs whose record changed after it had been counted (GET /admin/jobs); they are not counted again.";
    STATE_BYTES: Gauge "netbackup_exporter_state_bytes" [] Lasting Stable from ""
        "Size of what the exporter remembers about the primary's jobs, on disk or, without a storage path, in memory.";
    JOBS_BACKUP_BYTES_TOTAL: Counter "netbackup_jobs_backup_bytes_total" ["job_type", "policy_type"] Lasting Stable from "/admin/jobs"
        "Estimated size of what finished leaf jobs protected (GET /admin/jobs, kilobytesTransferred).";
    JOBS_TRANSFERRED_BYTES_TOTAL: Counter "netbackup_jobs_transferred_bytes_total" ["job_type", "policy_type"] Lasting Stable from "/admin/jobs"
        "What finished leaf jobs really moved (GET /admin/jobs, kilobytesDataTransferred), where it is reported.";
    JOB_SIZE_BYTES: Histogram "netbackup_job_size_bytes" ["job_type", "policy_type"] Lasting Stable
        buckets buckets::JOB_SIZE_BYTES, from "/admin/jobs"
        "Finished leaf jobs by the estimated size of what they protected (GET /admin/jobs, kilobytesTransferred).";
    JOBS_FILES_TOTAL: Counter "netbackup_jobs_files_total" ["job_type", "policy_type"] Lasting Stable from "/admin/jobs"
        "Files that finished leaf jobs protected (GET /admin/jobs, numberOfFiles).";
    JOBS_DEDUP_INPUT_BYTES_TOTAL: Counter "netbackup_jobs_dedup_input_bytes_total" ["policy_type"] Lasting Stable from "/admin/jobs"
        "Estimated size of what the finished leaf jobs that report a deduplication ratio protected (GET /admin/jobs, kilobytesTransferred).";
    JOBS_DEDUP_SAVED_BYTES_TOTAL: Counter "netbackup_jobs_dedup_saved_bytes_total" ["policy_type"] Lasting Stable from "/admin/jobs"
        "Bytes that deduplication and compression saved in those jobs (GET /admin/jobs, kilobytesTransferred times dedupRatio).";
    JOB_DURATION_SECONDS: Histogram "netbackup_job_duration_seconds" ["job_type", "policy_type"] Lasting Stable
        buckets buckets::JOB_DURATION_SECONDS, from "/admin/jobs"
        "Finished leaf jobs by how long they took (GET /admin/jobs, elapsedTime).";
    JOBS: Gauge "netbackup_jobs" ["job_type", "state"] Moment Stable from "/admin/jobs"
        "Jobs that are not finished (GET /admin/jobs, state not DONE), by state.";
    JOBS_QUEUED: Gauge "netbackup_jobs_queued" ["reason"] Moment Stable from "/admin/jobs"
        "Jobs that wait in the queue (GET /admin/jobs, state QUEUED), by the name of their jobQueueReason.";
    JOBS_OLDEST_QUEUED_TIMESTAMP_SECONDS: Gauge "netbackup_jobs_oldest_queued_timestamp_seconds" [] Lasting Stable from "/admin/jobs"
        "When the job that has waited longest was queued (GET /admin/jobs, startTime); absent if none waits.";
    JOBS_OLDEST_ACTIVE_TIMESTAMP_SECONDS: Gauge "netbackup_jobs_oldest_active_timestamp_seconds" ["job_type"] Lasting Stable from "/admin/jobs"
        "When the job that has run longest started (GET /admin/jobs, startTime); absent if none runs.";
    JOBS_STALLED: Gauge "netbackup_jobs_stalled" ["job_type"] Moment Stable from "/admin/jobs"
        "Active jobs whose record has not changed for stalled_after (GET /admin/jobs, lastUpdateTime), without parents and instant-access jobs.";
    JOBS_WATERMARK_TIMESTAMP_SECONDS: Gauge "netbackup_jobs_watermark_timestamp_seconds" [] Lasting Stable from "/admin/jobs"
        "On the primary's clock: everything that changed before this has been counted (GET /admin/jobs, lastUpdateTime).";
}

families! {
    /// The primary's own texts.
    STATUS_FAMILIES: "jobs", per_primary true;

    STATUS_CODE_INFO: Info "netbackup_status_code_info" ["status", "message", "category"] Lasting Stable from "/status-codes"
        "Always 1: the primary's own text (GET /status-codes/CODE, statusMessage) for each status that was seen, and the result it counts as.";
}
