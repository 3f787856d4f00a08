//! What is in effect, and that no secret is ever in it.

use insta::assert_snapshot;
use nbu_exporter::config::{Config, Effective, schema, web};

use super::{FULL, LEAST, accepted};

#[test]
fn the_effective_configuration_has_every_key_and_its_default() {
    assert_snapshot!(accepted(LEAST).effective().yaml());
}

#[test]
fn the_effective_configuration_means_the_same() {
    let full = FULL.replace("telemetry: {anything: goes}", "");
    for text in [LEAST, &full] {
        let config = accepted(text);
        let again = accepted(&config.effective().yaml());
        assert_eq!(config.primaries, again.primaries);
        assert_eq!(config.effective(), again.effective());
        assert_eq!(
            (config.log_level, config.auth_exempt),
            (again.log_level, again.auth_exempt)
        );
    }
}

#[test]
fn no_key_of_the_table_is_forgotten() {
    fn compare(path: &str, keys: &[schema::Key], effective: &Effective) {
        let Effective::Map(entries) = effective else {
            panic!("{path} is not a map")
        };
        let names: Vec<_> = entries.iter().map(|(name, _)| name.as_str()).collect();
        for key in keys {
            // What does nothing yet is shown only when it is given.
            if !key.effective && !names.contains(&key.name) {
                continue;
            }
            let path = format!("{path}.{}", key.name);
            let value = names
                .iter()
                .position(|name| *name == key.name)
                .map(|at| &entries[at].1);
            let value =
                value.unwrap_or_else(|| panic!("{path} is in the table and nothing reads it"));
            match (key.kind, value) {
                // One of several ways, and another one was taken.
                (schema::Kind::Section(_), Effective::Null) => {}
                (schema::Kind::Section(below), value) => compare(&path, below, value),
                (schema::Kind::Sections(below), Effective::List(items)) => {
                    for item in items {
                        compare(&path, below, item);
                    }
                }
                _ => {}
            }
        }
    }
    compare("", schema::ROOT, accepted(FULL).effective());
}

#[test]
fn secrets_are_shown_nowhere() {
    let text = "\
primaries:
  - {name: a, url: 'https://a.example.com/netbackup', api_key: s3cr3t-key, proxy_url: 'http://me:s3cr3t-proxy@proxy.example.com:3128'}
  - {name: b, url: 'https://b.example.com/netbackup', login: {domain_type: vx, user_name: u, password: s3cr3t-password}}
";
    let config = accepted(text);
    let yaml = config.effective().yaml();
    let json = serde_json::to_string(config.effective()).unwrap();
    for shown in [
        format!("{config:?}"),
        format!("{config:#?}"),
        yaml.clone(),
        json,
    ] {
        assert!(!shown.contains("s3cr3t"), "{shown}");
    }
    assert!(
        yaml.contains("api_key: \"<secret>\"") && yaml.contains("password: \"<secret>\""),
        "{yaml}"
    );
    assert!(
        yaml.contains("proxy_url: \"http://<secret>@proxy.example.com:3128\""),
        "{yaml}"
    );
    assert_eq!(
        config,
        accepted(text),
        "equal, though the secrets cannot be seen"
    );
    let changed = accepted(&text.replace("s3cr3t-key", "0ther-key"));
    assert_ne!(
        config.primaries, changed.primaries,
        "and a changed key is a change"
    );
    assert_eq!(Config::diff(&config, &changed).changed.len(), 1);
}

#[test]
fn the_documented_reference_is_that_of_the_table() {
    for (page, table) in [
        ("configuration.md", schema::reference()),
        ("web-configuration.md", schema::reference_of(web::ROOT)),
    ] {
        let path = format!("{}/docs/{page}", env!("CARGO_MANIFEST_DIR"));
        let page = std::fs::read_to_string(&path).unwrap_or_default();
        let (_, documented) = page.split_once("<!-- keys -->\n\n").unwrap_or_default();
        assert!(
            documented == table,
            "after `<!-- keys -->` {path} must have:\n\n{table}"
        );
    }
}
