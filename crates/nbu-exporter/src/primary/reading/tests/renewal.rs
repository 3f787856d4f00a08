//! Files that change, and files that cannot be used: what is done, and what is told.

use std::io;
use std::sync::Mutex;

use nbu_sim::{Identity, Population, Running, Sim};

use super::super::super::Life;
use super::*;

async fn sim(identity: Identity) -> Running {
    let sim = Sim::builder().identity(identity);
    let sim = sim.population(Population::empty()).api_key("k");
    sim.start(([127, 0, 0, 1], 0).into()).await.unwrap()
}

/// A life that watches `sim` with what stands in `directory`.
fn life(sim: &Running, tls: &str) -> Life {
    let mut config = (*config(&format!("api_key: k, tls_config: {{{tls}}}"))).clone();
    config.url = sim.url().parse().unwrap();
    Life::new(estate(&Board::default()), Arc::new(config))
}

async fn ping(life: &Life) -> Result<(), Reason> {
    let client = &life.client.as_ref().unwrap().0;
    client
        .ping()
        .await
        .map(drop)
        .map_err(|error| error.reason())
}

#[tokio::test]
async fn an_authority_that_was_renewed_on_disk_is_trusted_at_the_next_reading() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.pem");
    let sim = sim(Identity::default()).await;
    let before = self::sim(Identity::default()).await;
    fs::write(&file, before.ca_pem()).unwrap();
    let mut life = life(&sim, &format!("ca_file: '{}'", file.display()));
    life.renew(life.read(Duration::ZERO).await);
    assert_eq!(ping(&life).await, Err(Reason::Tls));
    fs::write(&file, sim.ca_pem()).unwrap();
    life.renew(life.read(Duration::ZERO).await);
    assert_eq!(ping(&life).await, Ok(()));
}

#[tokio::test]
async fn a_client_certificate_that_was_renewed_on_disk_is_shown_at_the_next_reading() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let strict = Identity {
        client_certificate: true,
        ..Identity::default()
    };
    let sim = sim(strict).await;
    let other = self::sim(Identity::default()).await;
    let write = |pair: nbu_sim::Pair| {
        fs::write(path("cert"), pair.certificate).unwrap();
        fs::write(path("key"), pair.key).unwrap();
    };
    fs::write(path("ca"), sim.ca_pem()).unwrap();
    write(other.client_certificate().unwrap());
    let named = |key: &str, name: &str| format!("{key}: '{}'", path(name).display());
    let tls = [
        named("ca_file", "ca"),
        named("cert_file", "cert"),
        named("key_file", "key"),
    ];
    let mut life = life(&sim, &tls.join(", "));
    life.renew(life.read(Duration::ZERO).await);
    assert_eq!(ping(&life).await, Err(Reason::Tls));
    write(sim.client_certificate().unwrap());
    life.renew(life.read(Duration::ZERO).await);
    assert_eq!(ping(&life).await, Ok(()));
    // Half of a pair is no reason to stop: the last good one goes on.
    fs::write(path("key"), other.client_certificate().unwrap().key).unwrap();
    life.renew(life.read(Duration::ZERO).await);
    let obstacle = life.obstacle.as_ref().unwrap();
    assert_eq!(obstacle.reason, Reason::Tls);
    assert!(obstacle.error.contains("does not belong"), "{obstacle:?}");
    assert_eq!(ping(&life).await, Ok(()));
}

/// What is logged on this thread while it lives.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn lines(&self, part: &str) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().filter(|line| line.contains(part));
        lines.map(str::to_owned).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_used_is_told_once_and_so_is_its_end() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key");
    let config = config(&format!("api_key_file: '{}'", file.display()));
    let mut life = Life::new(estate(&Board::default()), config);
    for _cycle in 0..20 {
        life.renew(life.read(REREAD).await);
    }
    let begins = log.lines("cannot be asked as configured");
    assert_eq!(begins.len(), 1, "{begins:#?}");
    for part in [
        "primary=paris",
        "reason=\"credentials\"",
        "cannot read",
        "remedy=\"write the secret alone into",
    ] {
        assert!(begins[0].contains(part), "{part}: {}", begins[0]);
    }
    // Two obstacles that take turns: one more line, not twenty.
    for cycle in 0..20 {
        if cycle % 2 == 0 {
            fs::write(&file, "").unwrap();
        } else {
            fs::remove_file(&file).unwrap();
        }
        life.renew(life.read(REREAD).await);
    }
    assert_eq!(log.lines("cannot be asked as configured").len(), 2);
    fs::write(&file, "secret").unwrap();
    for _cycle in 0..20 {
        life.renew(life.read(REREAD).await);
    }
    let ends = log.lines("can be asked as configured");
    assert_eq!(ends.len(), 1, "{ends:#?}");
    assert!(ends[0].contains("failures=40"), "{}", ends[0]);
    assert!(ends[0].contains("lasted="), "{}", ends[0]);
}

/// Whether the credential is accepted, on a connection that is believed.
async fn accepted(life: &Life) -> Result<(), Reason> {
    let client = &life.client.as_ref().unwrap().0;
    let asked = client.authorization_context().await;
    asked.map(drop).map_err(|error| error.reason())
}

#[tokio::test]
async fn what_kubernetes_exchanges_behind_its_links_is_found_at_the_next_reading() {
    use std::os::unix::fs::symlink;

    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let sim = sim(Identity::default()).await;
    let other = self::sim(Identity::default()).await;
    // As a mounted secret looks: key -> ..data/key, ..data -> a directory of this version.
    let mount = |version: &str, key: &str, authority: &str| {
        fs::create_dir(at(version)).unwrap();
        fs::write(at(version).join("key"), key).unwrap();
        fs::write(at(version).join("ca.pem"), authority).unwrap();
        symlink(version, at("..data_tmp")).unwrap();
        fs::rename(at("..data_tmp"), at("..data")).unwrap();
    };
    mount("..v1", "old", sim.ca_pem());
    for name in ["key", "ca.pem"] {
        symlink(format!("..data/{name}"), at(name)).unwrap();
    }
    let keys = format!(
        "api_key_file: '{}', tls_config: {{ca_file: '{}'}}",
        at("key").display(),
        at("ca.pem").display()
    );
    let mut config = (*config(&keys)).clone();
    config.url = sim.url().parse().unwrap();
    let mut life = Life::new(estate(&Board::default()), Arc::new(config));
    life.renew(life.read(Duration::ZERO).await);
    assert_eq!(accepted(&life).await, Err(Reason::Unauthorized));
    mount("..v2", "k", sim.ca_pem());
    life.renew(life.read(Duration::ZERO).await);
    assert_eq!(accepted(&life).await, Ok(()), "the key");
    mount("..v3", "k", other.ca_pem());
    life.renew(life.read(Duration::ZERO).await);
    assert_eq!(accepted(&life).await, Err(Reason::Tls), "the authority");
}
