//! What is accepted, and what it means.

use std::path::PathBuf;
use std::time::Duration;

use nbu_exporter::config::{
    ClientCertificate, Config, Credential, Diff, JobLabel, JobResult, SecretSource, TlsVersion,
};
use nbu_exporter::log::Level;
use secrecy::ExposeSecret as _;

use super::{FULL, LEAST, accepted};

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

#[test]
fn name_url_and_key_are_enough() {
    let config = accepted(LEAST);
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    let [paris] = &config.primaries[..] else {
        panic!("one primary")
    };
    assert_eq!(&*paris.name, "paris");
    assert_eq!(
        paris.url.as_str(),
        "https://nbu-paris.example.com:1556/netbackup"
    );
    assert_eq!(
        paris.credential,
        Credential::ApiKey(SecretSource::File("/run/secrets/paris".into()))
    );
    assert_eq!(paris.api_version, None);
    assert_eq!(paris.request_timeout, Duration::from_secs(30));
    assert_eq!(paris.max_in_flight.get(), 4);
    assert_eq!(paris.requests_per_second, None);
    assert_eq!(paris.limits.response_bytes, 64 << 20);
    assert_eq!(
        (paris.limits.pages, paris.limits.records_per_page),
        (20_000, 5000)
    );
    assert_eq!(paris.metrics.counter_birth, minutes(2));
    let jobs = &paris.collectors.jobs;
    assert_eq!(
        (jobs.settings.interval, jobs.settings.timeout),
        (minutes(1), minutes(1))
    );
    assert_eq!(jobs.settings.max_stale, minutes(15));
    assert_eq!(
        (jobs.overlap, jobs.look_back),
        (minutes(2), minutes(24 * 60))
    );
    assert_eq!(jobs.max_catch_up, minutes(3 * 24 * 60));
    // The age follows the interval, and so does the deadline.
    let storage = &paris.collectors.storage;
    assert_eq!(
        (storage.interval, storage.timeout, storage.max_stale),
        (minutes(5), minutes(5), minutes(25))
    );
    assert_eq!(config.log_level, None);
}

#[test]
fn every_key_is_understood() {
    let config = accepted(FULL);
    let paris = config.primary("paris").unwrap();
    assert_eq!(
        paris.url.as_str(),
        "https://nbu-paris.example.com:1556/netbackup"
    );
    assert_eq!(
        paris
            .api_version
            .map(|version| version.to_string())
            .as_deref(),
        Some("12.0")
    );
    assert_eq!(paris.tls.ca_file, Some(PathBuf::from("paris-ca.pem")));
    assert_eq!(
        paris.tls.ca_fingerprint.map(|bytes| (bytes[0], bytes[31])),
        Some((0x00, 0xff))
    );
    let certificate = ClientCertificate {
        cert_file: "/etc/nbu/client.pem".into(),
        key_file: "/etc/nbu/client.key".into(),
    };
    assert_eq!(paris.tls.client_certificate, Some(certificate));
    assert_eq!(paris.tls.min_version, TlsVersion::Tls13);
    assert!(paris.tls.insecure_skip_verify);
    assert_eq!(
        paris.proxy.as_ref().map(|proxy| proxy.expose().as_str()),
        Some("http://proxy.example.com:3128/")
    );
    assert_eq!(paris.requests_per_second, Some(2.5));
    assert!(!paris.collectors.settings("tape").unwrap().enabled);
    assert_eq!(
        paris.metrics.job_labels,
        [JobLabel::Policy, JobLabel::StorageUnit]
    );
    let rome = config.primary("rome").unwrap();
    let Credential::Login(login) = &rome.credential else {
        panic!("a login")
    };
    assert_eq!(
        (login.user_name.as_str(), &login.password),
        ("exporter", &SecretSource::File("secrets/rome".into()))
    );
    assert_eq!(rome.collectors.protection.max_clients, 500);
    assert_eq!(config.log_level, Some(Level::Warn));
    assert_eq!(config.auth_exempt, ["/-/healthy"]);
}

