//! The exporter itself: build, configuration, web server, process. No `primary` label.

use super::table::families;
use crate::histogram::buckets;

families! {
    /// Build and configuration.
    FAMILIES: "exporter", per_primary false;

    BUILD_INFO: Info "netbackup_exporter_build_info" ["version", "revision", "rustc", "os", "arch"] Lasting Stable from ""
        "Always 1: version and build of this exporter.";
    CONFIG_LAST_RELOAD_SUCCESSFUL: Gauge "netbackup_exporter_config_last_reload_successful" [] Lasting Stable from ""
        "1 if the configuration was loaded at the last attempt, 0 if it was refused and the one before is still in use.";
    CONFIG_LAST_RELOAD_SUCCESS_TIMESTAMP_SECONDS: Gauge "netbackup_exporter_config_last_reload_success_timestamp_seconds" [] Lasting Stable from ""
        "When the configuration in use was loaded.";
    LOG_LINES_DROPPED_TOTAL: Counter "netbackup_exporter_log_lines_dropped_total" [] Lasting Stable from ""
        "Lines of the log that were dropped because standard error was not read fast enough, or could not be written.";
}

families! {
    /// The exporter's web server.
    HTTP_FAMILIES: "exporter", per_primary false;

    HTTP_REQUESTS_TOTAL: Counter "netbackup_exporter_http_requests_total" ["handler", "code"] Lasting Stable from ""
        "Requests that the exporter answered, by path and HTTP status.";
    HTTP_REQUEST_DURATION_SECONDS: Histogram "netbackup_exporter_http_request_duration_seconds" ["handler"] Lasting Stable
        buckets buckets::HTTP_REQUEST_SECONDS, from ""
        "Time from a request's header to the last byte of its answer.";
    HTTP_REQUESTS_IN_FLIGHT: Gauge "netbackup_exporter_http_requests_in_flight" [] Lasting Stable from ""
        "Requests that the exporter is answering now.";
}

families! {
    /// The standard set of a process, read from `/proc` on Linux.
    STANDARD_FAMILIES: "exporter", per_primary false;

    PROCESS_CPU_SECONDS_TOTAL: Counter "process_cpu_seconds_total" [] Lasting Stable from ""
        "Processor time used, user and system.";
    PROCESS_OPEN_FDS: Gauge "process_open_fds" [] Lasting Stable from ""
        "Open file descriptors.";
    PROCESS_MAX_FDS: Gauge "process_max_fds" [] Lasting Stable from ""
        "Largest number of file descriptors the process may open.";
    PROCESS_VIRTUAL_MEMORY_BYTES: Gauge "process_virtual_memory_bytes" [] Lasting Stable from ""
        "Size of the address space.";
    PROCESS_VIRTUAL_MEMORY_MAX_BYTES: Gauge "process_virtual_memory_max_bytes" [] Lasting Stable from ""
        "Largest address space the process may have, -1 if there is no limit.";
    PROCESS_RESIDENT_MEMORY_BYTES: Gauge "process_resident_memory_bytes" [] Lasting Stable from ""
        "Memory in use.";
    PROCESS_START_TIME_SECONDS: Gauge "process_start_time_seconds" [] Lasting Stable from ""
        "When the process started, in seconds since 1970.";
}
