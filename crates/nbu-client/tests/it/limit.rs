//! `max_in_flight`, whatever the callers do.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nbu_api::endpoint::JOBS;
use nbu_api::{Job, Query};
use nbu_client::{Client, Error, Reason, WhenFull};

use crate::server::{Gate, Reply, Server, within};

#[tokio::test]
async fn is_reached_and_never_exceeded() {
    let gate = Gate::shut();
    let held = gate.clone();
    let server = Server::pinging(move |_| Reply::jobs(1..2, None).behind(&held)).await;
    let client = server
        .client()
        .max_in_flight(NonZeroUsize::new(3).unwrap())
        .build()
        .unwrap();
    let calls: Vec<_> = (0..40)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                client
                    .walk(&JOBS, Query::new())
                    .fold::<Job<'_>, _>((), |(), _| {})
                    .await
            })
        })
        .collect();
    // The ping and the first three calls; the others wait for a slot.
    server.arrived(4).await;
    assert_eq!(client.in_flight(), 3);
    gate.open();
    for call in calls {
        within(call).await.unwrap().unwrap();
    }
    assert_eq!(server.count("/admin/jobs"), 40);
    assert_eq!(server.most_at_once(), 3);
}

#[tokio::test]
async fn those_who_wait_go_in_the_order_they_came() {
    let gate = Gate::shut();
    let (server, client) = one_at_a_time(&gate).await;
    let order = Arc::new(Mutex::new(Vec::new()));
    let first = tokio::spawn({
        let client = client.clone();
        async move { client.server_info().await.map(drop) }
    });
    server.arrived(2).await;
    let mut waiting = Vec::new();
    for number in 0..8 {
        let (client, order) = (client.clone(), Arc::clone(&order));
        waiting.push(tokio::spawn(async move {
            let query = Query::new().with("number", number.to_string());
            let outcome = client.fetch(&nbu_api::endpoint::SERVER_INFO, query).await;
            order.lock().unwrap().push(number);
            outcome.map(drop)
        }));
        // One thread: the call is in the line when this comes back.
        tokio::task::yield_now().await;
    }
    gate.open();
    within(first).await.unwrap().unwrap();
    for waiting in waiting {
        within(waiting).await.unwrap().unwrap();
    }
    assert_eq!(*order.lock().unwrap(), (0..8).collect::<Vec<_>>());
    let numbers: Vec<_> = server
        .seen()
        .iter()
        .filter_map(|seen| seen.target.split_once("number=").map(|(_, n)| n.to_owned()))
        .collect();
    assert_eq!(
        numbers,
        (0..8).map(|number| number.to_string()).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn cancelled_callers_leak_no_slot() {
    let gate = Gate::shut();
    let (server, client) = one_at_a_time(&gate).await;
    for round in 0..10 {
        let on_the_wire = tokio::spawn({
            let client = client.clone();
            async move { client.server_info().await.map(drop) }
        });
        server.arrived(2 + round).await;
        let in_line = tokio::spawn({
            let client = client.clone();
            async move { client.server_info().await.map(drop) }
        });
        tokio::task::yield_now().await;
        // The one in the line first in every other round, so that a slot is handed over to one about to go, too.
        let (one, other) = if round % 2 == 0 {
            (in_line, on_the_wire)
        } else {
            (on_the_wire, in_line)
        };
        one.abort();
        other.abort();
        assert!(within(one).await.unwrap_err().is_cancelled());
        let _ = within(other).await;
        assert_eq!(client.in_flight(), 0);
    }
    gate.open();
    within(client.server_info()).await.unwrap();
    assert_eq!(within(client.close()).await, Ok(()));
}

#[tokio::test]
async fn when_told_not_to_wait_the_surplus_is_refused() {
    let gate = Gate::shut();
    let held = gate.clone();
    let server = Server::pinging(move |_| Reply::json("{}").behind(&held)).await;
    let client = server
        .client()
        .max_in_flight(NonZeroUsize::MIN)
        .when_full(WhenFull::Refuse)
        .build()
        .unwrap();
    within(client.detect()).await.unwrap();
    let first = tokio::spawn({
        let client = client.clone();
        async move { client.server_info().await.map(drop) }
    });
    server.arrived(2).await;
    let refused = within(client.server_info()).await.unwrap_err();
    assert!(matches!(refused, Error::Saturated { .. }), "{refused}");
    assert_eq!(refused.reason(), Reason::Saturated);
    gate.open();
    within(first).await.unwrap().unwrap();
    within(client.server_info()).await.unwrap();
}

#[tokio::test]
async fn when_told_to_wait_only_so_long_the_surplus_is_refused_then() {
    let gate = Gate::shut();
    let held = gate.clone();
    let server = Server::pinging(move |_| Reply::json("{}").behind(&held)).await;
    let client = |time| {
        server
            .client()
            .max_in_flight(NonZeroUsize::MIN)
            .when_full(WhenFull::WaitAtMost(time))
            .build()
            .unwrap()
    };
    // No time at all: a free slot is taken, one that is not is not waited for.
    let (hasty, patient) = (client(Duration::ZERO), client(Duration::from_secs(3600)));
    within(hasty.detect()).await.unwrap();
    within(patient.detect()).await.unwrap();
    let first = tokio::spawn({
        let hasty = hasty.clone();
        async move { hasty.server_info().await.map(drop) }
    });
    server.arrived(3).await;
    let refused = within(hasty.server_info()).await.unwrap_err();
    assert!(matches!(refused, Error::Saturated { .. }), "{refused}");

    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let patient = patient.clone();
            tokio::spawn(async move { patient.server_info().await.map(drop) })
        })
        .collect();
    server.arrived(4).await;
    gate.open();
    within(first).await.unwrap().unwrap();
    for waiting in waiting {
        within(waiting).await.unwrap().unwrap();
    }
    assert_eq!((hasty.in_flight(), patient.in_flight()), (0, 0));
    within(hasty.server_info()).await.unwrap();
}

#[tokio::test]
async fn a_panic_while_folding_holds_no_permit() {
    let server = Server::pinging(|_| Reply::jobs(1..2, None)).await;
    let client = server
        .client()
        .max_in_flight(NonZeroUsize::MIN)
        .build()
        .unwrap();
    let panicking = client.clone();
    let folding = tokio::spawn(async move {
        let walk = panicking.walk(&JOBS, Query::new());
        walk.fold::<Job<'_>, _>((), |(), _| panic!("a bug in the caller"))
            .await
            .map(drop)
    });
    assert!(within(folding).await.unwrap_err().is_panic());
    assert_eq!(client.in_flight(), 0);
    within(client.ping()).await.unwrap();
    assert_eq!(within(client.close()).await, Ok(()));
}

async fn one_at_a_time(gate: &Gate) -> (Server, Client) {
    let gate = gate.clone();
    let server = Server::pinging(move |_| Reply::json("{}").behind(&gate)).await;
    let client = server
        .client()
        .max_in_flight(NonZeroUsize::MIN)
        .build()
        .unwrap();
    within(client.detect()).await.unwrap();
    (server, client)
}
