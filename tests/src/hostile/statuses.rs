//! Refusals: every status at every step, with error bodies of every shape.

use nbu_sim::{ErrorShape, Fault, Route};

use super::{Misdeed, Plan};

const STATUSES: [u16; 12] = [400, 401, 403, 404, 406, 408, 415, 429, 500, 502, 503, 504];

pub(super) fn plans() -> Vec<Plan> {
    // Three plans for each status, so that each shape comes up.
    let mut shapes = ErrorShape::ALL.into_iter().cycle();
    let mut plans = Vec::new();
    for status in STATUSES {
        let mut refusal = || match shapes.next() {
            Some(shape) => Fault::Refusal { status, shape },
            None => Fault::Status(status),
        };
        plans.extend([
            on_lists(status, &refusal()),
            on_ping(status, &refusal()),
            in_the_middle(status, &refusal()),
        ]);
    }
    plans.extend(retry_after());
    plans
}

/// Overload slows all that is asked of the primary down, so that a run may meet its own deadline while it waits.
const OVERLOAD: &str = "http|timeout";

/// What a collector says when the status answers a request with a credential.
fn of_list(status: u16) -> &'static str {
    match status {
        429 | 503 => OVERLOAD,
        401 | 403 => "forbidden",
        404 | 406 | 415 => "not_supported",
        _ => "http",
    }
}

fn on_lists(status: u16, refusal: &Fault) -> Plan {
    let primary = match status {
        401 => "unauthorized",
        403 => "forbidden",
        // It is taken for older than the endpoint.
        404 | 406 | 415 => "ok",
        429 | 503 => OVERLOAD,
        _ => "http",
    };
    Plan::new(format!("status-{status}-lists"))
        .everywhere(refusal)
        .says([primary, of_list(status), of_list(status)])
}

fn on_ping(status: u16, refusal: &Fault) -> Plan {
    let ping = match status {
        401 => "unauthorized",
        403 => "forbidden",
        404 | 406 | 415 => "not_supported",
        429 | 503 => OVERLOAD,
        _ => "http",
    };
    Plan::new(format!("status-{status}-ping"))
        .always(Route::Ping, refusal.clone())
        .always(Route::StorageServers, refusal.clone())
        .says([ping, ping, of_list(status)])
}

/// In the middle of a walk, in the middle of the three lists of storage, and when asking who we are.
fn in_the_middle(status: u16, refusal: &Fault) -> Plan {
    let (primary, jobs, storage) = match status {
        401 => ("unauthorized", "unauthorized", "unauthorized"),
        // A missing permission to ask for permissions says that the credential is good.
        403 => ("ok", "forbidden", "forbidden"),
        // A cursor that was lost: the walk goes on behind the last job.
        400 => ("http", "ok", "http"),
        404 => ("ok", "ok", "not_supported"),
        406 | 415 => ("ok", "not_supported", "not_supported"),
        429 | 503 => (OVERLOAD, OVERLOAD, OVERLOAD),
        _ => ("http", "http", "http"),
    };
    Plan::new(format!("status-{status}-middle"))
        .always(Route::AuthorizationContext, refusal.clone())
        .always(Route::DiskPools, refusal.clone())
        .with(Misdeed::LaterPages(Route::Jobs, refusal.clone()))
        .says([primary, jobs, storage])
}

fn retry_after() -> impl Iterator<Item = Plan> {
    let values = [
        (429, "seconds", "1"),
        (503, "http-date", "Mon, 02 Mar 2026 06:00:01 GMT"),
        (429, "iso-date", "2026-03-02T06:00:01.000Z"),
        (503, "nonsense", "soon"),
        (503, "huge", "99999999999999999999999"),
    ];
    values.into_iter().map(|(status, name, value)| {
        let fault = Fault::RetryAfter {
            status,
            value: value.to_owned(),
        };
        Plan::new(format!("retry-after-{name}"))
            .everywhere(&fault)
            .all_say(OVERLOAD)
    })
}