#[test]
fn a_primary_lays_its_own_settings_over_the_common_ones() {
    let config = accepted(FULL);
    let paris = &config.primary("paris").unwrap().collectors.jobs;
    let rome = &config.primary("rome").unwrap().collectors.jobs;
    assert_eq!(
        (paris.settings.interval, rome.settings.interval),
        (Duration::from_secs(30), Duration::from_secs(90))
    );
    // Not given by the primary: the common value, not the default.
    assert_eq!(
        (paris.overlap, paris.settings.timeout),
        (minutes(3), minutes(3))
    );
    // A map of results is one value: the primary's replaces the common one.
    assert_eq!(
        paris.results.iter().collect::<Vec<_>>(),
        [(&71, &JobResult::Partial), (&190, &JobResult::Failed)]
    );
    assert_eq!(
        rome.results.iter().collect::<Vec<_>>(),
        [(&200, &JobResult::Missed)]
    );
}

#[test]
fn variables_reach_values_but_not_keys() {
    let config = accepted(
        "primaries: [{name: '${NAME:-paris}', url: 'https://nbu.example.com/netbackup', api_key: '${PARIS_KEY}',
          request_timeout: '${SHORT}', max_in_flight: '${MAX:-7}'}]",
    );
    let paris = config.primary("paris").unwrap();
    let Credential::ApiKey(SecretSource::Inline(key)) = &paris.credential else {
        panic!("a key")
    };
    assert_eq!(key.expose_secret(), "key-of-paris");
    assert_eq!(
        (paris.request_timeout, paris.max_in_flight.get()),
        (Duration::from_secs(1), 7)
    );
    assert!(super::refused(&LEAST.replace("name:", "\"${NAME:-name}\":")).contains("unknown key"));
}

#[test]
fn aliases_and_merge_keys_spare_repetition() {
    let config = accepted(
        "primaries:
  - &base {name: paris, url: 'https://a.example.com/netbackup', api_key_file: &key /run/key, max_in_flight: 9}
  - <<: *base
    name: rome
    url: https://b.example.com/netbackup
  - {name: oslo, url: 'https://c.example.com/netbackup', api_key_file: *key}
",
    );
    assert_eq!(config.primary("rome").unwrap().max_in_flight.get(), 9);
    assert_eq!(
        config.primary("oslo").unwrap().credential,
        config.primary("rome").unwrap().credential
    );
}

#[test]
fn nothing_given_is_the_default() {
    let text = format!(
        "{LEAST}    tls_config:\n    proxy_url: ''\n    request_timeout: ~\ncollectors:\n  jobs: null\n"
    );
    let (with, without) = (accepted(&text), accepted(LEAST));
    assert_eq!(with.primaries, without.primaries);
}

#[test]
fn a_reload_knows_which_primaries_changed() {
    let two = |paris: &str, second: &str| {
        accepted(&format!(
            "{LEAST}    {paris}\n  - {{name: {second}, url: 'https://b.example.com/netbackup', api_key: x}}\n"
        ))
    };
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).into())
            .collect::<Vec<std::sync::Arc<str>>>()
    };
    let (old, new) = (
        two("max_in_flight: 4", "rome"),
        two("max_in_flight: 5", "oslo"),
    );
    let diff = Config::diff(&old, &new);
    let expected = Diff {
        added: names(&["oslo"]),
        removed: names(&["rome"]),
        changed: names(&["paris"]),
        unchanged: names(&[]),
    };
    assert_eq!(diff, expected);
    // A default written out is no change, nor is another order of keys.
    let diff = Config::diff(
        &old,
        &two("collectors: {storage: {interval: 300s}}", "rome"),
    );
    assert_eq!(
        (diff.unchanged, diff.changed.len()),
        (names(&["paris", "rome"]), 0)
    );
    // A common setting changes every primary that does not override it.
    let text = format!("{LEAST}collectors: {{jobs: {{interval: 2m}}}}\n");
    assert_eq!(
        Config::diff(&accepted(LEAST), &accepted(&text)).changed,
        names(&["paris"])
    );
}
