//! Answers that are not what was asked for, do not end, or do not add up.

use std::time::Duration;

use nbu_sim::{Fault, Route};

use super::{Misdeed, Plan};

const MIB: usize = 1 << 20;

pub(super) fn plans(elsewhere: &str) -> Vec<Plan> {
    let all = |name: &str, fault: Fault, reason| Plan::new(name).everywhere(&fault).all_say(reason);
    let mut plans = vec![
        all("html", Fault::Html, "parse"),
        all("no-content-type", Fault::ContentType(None), "parse"),
        all(
            "wrong-content-type",
            Fault::ContentType(Some("text/plain".to_owned())),
            "parse",
        ),
        all(
            "redirect-elsewhere",
            Fault::Redirect(elsewhere.to_owned()),
            "http",
        ),
        all("redirect-to-self", Fault::RedirectToSelf, "http"),
        all("no-content", Fault::NoContent, "http"),
        all("not-json", Fault::Body("no json".into()), "parse"),
        all("empty-body", Fault::Body("".into()), "parse"),
        all("null-body", Fault::Body("null".into()), "parse"),
        Plan::new("empty-object")
            .everywhere(&Fault::Body("{}".into()))
            .says(["ok", "parse", "parse"]),
        all("endless", Fault::Endless, "limit"),
        all("gzip-bomb", Fault::GzipBomb { bytes: 1 << 30 }, "limit"),
        all(
            "drip",
            Fault::Drip {
                every: Duration::from_secs(1),
            },
            "timeout",
        ),
        all("hang", Fault::Hang, "timeout"),
        all("headers-many", Fault::Headers(400), "limit").http1(),
        all("header-long", Fault::LongHeader(MIB), "limit").http1(),
        all("header-long-http2", Fault::LongHeader(70_000), "limit"),
        all("header-flood-http2", Fault::LongHeader(400_000), "limit"),
        Plan::new("ping-html")
            .always(Route::Ping, Fault::Html)
            .says(["parse", "parse", "ok"]),
        // Without its own word the clock is the one of the header.
        Plan::new("ping-nonsense").always(Route::Ping, Fault::Body("yesterday".into())),
        Plan::new("no-ping-header").with(Misdeed::NoPingHeader),
        Plan::new("slow-walk")
            .always(Route::Jobs, Fault::Delay(Duration::from_millis(700)))
            .always(Route::Jobs, Fault::EndlessCursors)
            .jobs_timeout("5s")
            .says(["ok", "timeout", "ok"]),
    ];
    plans.extend(pages());
    plans
}

/// On the lists by cursor (jobs) and by offset (storage) of one primary; by offset, jobs are walked by id and no `next` is
/// believed.
fn pages() -> Vec<Plan> {
    let lists = |name: &str, fault: &Fault, jobs, storage| {
        Plan::new(name)
            .always(Route::Jobs, fault.clone())
            .always(Route::StorageUnits, fault.clone())
            .says(["ok", jobs, storage])
    };
    let offset = |name: &str, fault: &Fault, jobs, storage| {
        Plan::by_offset(name)
            .servers(130)
            .always(Route::Jobs, fault.clone())
            .always(Route::StorageServers, fault.clone())
            .says(["ok", jobs, storage])
    };
    vec![
        lists(
            "next-repeated",
            &Fault::RepeatCursor,
            "parse|limit",
            "parse",
        ),
        lists(
            "next-alternating",
            &Fault::AlternateCursors,
            "parse|limit",
            "parse",
        ),
        lists("next-endless", &Fault::EndlessCursors, "limit", "parse"),
        lists(
            "next-on-empty-page",
            &Fault::EmptyPageWithNext,
            "parse",
            "parse",
        ),
        lists("count-too-high", &Fault::CountLies(50), "ok", "ok"),
        lists("count-too-low", &Fault::CountLies(-20), "ok", "ok"),
        lists("count-negative", &Fault::CountLies(-1_000_000), "ok", "ok"),
        Plan::new("records-too-many")
            .always(Route::Jobs, Fault::Repeated(8))
            .always(Route::StorageUnits, Fault::Repeated(120))
            .says(["ok", "limit", "limit"]),
        lists("records-twice", &Fault::Repeated(2), "ok", "ok"),
        lists("filter-ignored", &Fault::IgnoreFilter, "ok", "ok"),
        lists("sort-ignored", &Fault::IgnoreSort, "ok", "ok"),
        offset(
            "offset-next-repeated",
            &Fault::RepeatCursor,
            "ok|parse",
            "parse",
        ),
        offset(
            "offset-next-alternating",
            &Fault::AlternateCursors,
            "ok|parse",
            "parse",
        ),
        offset(
            "offset-next-on-empty-page",
            &Fault::EmptyPageWithNext,
            "parse",
            "parse",
        ),
        offset("offset-count-too-high", &Fault::CountLies(50), "ok", "ok"),
        offset("offset-count-too-low", &Fault::CountLies(-20), "ok", "ok"),
        offset("offset-records-came", &Fault::Shift(-2), "ok", "ok"),
        offset("offset-records-went", &Fault::Shift(2), "ok", "ok"),
    ]
}
