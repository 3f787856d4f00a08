//! Connections that break or go silent, and a primary that is another one than a moment ago.

use jiff::SignedDuration;
use nbu_api::ApiVersion;
use nbu_sim::{Fault, Outage, Route};

use super::{Misdeed, Plan};

pub(super) fn plans() -> Vec<Plan> {
    let all = |name: &str, fault: Fault, reason| Plan::new(name).everywhere(&fault).all_say(reason);
    let outage = |name: &str, outage, reason| {
        // What it does to new connections is seen when the old ones are gone.
        Plan::new(name)
            .with(Misdeed::Outage(outage))
            .always(Route::Any, Fault::Reset)
            .all_say(reason)
    };
    let clock = |name: &str, years: i64| {
        let off = SignedDuration::from_hours(years * 365 * 24);
        Plan::new(name).with(Misdeed::Clock(off))
    };
    let version = |name: &str, version| Plan::new(name).with(Misdeed::Version(version));
    vec![
        all("truncated", Fault::Truncate, "connect"),
        all("truncated-http1", Fault::Truncate, "connect").http1(),
        all("chunks-broken", Fault::BrokenChunks, "connect").http1(),
        all(
            "not-http",
            Fault::Raw("SSH-2.0-OpenSSH_9.9\r\n".into()),
            "connect",
        )
        .http1(),
        all("http1-required", Fault::Http1Required, "ok"),
        all("reset", Fault::Reset, "connect"),
        all("reset-in-headers", Fault::ResetInHeaders, "connect").http1(),
        all("reset-in-body", Fault::ResetInBody, "connect"),
        outage("reset-in-handshake", Outage::ResetInHandshake, "connect"),
        outage("reset-at-once", Outage::Reset, "connect"),
        outage("half-open", Outage::HalfOpen, "connect"),
        outage("black-hole", Outage::BlackHole, "timeout"),
        outage("nobody-listens", Outage::Down, "connect"),
        clock("clock-ten-years-ahead", 10),
        clock("clock-ten-years-behind", -10),
        version("upgraded", ApiVersion::V14_0),
        version("downgraded", ApiVersion::V9_0),
        version("downgraded-to-offsets", ApiVersion::V4_0),
        Plan::new("newer-versions-only").with(Misdeed::OldestVersion(ApiVersion::V11_0)),
        Plan::new("newest-version-only-no-ping-header")
            .with(Misdeed::OldestVersion(ApiVersion::V12_0))
            .with(Misdeed::NoPingHeader),
        Plan::new("small-pages").with(Misdeed::PageLimit(100)),
    ]
}
