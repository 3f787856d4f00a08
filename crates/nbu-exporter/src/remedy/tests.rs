mod collectors;
mod handshake;
mod url;

use std::path::Path;
use std::sync::Arc;

use nbu_client::{Client, RetryPolicy};

use super::*;
use crate::clock::Clock;
use crate::config::Config;
use crate::environment::Environment;
use crate::primary::{Material, Traffic, build};

fn primary(keys: &str) -> config::Primary {
    at("https://nbu.example.com:1556/netbackup", keys)
}

fn at(url: &str, keys: &str) -> config::Primary {
    let text = format!("primaries: [{{name: paris, url: '{url}', {keys}}}]");
    let mut config = Config::parse(Path::new("/c.yml"), &text, &Environment::of([])).unwrap();
    config.primaries.remove(0)
}

/// The client that the exporter makes of a primary, with one attempt per call.
fn client(primary: &config::Primary) -> Client {
    let material = Material::read(primary).unwrap();
    let observer = Arc::new(Traffic::default());
    let builder = material
        .builder(primary, observer, Clock::system())
        .unwrap();
    build(builder.retry(RetryPolicy::never()), primary).unwrap()
}

#[test]
fn every_reason_but_ours_has_something_to_do() {
    let primary = primary("api_key: k");
    for reason in Reason::ALL {
        let text = remedy(reason, &Facts::default(), &primary, Reader::Log);
        let ours = matches!(reason, Reason::Ok | Reason::Closed);
        assert_eq!(text.is_empty(), ours, "{reason}: {text}");
    }
}

#[test]
fn a_refused_version_has_one_advice_whatever_the_status() {
    let given = primary("api_key: k, api_version: '12.0'");
    let detected = primary("api_key: k");
    for status in [400, 406, 415] {
        let facts = Facts {
            status: Some(status),
            ..Facts::default()
        };
        let told = remedy(Reason::NotSupported, &facts, &given, Reader::Log);
        assert!(told.contains("remove api_version"), "{status}: {told}");
        let told = remedy(Reason::NotSupported, &facts, &detected, Reader::Log);
        assert!(told.contains("refuses every version"), "{status}: {told}");
    }
}

#[test]
fn a_limit_is_named_and_a_disk_is_none() {
    let primary = primary("api_key: k");
    let told = |error: &CollectError| {
        let facts = Facts::from(error);
        remedy(error.reason(), &facts, &primary, Reader::Log)
    };
    let long = told(&CollectError::TooLong { pages: 7 });
    assert!(long.contains("raise limits.pages"), "{long}");
    let unkept = Facts {
        unkept: true,
        ..Facts::default()
    };
    assert!(remedy(Reason::Limit, &unkept, &primary, Reader::Log).contains("--storage.path"));
}

#[test]
fn it_names_what_the_configuration_names() {
    let facts = Facts {
        permission: Some("|MANAGE|JOBS|"),
        ..Facts::default()
    };
    let file = primary("api_key_file: /run/secrets/paris");
    let login = primary("login: {domain_type: vx, user_name: monitor, password: very-secret}");
    let proxied = primary("api_key: k, proxy_url: 'http://me:very-secret@proxy:3128'");
    let told = |reason, primary: &config::Primary| remedy(reason, &facts, primary, Reader::Log);
    assert!(told(Reason::Unauthorized, &file).contains("/run/secrets/paris"));
    assert!(told(Reason::Unauthorized, &login).contains("monitor"));
    assert!(told(Reason::Forbidden, &login).contains("|MANAGE|JOBS|"));
    assert!(told(Reason::Connect, &file).contains("nbu.example.com is its name and 1556"));
    assert!(told(Reason::Connect, &proxied).contains("proxy:3128"));
    for primary in [&file, &login, &proxied] {
        for reason in Reason::ALL {
            assert!(!told(reason, primary).contains("very-secret"));
        }
    }
}
