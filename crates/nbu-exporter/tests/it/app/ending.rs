//! The way down.

use std::time::Duration;

use nbu_exporter::shutdown::{Outcome, Signal};
use nbu_sim::Route;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::harness::{Exporter, primary, sim};

#[tokio::test]
async fn what_is_on_the_wire_may_finish_and_nothing_else_begins() {
    let (directory, sim) = (tempfile::tempdir().unwrap(), sim().await);
    let gate = sim.hold(Route::StorageUnits);
    let exporter =
        Exporter::start(&primary("paris", &sim, &directory, ""), &directory, |_| ()).await;
    gate.reached().await;
    exporter.signal(Signal::Terminate).await;
    while TcpStream::connect(exporter.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    gate.release();
    assert_eq!(exporter.ended().await, Outcome::Clean);
    assert!(
        sim.requests_to(Route::DiskPools).is_empty(),
        "the collection made no further request"
    );
    assert_eq!(sim.in_flight(), 0);
}

#[tokio::test]
async fn what_hangs_is_cut_off_at_the_deadline() {
    let (directory, sim) = (tempfile::tempdir().unwrap(), sim().await);
    let gate = sim.hold(Route::StorageUnits);
    let exporter = Exporter::start(
        &primary("paris", &sim, &directory, ""),
        &directory,
        |options| {
            options.grace = Duration::from_millis(100);
        },
    )
    .await;
    gate.reached().await;
    assert_eq!(exporter.terminated().await, Outcome::Cut);
    gate.abandoned().await;
}

#[tokio::test]
async fn a_second_signal_waits_for_nothing() {
    let (directory, sim) = (tempfile::tempdir().unwrap(), sim().await);
    let gate = sim.hold(Route::StorageUnits);
    let exporter = Exporter::start(
        &primary("paris", &sim, &directory, ""),
        &directory,
        |options| {
            options.grace = Duration::from_secs(86_400);
        },
    )
    .await;
    gate.reached().await;
    exporter.signal(Signal::Terminate).await;
    exporter.signal(Signal::Hangup).await;
    exporter.signal(Signal::Interrupt).await;
    assert_eq!(exporter.ended().await, Outcome::Aborted(Signal::Interrupt));
    gate.abandoned().await;
}

#[tokio::test]
async fn clients_that_send_nothing_or_half_a_request_hold_nobody_up() {
    let (directory, sim) = (tempfile::tempdir().unwrap(), sim().await);
    let exporter = Exporter::start(
        &primary("paris", &sim, &directory, ""),
        &directory,
        |options| {
            options.grace = Duration::from_secs(86_400);
        },
    )
    .await;
    let _silent = TcpStream::connect(exporter.address).await.unwrap();
    let mut slow = TcpStream::connect(exporter.address).await.unwrap();
    slow.write_all(b"GET /metrics HTT").await.unwrap();
    exporter.get("/-/healthy").await;
    assert_eq!(exporter.terminated().await, Outcome::Clean);
}
