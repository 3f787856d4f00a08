mod renewal;

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use nbu_metrics::snapshot::Snapshot;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::Instant;

use super::super::{REREAD, Traffic, live};
use super::*;
use crate::board::{Board, Entry};
use crate::clock::Clock;
use crate::config::Config;
use crate::environment::Environment;
use crate::storage::Storage;

fn config(keys: &str) -> Arc<config::Primary> {
    let text =
        format!("primaries: [{{name: paris, url: 'https://127.0.0.1:1/netbackup', {keys}}}]");
    let mut config = Config::parse(Path::new("c.yml"), &text, &Environment::of([])).unwrap();
    Arc::new(config.primaries.remove(0))
}

fn estate(board: &Board) -> Arc<Estate> {
    let clock = Clock::manual(Timestamp::UNIX_EPOCH).0;
    Estate::new("paris".into(), board.clone(), clock, Storage::Memory)
}

fn reason(snapshot: &Snapshot) -> Vec<String> {
    let status = "netbackup_exporter_collector_status";
    let family = snapshot.families().find(|one| one.family.name == status);
    let series = family.into_iter().flat_map(|family| family.series.iter());
    let mut reasons: Vec<_> = series
        .filter_map(|one| Some(one.labels.values().last()?.to_owned()))
        .collect();
    reasons.dedup();
    reasons
}

/// Lives while `keys` name a file that is written only later. The reason meanwhile, and when it had gone.
async fn healed(keys: &str, file: &Path, content: &str) -> (Vec<String>, Duration) {
    let board = Board::default();
    let mut reader = board.reader();
    let (_deadline, deadlines) = watch::channel(None);
    let began = Instant::now();
    let life = tokio::spawn(live(estate(&board), config(keys), deadlines));
    let obstructed = |wanted: bool| {
        move |entry: &Entry| entry.view.obstacle.is_some() == wanted && !entry.view.up
    };
    let entry = until(&mut reader, obstructed(true)).await;
    assert!(entry.view.attempted, "that was the first attempt");
    assert_eq!(began.elapsed(), Duration::ZERO);
    let reasons = reason(&entry.snapshot);
    sleep(REREAD.saturating_sub(Duration::from_millis(1))).await;
    fs::write(file, content).unwrap();
    until(&mut reader, obstructed(false)).await;
    life.abort();
    (reasons, began.elapsed())
}

async fn until(
    reader: &mut watch::Receiver<Arc<crate::board::Publications>>,
    wanted: impl Fn(&Entry) -> bool,
) -> Entry {
    let board = reader
        .wait_for(|board| board.primaries.values().any(&wanted))
        .await
        .unwrap();
    board.primaries["paris"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_key_that_cannot_be_read_is_tried_again_every_thirty_seconds() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key");
    let keys = format!("api_key_file: '{}'", file.display());
    // The first 30 s end a millisecond after the file has come.
    let (reasons, after) = healed(&keys, &file, "secret").await;
    assert_eq!((reasons, after), (vec!["credentials".to_owned()], REREAD));
}

#[tokio::test(start_paused = true)]
async fn an_authority_that_cannot_be_read_is_tried_again_every_thirty_seconds() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.pem");
    let keys = format!("api_key: k, tls_config: {{ca_file: '{}'}}", file.display());
    let sim = nbu_sim::Sim::builder()
        .population(nbu_sim::Population::empty())
        .start(([127, 0, 0, 1], 0).into())
        .await
        .unwrap();
    let (reasons, after) = healed(&keys, &file, sim.ca_pem()).await;
    assert_eq!((reasons, after), (vec!["tls".to_owned()], REREAD));
}

#[tokio::test(start_paused = true)]
async fn a_changed_secret_is_used_by_the_client_there_is() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key");
    fs::write(&file, "first").unwrap();
    let config = config(&format!("api_key_file: '{}'", file.display()));
    let mut life = super::super::Life::new(estate(&Board::default()), config);
    life.renew(life.read(Duration::ZERO).await);
    let old = life.client.as_ref().unwrap().0.clone();

    let same = life.read(REREAD).await;
    assert!(matches!(same, Ok(Renewed::Same)));
    life.renew(same);
    assert!(!old.is_closed());

    fs::write(&file, "second").unwrap();
    life.renew(life.read(REREAD).await);
    tokio::task::yield_now().await;
    assert!(!old.is_closed(), "nothing is interrupted");
    assert_eq!(old.credentials_replaced(), 1);
    assert!(matches!(life.read(REREAD).await, Ok(Renewed::Same)));

    fs::remove_file(&file).unwrap();
    life.renew(life.read(REREAD).await);
    assert!(life.obstacle.is_some(), "said");
    let client = &life.client.as_ref().unwrap().0;
    assert!(!client.is_closed(), "and the last good one is still asked");
}

