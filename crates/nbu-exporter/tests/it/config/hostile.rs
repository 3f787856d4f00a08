//! Whatever the file holds: an answer, never a panic, never a hang.

use std::fmt::Write as _;
use std::path::Path;

use nbu_exporter::config::Config;
use nbu_exporter::environment::Environment;
use proptest::prelude::*;

use super::{FULL, LEAST, accepted, parse, refused};

#[test]
fn aliases_that_multiply_are_stopped() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let below = format!("*a{}", level - 1);
        writeln!(bomb, "a{level}: &a{level} [{}]", vec![below; 10].join(", ")).unwrap();
    }
    let text = refused(&bomb);
    assert!(text.contains("once its aliases are written out"), "{text}");
}

#[test]
fn an_alias_of_itself_is_refused() {
    assert!(refused("a: &a [*a]\n").contains("contains itself"));
}

#[test]
fn aliases_cannot_nest_beyond_the_limit() {
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..40 {
        writeln!(text, "a{level}: &a{level} [*a{}]", level - 1).unwrap();
    }
    assert!(refused(&text).contains("nested more than"));
}

#[test]
fn deep_nesting_is_refused() {
    for depth in [33, 200, 1000, 100_000] {
        for text in [
            "[".repeat(depth),
            "{a: ".repeat(depth),
            format!("{}x", "- ".repeat(depth)),
        ] {
            let error = refused(&text);
            assert!(
                error.contains("nested more than") || error.contains("this is not YAML"),
                "{error}"
            );
        }
    }
}

#[test]
fn long_things_are_cut_in_errors() {
    let long = "x".repeat(1 << 20);
    let mut error = refused(&format!("log: {{level: {long}}}\n"));
    error.push_str(&refused(&format!("? {long}\n: 1\n")));
    assert!(error.len() < 1000, "{}", error.len());
}

#[test]
fn many_mistakes_are_told_up_to_a_limit() {
    let mut text = LEAST.to_owned();
    for key in 0..20_000 {
        writeln!(text, "key{key}: 1").unwrap();
    }
    assert_eq!(parse(&text).unwrap_err().problems.len(), 100);
}

#[test]
fn a_thousand_primaries_are_a_usual_file() {
    let mut text = "primaries:\n".to_owned();
    for number in 0..1000 {
        writeln!(text, "  - {{name: p{number}, url: 'https://p{number}.example.com/netbackup', api_key_file: key}}").unwrap();
    }
    assert_eq!(accepted(&text).primaries.len(), 1000);
}

/// One change to a text: what is removed where, and what is put there.
fn mutation() -> impl Strategy<Value = (prop::sample::Index, usize, String)> {
    let pieces = prop::sample::select(vec![
        "",
        " ",
        "\n",
        "\t",
        ":",
        "-",
        "- ",
        "[",
        "]",
        "{",
        "}",
        "&a ",
        "*a",
        "<<: ",
        "\"",
        "'",
        "|",
        ">",
        "#",
        "!x ",
        "? ",
        "%",
        "${",
        "${SHORT}",
        "$",
        "~",
        "---\n",
        "\u{feff}",
        "\0",
        "\u{85}",
        "é",
        "-1",
        "1e999",
        "99999999999999999999999",
    ]);
    (
        any::<prop::sample::Index>(),
        0..12_usize,
        pieces.prop_map(str::to_owned),
    )
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("any-bytes.yml");
        std::fs::write(&path, &bytes).unwrap();
        let _ = Config::load(&path, &Environment::of([]));
    }

    #[test]
    fn any_text_of_yaml_signs_gets_an_answer(text in "[-:\\[\\]{}&*!|>'\"%@`#?,<~$ a0\n\t]{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn a_damaged_configuration_gets_an_answer(changes in prop::collection::vec(mutation(), 1..8)) {
        let mut text: Vec<char> = FULL.chars().collect();
        for (at, removed, piece) in changes {
            let at = at.index(text.len() + 1);
            let end = (at + removed).min(text.len());
            text.splice(at..end, piece.chars());
        }
        let text: String = text.into_iter().collect();
        if let Err(error) = parse(&text) {
            prop_assert!(!error.problems.is_empty());
            for problem in error.problems {
                prop_assert!(!problem.what.is_empty() && !problem.remedy.is_empty());
                prop_assert!(problem.place.line <= text.lines().count() + 1, "{problem}");
                prop_assert!(!problem.to_string().contains(char::is_control), "{problem:?}");
            }
        }
    }
}
