//! Files: the configuration itself, those it is split into, and those it names.

use std::fs;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use nbu_exporter::config::{Config, SecretKind, SecretSource};
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

/// Contents of a key file, each with what is said of it. `None`: it is the key.
#[test]
fn what_is_no_key_alone_is_named() {
    let directory = directory("keys", &[("dir/x", "")]);
    let answer = r#"{"data": {"type": "apiKey", "attributes": {"apiKey": "hunter2", "expireAfterDays": "P30D"}}}"#;
    let utf16 = |text: &str| -> Vec<u8> {
        let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    let bare: Vec<u8> = "hunter2"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let text = |text: &str| text.as_bytes().to_vec();
    let table: Vec<(Vec<u8>, Option<&str>)> = vec![
        (text("hunter2"), None),
        (text("hunter2\n"), None),
        (text("hunter2\r\n\r\n"), None),
        (text("\u{feff}hunter2\r\n"), None),
        (text("\thunter2 "), None),
        (text("hunter2=="), None),
        (text("\u{feff}"), Some("is empty")),
        (text(""), Some("is empty")),
        (text("hunter2\nhunter3\n"), Some("more than one line")),
        (
            text("hunt\u{200b}er2"),
            Some("holds U+200B (zero width space) at position 5, which cannot be sent"),
        ),
        (
            text("hunter2\u{feff}"),
            Some("holds U+FEFF (byte order mark) at position 8"),
        ),
        (text("hunter\u{2013}2"), Some("holds U+2013 at position 7")),
        (text("hunt\u{e9}r"), Some("holds U+00E9 at position 5")),
        (text("hunt\0er"), Some("holds U+0000 (NUL) at position 5")),
        (text("hunt\ter"), Some("holds U+0009 (tab) at position 5")),
        (text("\"hunter2\""), Some("remove the quotes")),
        (text("'hunter2'\n"), Some("remove the quotes")),
        (text("\u{201c}hunter2\u{201d}"), Some("remove the quotes")),
        (text("API_KEY=hunter2"), Some("sets a variable")),
        (text("export NBU_KEY='hunter2'"), Some("remove the quotes")),
        (text("export NBU_KEY=hunter2"), Some("sets a variable")),
        (text("$env:NBU_KEY = hunter2"), Some("sets a variable")),
        (
            text("Authorization: hunter2"),
            Some("the name of the header"),
        ),
        (
            text("authorization:hunter2"),
            Some("the name of the header"),
        ),
        (text("Bearer hunter2"), Some("begins with Bearer")),
        (text("api_key: hunter2"), Some("a name and a colon")),
        (
            text(answer),
            Some("write the value of data.attributes.apiKey alone"),
        ),
        (
            text(&answer.replace(' ', "\n")),
            Some("write the value of data.attributes.apiKey alone"),
        ),
        (
            text("{\"apiKey\": \"hunter2\"}"),
            Some("is JSON, not an API key"),
        ),
        (
            text("-----BEGIN CERTIFICATE-----\nhunter2\n"),
            Some("is a PEM file"),
        ),
        (utf16("hunter2"), Some("is UTF-16 text")),
        (bare, Some("is UTF-16 text")),
        (b"hunter2\xff".to_vec(), Some("is not UTF-8 text")),
        (vec![b'x'; 65 * 1024], Some("is longer than 65536 bytes")),
    ];
    for (content, words) in table {
        fs::write(directory.join("key"), &content).unwrap();
        let read = SecretSource::File(directory.join("key")).read(SecretKind::ApiKey);
        match (read, words) {
            (Ok(key), None) => assert!(key.expose_secret().starts_with("hunter2")),
            (Err(error), Some(words)) => {
                let told = error.to_string();
                assert!(told.contains(words), "{words:?} is missing: {told}");
                assert!(!told.contains("hunter"), "{told}");
            }
            (read, words) => panic!("{words:?} expected of {content:?}: {read:?}"),
        }
    }
    let directory = SecretSource::File(directory.join("dir")).read(SecretKind::ApiKey);
    assert!(
        directory
            .unwrap_err()
            .to_string()
            .contains("not a regular file")
    );
}

/// A password is sent in a body: it may hold what a key may not.
#[test]
fn a_password_may_hold_any_line() {
    let directory = directory("passwords", &[("x", "")]);
    for (content, outcome) in [
        ("\u{feff}hunter2\r\n", Ok("hunter2")),
        ("\"hunter2\"", Ok("\"hunter2\"")),
        ("API_KEY=hunter2", Ok("API_KEY=hunter2")),
        ("{hunt\u{e9}r: 2}", Ok("{hunt\u{e9}r: 2}")),
        ("hunter2\nhunter3", Err("more than one line")),
        ("hunt\u{7}er", Err("control character U+0007")),
        (" \n", Err("is empty")),
    ] {
        fs::write(directory.join("password"), content).unwrap();
        let read = SecretSource::File(directory.join("password")).read(SecretKind::Password);
        match (read, outcome) {
            (Ok(password), Ok(expected)) => assert_eq!(password.expose_secret(), expected),
            (Err(error), Err(words)) => {
                let told = error.to_string();
                assert!(told.contains(words) && !told.contains("hunter"), "{told}");
            }
            (read, outcome) => panic!("{outcome:?} expected of {content:?}: {read:?}"),
        }
    }
}

#[test]
fn a_secret_file_is_read_anew_each_time() {
    let directory = directory("secret", &[("key", " one \n")]);
    let source = SecretSource::File(directory.join("key"));
    assert_eq!(
        source.read(SecretKind::ApiKey).unwrap().expose_secret(),
        "one"
    );
    fs::write(directory.join("key"), "two").unwrap();
    assert_eq!(
        source.read(SecretKind::ApiKey).unwrap().expose_secret(),
        "two"
    );
    fs::remove_file(directory.join("key")).unwrap();
    assert!(
        source
            .read(SecretKind::ApiKey)
            .unwrap_err()
            .to_string()
            .contains("cannot read")
    );
}
