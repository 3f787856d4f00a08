//! The table.

use super::Key;
use super::Kind::{
    Count, Duration, File, Fingerprint, Flag, Number, Open, Secret, Section, Sections, Size, Text,
    Texts, Url, Version, Word, Words,
};
use super::collectors::COLLECTORS;

/// The main file.
pub static ROOT: &[Key] = &[
    Key::new(
        "primaries",
        Sections(PRIMARY),
        "The primary servers to watch.",
    ),
    Key::new(
        "primaries_file",
        Texts,
        "Further files with a `primaries` list each; the last part of a path may hold * and ?.",
    ),
    Key::new(
        "collectors",
        Section(COLLECTORS),
        "Collector settings for all primaries.",
    ),
    Key::new(
        "limits",
        Section(LIMITS),
        "What is accepted from each primary.",
    ),
    Key::new(
        "metrics",
        Section(METRICS),
        "What is kept and exposed for each primary.",
    ),
    Key::new("web", Section(WEB), "What is served."),
    Key::new("log", Section(LOG), "What is logged."),
    Key::new("telemetry", Open, "Traces of the exporter itself.").later(),
];

/// A file named by `primaries_file`.
pub static PRIMARIES_FILE_ROOT: &[Key] = &[Key::new(
    "primaries",
    Sections(PRIMARY),
    "The primary servers to watch, as in the main file.",
)];

static PRIMARY: &[Key] = &[
    Key::new(
        "name",
        Text,
        "Required and unique; the value of the `primary` label.",
    ),
    Key::new(
        "url",
        Url,
        "Required; address of the REST API, such as `https://nbu.example.com:1556/netbackup`.",
    ),
    Key::new(
        "api_key",
        Secret,
        "The API key. Exactly one of `api_key`, `api_key_file` and `login` is needed.",
    ),
    Key::new("api_key_file", File, "A file that holds the API key."),
    Key::new("login", Section(LOGIN), "A user to log in as."),
    Key::new(
        "api_version",
        Version,
        "The API version to ask for, such as `12.0` (that of NetBackup 10.5); `auto` finds out which ones the primary takes.",
    )
    .or("auto"),
    Key::new("tls_config", Section(TLS), "How the server is verified."),
    Key::new(
        "proxy_url",
        Secret,
        "The HTTP proxy to go through, with its credentials if it wants any.",
    ),
    Key::new(
        "no_proxy",
        Texts,
        "Hosts, domains (with what is below them), addresses and networks that are reached without the proxy.",
    ),
    Key::new(
        "http2",
        Flag,
        "Offer HTTP/2; `false` keeps to HTTP/1.1. Where HTTP/2 is refused HTTP/1.1 is used anyhow, from then on.",
    )
    .or("true"),
    Key::new(
        "host_header",
        Text,
        "Host, and port if any, in the `Host` header, where `url` has an address or leads through a tunnel; keeps to HTTP/1.1.",
    ),
    Key::new(
        "request_timeout",
        Duration(1),
        "Longest time for one attempt, from connect to the last byte.",
    )
    .or("30s"),
    Key::new(
        "max_in_flight",
        Count(1, 1000),
        "Most requests on the wire at the same time.",
    )
    .or("4"),
    Key::new(
        "requests_per_second",
        Number,
        "Most requests started per second, evenly spaced; 0 leaves it to `max_in_flight`.",
    )
    .or("0"),
    Key::new(
        "collectors",
        Section(COLLECTORS),
        "Collector settings of this primary, over the common ones.",
    ),
];

static LOGIN: &[Key] = &[
    Key::new(
        "domain_type",
        Text,
        "Required; `unixpwd`, `vx`, `NT`, `LDAP` and the like.",
    ),
    Key::new(
        "domain_name",
        Text,
        "The domain, often the host name of the primary.",
    )
    .or(""),
    Key::new("user_name", Text, "Required; the user."),
    Key::new(
        "password",
        Secret,
        "The password. Exactly one of `password` and `password_file` is needed.",
    ),
    Key::new("password_file", File, "A file that holds the password."),
];

static TLS: &[Key] = &[
    Key::new(
        "ca_file",
        File,
        "PEM bundle that is trusted in addition to the roots of the system.",
    ),
    Key::new(
        "ca_fingerprint",
        Fingerprint,
        "SHA-256 fingerprint of the only certificate authority that is accepted.",
    ),
    Key::new(
        "cert_file",
        File,
        "PEM certificate by which the exporter identifies itself.",
    ),
    Key::new(
        "key_file",
        File,
        "PEM private key that belongs to `cert_file`.",
    ),
    Key::new(
        "server_name",
        Text,
        "The name expected in the server's certificate, where it is not the host of `url`.",
    ),
    Key::new(
        "min_version",
        Word(&["TLS12", "TLS13"]),
        "The oldest TLS version that is accepted.",
    )
    .or("TLS12"),
    Key::new(
        "insecure_skip_verify",
        Flag,
        "Accept any certificate: everyone on the path can read the credential.",
    )
    .or("false"),
];

static LIMITS: &[Key] = &[
    Key::new(
        "response_bytes",
        Size(1024),
        "Longest body of an answer, decompressed.",
    )
    .or("64MiB"),
    Key::new(
        "header_count",
        Count(1, 10_000),
        "Most headers of an answer (HTTP/1).",
    )
    .or("100"),
    Key::new(
        "header_bytes",
        Size(1024),
        "Longest header block of an answer (HTTP/2).",
    )
    .or("64KiB"),
    Key::new("pages", Count(1, 10_000_000), "Most pages of one walk.").or("20000"),
    Key::new(
        "records_per_page",
        Count(1, 1_000_000),
        "Most records of one page: as many are asked for at most, and no more are taken.",
    )
    .or("5000"),
    Key::new(
        "label_length",
        Count(8, 65_536),
        "Longest label value, in characters; longer ones are cut and marked.",
    )
    .or("256"),
];

static METRICS: &[Key] = &[
    Key::new(
        "max_series",
        Count(1, 100_000_000),
        "Most series of one primary, half of them for job counters. Counters beyond are added up under `__other__`, the newest gauges left out.",
    )
    .or("200000"),
    Key::new(
        "max_series_per_family",
        Count(1, 100_000_000),
        "Most series of one metric of one primary.",
    )
    .or("50000"),
    Key::new(
        "counter_birth",
        Duration(0),
        "How long a new series of a counter shows 0 before its value, so that `increase()` sees its first step. It has to be longer than the scrape interval.",
    )
    .or("2m"),
    Key::new(
        "job_labels",
        Words(&["policy", "schedule_type", "media_server", "storage_unit", "client"]),
        "Labels added to `netbackup_jobs_finished_total`. Each multiplies its series by the values that occur together; `client` costs most: about as many series as clients times the job types, policies and status codes of each. What exceeds `max_series_per_family` is added up under `__other__`.",
    ),
];

static WEB: &[Key] = &[Key::new(
    "auth_exempt",
    Texts,
    "Paths that are served without a password where the [web configuration](web-configuration.md) asks for one, such as `/-/healthy`.",
)];

static LOG: &[Key] = &[Key::new(
    "level",
    Word(&["debug", "info", "warn", "error"]),
    "The least severe lines that are written; `--log.level` takes precedence.",
)];
