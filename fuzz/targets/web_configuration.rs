//! A web configuration: read or refused with a place and a remedy; what is read is usable, and shows no secret.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use nbu_exporter::config::web::{Versions, WebConfig};

fuzz_target!(|text: &str| {
    let path = Path::new("/etc/exporter/web.yml");
    let read = WebConfig::parse(path, text);
    match &read {
        Ok(config) => {
            if let Some(tls) = &config.tls {
                for pem in [Some(&tls.certificate), Some(&tls.key), tls.client_ca.as_ref()].into_iter().flatten() {
                    let shown = format!("{pem:?}");
                    assert!(shown == "Inline" || shown.starts_with("File(\"/"), "{shown}");
                }
                assert!(!tls.client_auth.verifies() || tls.client_ca.is_some());
                assert!(tls.client_names.is_none() || tls.client_auth.requires());
                assert!(tls.curves.as_ref().is_none_or(|curves| !curves.is_empty()));
                // Without a suite there is TLS 1.3, which has its own.
                assert!(tls.versions != Versions::Tls12 || tls.suites.as_ref().is_none_or(|suites| !suites.is_empty()));
            }
            assert!(config.rate_limit.is_none_or(|limit| !limit.interval.is_zero()));
            for (_, value) in &config.headers {
                assert!(!value.as_bytes().contains(&b'\n'));
            }
            assert_eq!(format!("{:?}", config.users.decoy()), "PasswordHash");
        }
        Err(error) => {
            assert!(!error.problems.is_empty());
            for problem in &error.problems {
                assert!(!problem.what.is_empty() && !problem.remedy.is_empty(), "{problem}");
                assert!(!problem.to_string().contains(char::is_control), "{problem:?}");
            }
        }
    }
    assert_eq!(read, WebConfig::parse(path, text), "the same text means the same");
});
