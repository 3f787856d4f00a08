//! A strict reader of both text formats. It shares nothing with what writes them.

use super::model::{Family, Model, Reading, bits};

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Dialect {
    Text,
    OpenMetrics,
}

struct Reader<'a> {
    dialect: Dialect,
    model: Model,
    /// Complete name of the family whose block it is.
    current: &'a str,
}

/// Reads a whole exposition; panics where it breaks a rule of its format.
pub(super) fn read(page: &str, dialect: Dialect) -> Model {
    let families = match dialect {
        Dialect::Text => page,
        Dialect::OpenMetrics => page.strip_suffix("# EOF\n").expect("ends in EOF"),
    };
    assert!(families.is_empty() || families.ends_with('\n'));
    let mut reader = Reader {
        dialect,
        model: Model::new(),
        current: "",
    };
    let mut lines = families.split_terminator('\n').peekable();
    while let Some(line) = lines.next() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let kind = lines.next().and_then(|next| next.strip_prefix("# TYPE "));
            reader.open(help, kind.expect("TYPE follows HELP"));
        } else {
            assert!(!line.starts_with('#'), "comment in a block: {line}");
            reader.sample(line);
        }
    }
    reader.model
}

impl<'a> Reader<'a> {
    fn open(&mut self, help: &'a str, kind: &'a str) {
        let (name, help) = help.split_once(' ').expect("help text");
        let (typed, kind) = kind.split_once(' ').expect("type");
        assert_eq!(name, typed);
        let counter = self.dialect == Dialect::OpenMetrics && kind == "counter";
        let complete = if counter {
            format!("{name}_total")
        } else {
            name.to_owned()
        };
        let family = Family {
            help: help.to_owned(),
            kind: kind.to_owned(),
            ..Family::default()
        };
        let before = self.model.insert(complete, family);
        assert!(before.is_none(), "{name} has two blocks");
        self.current = name;
    }

    fn sample(&mut self, line: &str) {
        let end = line.find(['{', ' ']).expect("a name");
        let (name, rest) = line.split_at(end);
        let (mut labels, value) = labels(rest);
        let written = value.strip_prefix(' ').expect("a blank before the value");
        let value = number(written);
        let suffix = name
            .strip_prefix(self.current)
            .expect("a sample of the open family");
        let total = self.dialect == Dialect::OpenMetrics && suffix == "_total";
        let complete = if total { name } else { self.current };
        let family = self.model.get_mut(complete).expect("an open family");
        assert_eq!(
            total,
            self.dialect == Dialect::OpenMetrics && family.kind == "counter"
        );
        if family.kind != "histogram" {
            assert!(total || suffix.is_empty(), "{line}");
            let before = family.series.insert(labels, Reading::Number(bits(value)));
            assert!(before.is_none(), "twice: {line}");
            return;
        }
        let le = labels
            .iter()
            .position(|(name, _)| name == "le")
            .map(|at| labels.remove(at).1);
        let empty = Reading::Histogram {
            sum: 0,
            count: 0,
            buckets: Vec::new(),
        };
        let Reading::Histogram {
            sum,
            count,
            buckets,
        } = family.series.entry(labels).or_insert(empty)
        else {
            panic!("a number among histograms: {line}");
        };
        match (suffix, le) {
            ("_sum", None) => *sum = bits(value),
            ("_count", None) => *count = whole(written),
            ("_bucket", Some(le)) => buckets.push((bits(number(&le)), whole(written))),
            other => panic!("{other:?}: {line}"),
        }
    }
}

/// The labels in their order, and what stands behind them.
fn labels(text: &str) -> (Vec<(String, String)>, &str) {
    let Some(mut rest) = text.strip_prefix('{') else {
        return (Vec::new(), text);
    };
    let mut labels = Vec::new();
    loop {
        let (name, behind) = rest.split_once("=\"").expect("a label");
        let mut value = String::new();
        let mut characters = behind.char_indices();
        let end = loop {
            match characters.next().expect("a closing quote") {
                (at, '"') => break at,
                (_, '\\') => value.push(match characters.next().expect("an escape").1 {
                    'n' => '\n',
                    same @ ('\\' | '"') => same,
                    other => panic!("escape of {other}"),
                }),
                (_, other) => value.push(other),
            }
        };
        labels.push((name.to_owned(), value));
        let behind = &behind[end + 1..];
        if let Some(after) = behind.strip_prefix('}') {
            return (labels, after);
        }
        rest = behind.strip_prefix(',').expect("a comma between labels");
    }
}

fn whole(text: &str) -> u64 {
    text.parse().expect("a whole number")
}

/// As strict as the strictest scraper: exactly these words, and no others, for what is not finite.
fn number(text: &str) -> f64 {
    match text {
        "NaN" => f64::NAN,
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        _ => {
            assert!(
                text.bytes()
                    .all(|b| matches!(b, b'0'..=b'9' | b'.' | b'-' | b'e')),
                "{text}"
            );
            text.parse().expect("a number")
        }
    }
}
