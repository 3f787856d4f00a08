//! Reachability of the primaries, what each collector's last run did, and the API client's requests.

use super::table::families;
use crate::histogram::buckets;

families! {
    /// Reachability, and the bookkeeping of every collector.
    FAMILIES: "primary", per_primary true;

    UP: Gauge "netbackup_up" [] Lasting Stable from "/ping"
        "1 if the primary was reached and accepted the credentials at the last attempt (GET /ping, then the first request that needs credentials), else 0.";
    PRIMARY_INFO: Info "netbackup_primary_info" ["version", "api_version", "host"] Lasting Stable from "/security/serverinfo"
        "Always 1: the primary's release and name (GET /security/serverinfo) and the API version found by detection.";
    CLOCK_SKEW_SECONDS: Gauge "netbackup_clock_skew_seconds" [] Moment Stable from "/ping"
        "The primary's clock minus the exporter's, from the time in the answer to GET /ping, less half of the round trip.";
    TLS_VERIFICATION_DISABLED: Gauge "netbackup_exporter_tls_verification_disabled" [] Lasting Stable from ""
        "1 if nothing proves that the primary is the one that answers (insecure_skip_verify, or an http:// url), else 0.";
    COLLECTOR_SUCCESS: Gauge "netbackup_exporter_collector_success" ["collector"] Lasting Stable from ""
        "1 if the last run of the collector succeeded, 0 if it failed or none has succeeded yet.";
    COLLECTOR_STATUS: Gauge "netbackup_exporter_collector_status" ["collector", "reason"] Lasting Stable from ""
        "1 for the reason with which the last run of the collector ended; ok if it succeeded.";
    COLLECTOR_DURATION_SECONDS: Gauge "netbackup_exporter_collector_duration_seconds" ["collector"] Lasting Stable from ""
        "How long the last run of the collector took, from its first request to its result.";
    COLLECTOR_LAST_SUCCESS_TIMESTAMP_SECONDS: Gauge "netbackup_exporter_collector_last_success_timestamp_seconds" ["collector"] Lasting Stable from ""
        "When the last successful run of the collector ended; its gauges are as of then, for a scrape asks the primary nothing. Stands still while it fails, absent before the first success.";
    COLLECTOR_STALE: Gauge "netbackup_exporter_collector_stale" ["collector"] Lasting Stable from ""
        "1 if the collector has found nothing for longer than max_stale, whatever keeps it from that, and its gauges of the moment are not shown; else 0.";
    CREDENTIAL_EXPIRY_TIMESTAMP_SECONDS: Gauge "netbackup_exporter_credential_expiry_timestamp_seconds" ["kind"] Lasting Stable from "/security/api-keys"
        "When the API key (GET /security/api-keys) or the session (GET /authorization-context) ends, where the primary tells.";
    COLLECTOR_PARTIAL_VIEW: Gauge "netbackup_exporter_collector_partial_view" ["collector"] Lasting Stable from "/authorization-context"
        "1 if the credential may see only some of what the collector counts (GET /authorization-context, permissions: no VIEW on the whole namespace): the primary then filters silently and the numbers are incomplete; absent where the primary does not tell.";
    SERIES_DROPPED_TOTAL: Counter "netbackup_exporter_series_dropped_total" ["family"] Lasting Stable from ""
        "Series that exceeded the budget: gauges that are left out, and counters that are added up under __other__ instead; each counts once, when it begins.";
}

families! {
    /// What the API client counts, whichever collector asked.
    API_FAMILIES: "api", per_primary true;

    API_REQUESTS_TOTAL: Counter "netbackup_exporter_api_requests_total" ["endpoint", "code"] Lasting Stable from ""
        "Attempts to call the endpoint, by HTTP status, or by connect, timeout, tls, reset, body or cancelled where no whole answer came.";
    API_REQUEST_DURATION_SECONDS: Histogram "netbackup_exporter_api_request_duration_seconds" ["endpoint"] Lasting Stable
        buckets buckets::API_REQUEST_SECONDS, from ""
        "Duration of one attempt, from connect to the last byte of the body.";
    API_RETRIES_TOTAL: Counter "netbackup_exporter_api_retries_total" ["reason"] Lasting Stable from ""
        "Attempts that were repeated, by the reason of the failure before.";
    API_RESPONSE_BYTES_TOTAL: Counter "netbackup_exporter_api_response_bytes_total" ["endpoint"] Lasting Stable from ""
        "Bytes of response bodies read from the endpoint, decompressed.";
    API_IN_FLIGHT_REQUESTS: Gauge "netbackup_exporter_api_in_flight_requests" [] Lasting Stable from ""
        "Attempts that are on the wire now.";
    RECORDS_SKIPPED_TOTAL: Counter "netbackup_exporter_records_skipped_total" ["endpoint", "reason"] Lasting Stable from ""
        "Records of the endpoint's answers that could not be read, by reason, counted at each reading; the rest of their page is used.";
    FIELDS_UNUSABLE_TOTAL: Counter "netbackup_exporter_fields_unusable_total" ["endpoint", "field"] Lasting Stable from ""
        "Values in the endpoint's answers that cannot be used, by the field's name in the API: another kind of value, or a number beyond what can be meant, such as -1 or 2^63-1 for no limit. The field is absent; one value counts each time it is read.";
}
