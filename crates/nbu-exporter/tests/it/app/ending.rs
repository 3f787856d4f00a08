//! The way down.

use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nbu_exporter::config::Config;
use nbu_exporter::environment::Environment;
use nbu_exporter::shutdown::{Outcome, REPEATED, Signal, Signals};
use nbu_exporter::{App, Options};
use nbu_sim::Route;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::runtime::Builder;

use super::harness::{Exporter, HANG, primary, sim};

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
async fn a_signal_a_second_after_the_first_waits_for_nothing() {
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
    while TcpStream::connect(exporter.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(REPEATED).await;
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

#[test]
fn the_end_comes_with_the_grace_also_if_the_thread_that_collects_stands_still() {
    let (ended, ends) = mpsc::channel();
    let (release, held) = mpsc::channel::<()>();
    let (standing, stands) = mpsc::channel();
    // The timers of its runtime stand still as well, so it is this thread that waits.
    thread::spawn(move || {
        let collecting = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let outcome = collecting.block_on(async {
            let text = "primaries: [{name: a, url: 'https://127.0.0.1:1/netbackup', api_key: k}]";
            let config = Config::parse(Path::new("c.yml"), text, &Environment::of([])).unwrap();
            let options = Options {
                listen: vec!["127.0.0.1:0".parse().unwrap()],
                grace: Duration::from_millis(100),
                ..Options::default()
            };
            let app = App::bind(config, options).await.unwrap();
            tokio::spawn(async move {
                standing.send(()).unwrap();
                let _ = held.recv();
            });
            stands.recv().unwrap();
            let (sender, signals) = Signals::channel();
            sender.send(Signal::Terminate).await.unwrap();
            app.run(signals).await
        });
        ended.send(outcome).unwrap();
        collecting.shutdown_background();
    });
    assert_eq!(ends.recv_timeout(HANG), Ok(Outcome::Cut));
    drop(release);
}
