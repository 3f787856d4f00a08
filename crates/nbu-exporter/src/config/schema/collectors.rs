//! The keys of the collectors.

use super::Key;
use super::Kind::{Count, Duration, Flag, Pattern, Results, Section};

/// The collectors that have only the settings all have.
pub static SIMPLE: &[&str] = &[
    "slp",
    "catalog",
    "alerts",
    "malware",
    "anomalies",
    "slo",
    "policies",
    "media_servers",
    "services",
    "certificates",
    "api_keys",
    "kms",
    "licensing",
    "notifications",
    "security",
    "discovery",
    "tape",
];

/// The keys of a collector: whether it is on and how often it runs by default, and its own keys. The two other
/// defaults follow from the interval.
macro_rules! keys {
    ($enabled:literal, $interval:literal $(, $key:expr)* $(,)?) => {
        &[
            Key::new("enabled", Flag, "Whether it runs.").or($enabled),
            Key::new("interval", Duration(1000), "Time from one start to the next.").or($interval),
            Key::new("timeout", Duration(1000), "Longest time of one run; by default the larger of `interval` and 1m."),
            Key::new(
                "max_stale",
                Duration(1000),
                "Age at which states and sizes are dropped; by default the larger of five intervals and 15m.",
            ),
            $($key,)*
        ]
    };
}

/// A collector with these keys.
macro_rules! collector {
    ($($argument:tt)*) => {
        Section(keys!($($argument)*))
    };
}

/// A collector of a later version.
macro_rules! later {
    ($name:literal, $doc:literal) => {
        Key::new($name, Section(LATER), $doc).later()
    };
}

/// The keys of all of them.
static LATER: &[Key] = keys!("true", "5m");

pub(super) static COLLECTORS: &[Key] = &[
    Key::new(
        "primary",
        collector!("true", "1m"),
        "Ping, version, clock and credentials.",
    ),
    Key::new(
        "jobs",
        collector!(
            "true",
            "1m",
            Key::new(
                "overlap",
                Duration(0),
                "How far each walk reaches back before the last one."
            )
            .or("2m"),
            Key::new(
                "look_back",
                Duration(0),
                "How far before the first start jobs are read for last successes; they are not counted."
            )
            .or("24h"),
            Key::new(
                "reconcile_interval",
                Duration(60_000),
                "How often `reconcile_window` is walked again."
            )
            .or("6h"),
            Key::new(
                "reconcile_window",
                Duration(0),
                "What is walked again for late arrivals."
            )
            .or("24h"),
            Key::new(
                "max_catch_up",
                Duration(0),
                "The longest outage whose jobs are still counted."
            )
            .or("3d"),
            Key::new(
                "stalled_after",
                Duration(1000),
                "Time without progress after which a job counts as stalled."
            )
            .or("30m"),
            Key::new(
                "results",
                Results(&[
                    "success",
                    "partial",
                    "cancelled",
                    "missed",
                    "skipped",
                    "failed"
                ]),
                "Result by status code where it differs from the built-in one, such as `{190: failed}`.",
            ),
        ),
        "Live and finished jobs.",
    ),
    Key::new(
        "storage",
        collector!("true", "5m"),
        "Storage units, disk pools and storage servers.",
    ),
    Key::new(
        "protection",
        collector!(
            "true",
            "5m",
            Key::new("max_clients", Count(0, 10_000_000), "Most clients kept.").or("20000"),
            Key::new(
                "client_include",
                Pattern,
                "Only clients whose whole name matches."
            ),
            Key::new(
                "client_exclude",
                Pattern,
                "Not the clients whose whole name matches."
            ),
            Key::new(
                "seed_from_catalog",
                Flag,
                "Ask the image catalogue for last backups at the first start."
            )
            .or("false"),
        ),
        "Last backups per client and policy.",
    ),
    later!("slp", "Storage lifecycle policies."),
    later!("catalog", "Catalog backups and images."),
    later!("alerts", "Alerts by severity and category."),
    later!("malware", "Malware scans."),
    later!("anomalies", "Anomalies."),
    later!("slo", "Protection plans and subscriptions."),
    later!("policies", "Policies and their clients."),
    later!("media_servers", "Media servers."),
    later!("services", "Daemons of primary and media servers."),
    later!("certificates", "Certificates and their expiry."),
    later!("api_keys", "API keys and their expiry."),
    later!("kms", "Key management."),
    later!("licensing", "Licences and their use."),
    later!("notifications", "Notifications by severity."),
    later!("security", "Risk score and approvals."),
    later!("discovery", "Discovery of workloads."),
    later!("tape", "Tape drives, media and robots."),
];
