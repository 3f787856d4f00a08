//! `${NAME}`, `${NAME:-default}` and `$$` in values.
//!
//! Works on the parsed tree, so that a variable's value can never change the structure of the file, and never on keys.
//! A `$` before anything else stands for itself, as at the end of a regular expression.

use secrecy::zeroize::Zeroizing;

use super::problem::Problem;
use super::quote;
use super::tree::{Content, Node};
use crate::environment::Environment;

/// Expands all values below `node`.
pub(super) fn expand_tree(
    node: &mut Node,
    path: &str,
    environment: &Environment,
    problems: &mut Vec<Problem>,
) {
    match &mut node.content {
        Content::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                expand_tree(item, &format!("{path}[{index}]"), environment, problems);
            }
        }
        Content::Map(entries) => {
            for entry in entries {
                let dot = if path.is_empty() { "" } else { "." };
                let path = format!("{path}{dot}{}", quote::quote(&entry.key));
                expand_tree(&mut entry.value, &path, environment, problems);
            }
        }
        Content::Scalar(scalar) if scalar.text.contains('$') => {
            match expand(&scalar.text, environment) {
                Ok(text) => {
                    scalar.interpolated = scalar.text.contains("${");
                    scalar.text = text;
                }
                Err(faults) => {
                    problems.extend(faults.into_iter().map(|(what, remedy)| Problem {
                        place: node.place.clone(),
                        key: path.to_owned(),
                        what,
                        remedy,
                    }));
                    node.content = Content::Broken;
                }
            }
        }
        Content::Scalar(_) | Content::Null | Content::Broken => {}
    }
}

/// The text with every variable replaced, or what is wrong with each one, and the remedy.
fn expand(
    text: &str,
    environment: &Environment,
) -> Result<Zeroizing<String>, Vec<(String, String)>> {
    let mut expanded = Zeroizing::new(String::with_capacity(text.len()));
    let mut faults = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        if let Some(tail) = after.strip_prefix('$') {
            expanded.push('$');
            rest = tail;
        } else if let Some(inside) = after.strip_prefix('{') {
            let Some((reference, tail)) = inside.split_once('}') else {
                faults.push((
                    "${ without }".to_owned(),
                    "close the brace, or write $${ for the text ${".to_owned(),
                ));
                rest = "";
                break;
            };
            match variable(reference, environment) {
                Ok(value) => expanded.push_str(&value),
                Err(fault) => faults.push(fault),
            }
            rest = tail;
        } else {
            expanded.push('$');
            rest = after;
        }
    }
    expanded.push_str(rest);
    if faults.is_empty() {
        Ok(expanded)
    } else {
        Err(faults)
    }
}

fn variable(
    reference: &str,
    environment: &Environment,
) -> Result<Zeroizing<String>, (String, String)> {
    let (name, default) = match reference.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (reference, None),
    };
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    if !name.starts_with(letter) || !name.chars().all(|c| letter(c) || c.is_ascii_digit()) {
        let what = format!("{} is not the name of a variable", quote::always(name));
        return Err((
            what,
            "use letters, digits and _, or write $${ for the text ${".to_owned(),
        ));
    }
    match (environment.variable(name), default) {
        (Ok(Some(value)), None) => Ok(Zeroizing::new(value)),
        (Ok(Some(value)), Some(_)) if !value.is_empty() => Ok(Zeroizing::new(value)),
        (Ok(_), Some(default)) => Ok(Zeroizing::new(default.to_owned())),
        (Ok(None), None) => {
            let what = format!("the environment variable {name} is not set");
            Err((
                what,
                format!("set it, or give a default: ${{{name}:-default}}"),
            ))
        }
        (Err(_), _) => Err((
            format!("the environment variable {name} is not UTF-8 text"),
            "set it to UTF-8 text".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn expanded(text: &str) -> Result<String, Vec<(String, String)>> {
        let environment = Environment::of([
            ("HOST", "nbu.example.com"),
            ("EMPTY", ""),
            ("TRICK", "a: ${HOST} $$"),
        ]);
        expand(text, &environment).map(|text| text.to_string())
    }

    #[test]
    fn variables_defaults_and_dollars() {
        for (text, expected) in [
            ("https://${HOST}:1556", "https://nbu.example.com:1556"),
            ("${HOST}${HOST}", "nbu.example.comnbu.example.com"),
            ("${NONE:-x y}", "x y"),
            ("${NONE:-}", ""),
            ("${HOST:-x}", "nbu.example.com"),
            ("${EMPTY}", ""),
            ("${EMPTY:-x}", "x"),
            ("$$", "$"),
            ("$${HOST}", "${HOST}"),
            ("$$${HOST}", "$nbu.example.com"),
            ("^web.*$", "^web.*$"),
            ("$HOST", "$HOST"),
            ("${TRICK}", "a: ${HOST} $$"),
        ] {
            assert_eq!(expanded(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn every_wrong_reference_is_told() {
        let faults = expanded("${ONE} ${HOST} ${TWO} ${3}").unwrap_err();
        assert_eq!(faults.len(), 3);
        assert!(
            faults[0].0.contains("ONE")
                && faults[1].0.contains("TWO")
                && faults[2].0.contains("\"3\"")
        );
        for text in ["${", "${HOST", "${}", "${a b}", "${HOST-x}", "${ä}"] {
            assert!(expanded(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn escaped_text_comes_back_as_it_was(text in any::<String>()) {
            let escaped = text.replace('$', "$$");
            let expanded = expand(&escaped, &Environment::of([])).unwrap();
            prop_assert_eq!(expanded.as_str(), text);
        }

        #[test]
        fn a_value_is_inserted_verbatim(before in "[^$]*", value in any::<String>(), after in "[^$]*") {
            let environment = Environment::of([("V", value.as_str())]);
            let expanded = expand(&format!("{before}${{V}}{after}"), &environment).unwrap();
            prop_assert_eq!(expanded.as_str(), format!("{before}{value}{after}"));
        }

        #[test]
        fn no_text_panics(text in "[${}:A-Z\\-a ]*") {
            let _ = expand(&text, &Environment::of([("A", "x")]));
        }
    }
}