#[tokio::test]
async fn what_hangs_on_a_replaced_client_is_told_at_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let (file, ca) = (directory.path().join("key"), directory.path().join("ca"));
    let sim = nbu_sim::Sim::builder()
        .api_key("first")
        .start(([127, 0, 0, 1], 0).into())
        .await
        .unwrap();
    fs::write(&file, "first").unwrap();
    fs::write(&ca, sim.ca_pem()).unwrap();
    let (key_file, ca_file) = (file.display(), ca.display());
    let keys = format!("api_key_file: '{key_file}', tls_config: {{ca_file: '{ca_file}'}}");
    let mut config = (*config(&keys)).clone();
    config.url = sim.url().parse().unwrap();
    let gate = sim.hold(nbu_sim::Route::StorageUnits);
    let mut life = super::super::Life::new(estate(&Board::default()), Arc::new(config));
    tokio::select! {
        () = life.go_on() => {}
        () = gate.reached() => {}
    }
    fs::write(&ca, format!("{}\n", sim.ca_pem())).unwrap();
    life.renew(life.read(Duration::ZERO).await);
    let (_sender, deadlines) = watch::channel(Some(Instant::now() + Duration::from_millis(50)));
    let remains = life.end(deadlines).await.unwrap();
    assert!(
        remains.endpoints.contains("/storage/storage-units"),
        "{remains:?}"
    );
    gate.abandoned().await;
}

#[tokio::test]
async fn a_proxy_is_asked_for_the_primary_unless_it_is_excepted() {
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = proxy.local_addr().unwrap();
    let through = |more: &str| {
        let keys = format!("api_key: k, proxy_url: 'http://me:pw@{address}'{more}");
        let config = config(&keys);
        let material = Material::read(&config).unwrap();
        let clock = Clock::manual(Timestamp::UNIX_EPOCH).0;
        material
            .client(&config, Arc::new(Traffic::default()), clock)
            .unwrap()
    };
    let (asked, mut heads) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = proxy.accept().await.unwrap();
            let mut head = vec![0; 4096];
            let length = stream.read(&mut head).await.unwrap();
            asked
                .send(String::from_utf8_lossy(&head[..length]).to_lowercase())
                .unwrap();
            let refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(refusal).await.unwrap();
        }
    });
    through("").ping().await.unwrap_err();
    let head = heads.try_recv().unwrap();
    assert!(head.starts_with("connect 127.0.0.1:1 "), "{head}");
    assert!(head.contains("proxy-authorization: basic "), "{head}");

    while heads.try_recv().is_ok() {}
    let direct = through(", no_proxy: [127.0.0.0/8]");
    direct.ping().await.unwrap_err();
    assert!(heads.try_recv().is_err(), "the proxy was asked");
}

#[test]
fn a_file_that_does_not_answer_is_told_by_its_name_and_what_it_is_for() {
    let keys = "api_key_file: /mnt/key, tls_config: {ca_file: /mnt/ca.pem}";
    for (file, reason) in [
        (Some("/mnt/key"), Reason::Credentials),
        (Some("/mnt/ca.pem"), Reason::Tls),
        (None, Reason::Credentials),
    ] {
        let hung = Unread::Hung {
            file: file.map(Into::into),
            after: Duration::from_secs(30),
        };
        let obstacle = unanswered(&hung, &config(keys));
        assert_eq!(obstacle.reason, reason, "{file:?}");
        let named = file.unwrap_or("the files");
        assert!(obstacle.error.starts_with(named), "{}", obstacle.error);
        assert!(
            obstacle.remedy.contains("file system"),
            "{}",
            obstacle.remedy
        );
    }
}
