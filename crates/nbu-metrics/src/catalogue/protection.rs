//! Protection of clients and policies: when the last backup was, whose it is missing, how often it should be.

use super::table::families;

families! {
    /// The families of the `protection` collector.
    FAMILIES: "protection", per_primary true;

    CLIENT_LAST_SUCCESS_TIMESTAMP_SECONDS: Gauge "netbackup_client_last_success_timestamp_seconds" ["client", "policy", "schedule_type"] Lasting Stable from "/admin/jobs"
        "When the last run ended whose leaf jobs all were a success, status 0 or 1 unless jobs.results says otherwise (GET /admin/jobs, endTime).";
    CLIENT_LAST_ATTEMPT_TIMESTAMP_SECONDS: Gauge "netbackup_client_last_attempt_timestamp_seconds" ["client", "policy", "schedule_type"] Lasting Stable from "/admin/jobs"
        "When the last run ended, however it ended (GET /admin/jobs, endTime).";
    CLIENT_LAST_ATTEMPT_STATUS: Gauge "netbackup_client_last_attempt_status" ["client", "policy", "schedule_type"] Lasting Stable from "/admin/jobs"
        "Status code of the worst leaf job of the last run, a failed one before a cancelled one (GET /admin/jobs, status).";
    CLIENT_CONSECUTIVE_FAILURES: Gauge "netbackup_client_consecutive_failures" ["client", "policy"] Lasting Stable from "/admin/jobs"
        "Runs that failed since the last good one; cancelled and skipped ones do not count (GET /admin/jobs, status).";
    CLIENT_NEVER_SUCCEEDED: Gauge "netbackup_client_never_succeeded" ["client", "policy"] Lasting Stable from "/config/unique-policy-clients"
        "1 for a client of an active policy of which no successful run is known (GET /config/policies, GET /admin/jobs).";
    POLICY_EXPECTED_INTERVAL_SECONDS: Gauge "netbackup_policy_expected_interval_seconds" ["policy", "schedule_type"] Lasting Stable from "/config/policies"
        "How often the schedules ask for a backup (GET /config/policies, frequencySeconds); for calendars the longest gap of the next 35 days, absent if unknown.";
    CLIENTS_NOT_TRACKABLE: Gauge "netbackup_clients_not_trackable" ["reason"] Moment Stable from "/config/policies"
        "Clients named in active policies whose success cannot be told from jobs, by reason (GET /config/policies).";
    POLICY_INFO: Info "netbackup_policy_info" ["policy", "policy_type", "active"] Lasting Stable from "/config/policies"
        "Always 1: type of the policy and whether it is active (GET /config/policies).";
    CLIENTS_PAUSED: Gauge "netbackup_clients_paused" [] Moment Stable from "/config/paused-clients"
        "Clients whose protection is paused (GET /config/paused-clients).";
    LAST_COPY_TIMESTAMP_SECONDS: Gauge "netbackup_last_copy_timestamp_seconds" ["client", "policy", "job_type"] Lasting Stable from "/admin/jobs"
        "When the last successful copy of the client's backups ended (GET /admin/jobs, jobType DUPLICATE, REPLICATE or REPLICA_IMPORT, endTime).";
}
