//! Files: the configuration itself, those it is split into, and those it names.

use std::fs;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use nbu_exporter::config::{Config, SecretSource};
use nbu_exporter::environment::Environment;
use secrecy::ExposeSecret as _;

use super::LEAST;

/// A fresh directory with these files.
fn directory(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("config-{name}"));
    let _ = fs::remove_dir_all(&directory);
    for (name, content) in files {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    directory
}

fn refused(directory: &Path) -> String {
    let error =
        Config::load(&directory.join("nbu-exporter.yml"), &Environment::of([])).unwrap_err();
    error
        .to_string()
        .replace(&directory.display().to_string(), "DIR")
}

#[test]
fn primaries_come_from_several_files() {
    let one = |name: &str| {
        format!(
            "primaries: [{{name: {name}, url: 'https://{name}.example.com/netbackup', api_key_file: key}}]"
        )
    };
    let directory = directory(
        "split",
        &[
            (
                "nbu-exporter.yml",
                &format!(
                    "{LEAST}primaries_file: [sites/*.yml, extra.yml, 'none/../sites/r?me.yml']\n"
                ),
            ),
            ("sites/rome.yml", &one("rome")),
            ("sites/oslo.yml", &one("oslo")),
            ("sites/.hidden.yml", "not even read: ["),
            ("sites/readme.txt", "nor this: ["),
            ("extra.yml", &one("bonn")),
        ],
    );
    fs::create_dir(directory.join("none")).unwrap();
    let load = || Config::load(&directory.join("nbu-exporter.yml"), &Environment::of([]));
    let error = load().unwrap_err().to_string();
    assert!(
        error.contains("has a wildcard") || error.contains("the name \"rome\" is taken"),
        "{error}"
    );
    let main = format!("{LEAST}primaries_file: [sites/*.yml, extra.yml, later/*.yml]\n");
    fs::create_dir(directory.join("later")).unwrap();
    fs::write(directory.join("nbu-exporter.yml"), main).unwrap();
    let config = load().unwrap();
    let names: Vec<_> = config
        .primaries
        .iter()
        .map(|primary| &*primary.name)
        .collect();
    assert_eq!(names, ["paris", "oslo", "rome", "bonn"]);
    let key = config
        .primary("rome")
        .unwrap()
        .credential
        .secret()
        .file()
        .unwrap();
    assert_eq!(
        key,
        directory.join("sites/key"),
        "relative to the file in which it stands"
    );
    assert!(
        config.warnings[0]
            .to_string()
            .ends_with("primaries_file[2]: names no file yet")
    );
}

#[test]
fn problems_of_all_files_are_told_together() {
    let directory = directory(
        "problems",
        &[
            (
                "nbu-exporter.yml",
                &format!(
                    "{LEAST}    colour: red\nprimaries_file: [a.yml, b.yml, c.yml, '*/d.yml', nowhere/*.yml]\n"
                ),
            ),
            (
                "a.yml",
                "primaries: [{name: paris, url: 'https://a.example.com/netbackup', api_key: x}]\nlog: {}\n",
            ),
            ("b.yml", "primaries: [\n"),
        ],
    );
    assert_snapshot!(refused(&directory));
}

#[test]
fn a_file_that_is_no_configuration() {
    let directory = directory("junk", &[("nbu-exporter.yml/x", "")]);
    assert_snapshot!(refused(&directory));
    let path = directory.join("nbu-exporter.yml");
    fs::remove_dir_all(&path).unwrap();
    assert_snapshot!(refused(&directory));
    fs::write(&path, b"log:\n  level: \xff\xfe").unwrap();
    assert_snapshot!(refused(&directory));
    fs::write(&path, [0; 100]).unwrap();
    assert_snapshot!(refused(&directory));
    fs::write(&path, vec![b'#'; 17 << 20]).unwrap();
    assert_snapshot!(refused(&directory));
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_instead_of_waited_for() {
    let directory = directory("pipe", &[("x", "")]);
    let pipe = directory.join("nbu-exporter.yml");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .unwrap();
    assert!(made.success());
    assert_snapshot!(refused(&directory));
}

#[test]
fn named_files_are_tried_on_request_only() {
    let text = format!(
        "{LEAST}    tls_config: {{ca_file: ca.pem, cert_file: cert.pem, key_file: key.pem}}\n  - {{name: rome, url: 'https://b.example.com/netbackup', api_key_file: empty}}\n  - {{name: oslo, url: 'https://c.example.com/netbackup', api_key_file: two-lines}}\n"
    );
    let files = [
        ("nbu-exporter.yml", text.replace("/run/secrets", "gone")),
        (
            "ca.pem",
            "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n".to_owned(),
        ),
        ("cert.pem", "nothing".to_owned()),
        ("empty", " \n".to_owned()),
        ("two-lines", "hunter2\nhunter3\n".to_owned()),
    ];
    let directory = directory(
        "named",
        &files.each_ref().map(|(name, text)| (*name, text.as_str())),
    );
    let config = Config::load(&directory.join("nbu-exporter.yml"), &Environment::of([])).unwrap();
    let problems: Vec<_> = config
        .check_files()
        .iter()
        .map(ToString::to_string)
        .collect();
    let problems = problems
        .join("\n")
        .replace(&directory.display().to_string(), "DIR");
    assert!(!problems.contains("hunter"), "{problems}");
    assert_snapshot!(problems);
}

#[test]
fn a_secret_file_is_read_anew_each_time() {
    let directory = directory("secret", &[("key", " one \n")]);
    let source = SecretSource::File(directory.join("key"));
    assert_eq!(source.read().unwrap().expose_secret(), "one");
    fs::write(directory.join("key"), "two").unwrap();
    assert_eq!(source.read().unwrap().expose_secret(), "two");
    fs::remove_file(directory.join("key")).unwrap();
    assert!(
        source
            .read()
            .unwrap_err()
            .to_string()
            .contains("cannot read")
    );
}
