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
    /// Name of the family whose block it is, and what its samples have behind it.
    current: &'a str,
    suffix: &'static str,
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
        suffix: "",
    };
    let mut lines = families.split_terminator('\n').peekable();
    while let Some(line) = lines.next() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let kind = lines.next().and_then(|next| next.strip_prefix("# TYPE "));
            let unit = lines.next_if(|next| next.starts_with("# UNIT "));
            reader.open(
                help,
                kind.expect("TYPE follows HELP"),
                unit.and_then(|unit| unit.strip_prefix("# UNIT ")),
            );
        } else {
            assert!(!line.starts_with('#'), "comment in a block: {line}");
            reader.sample(line);
        }
    }
    reader.model
}

impl<'a> Reader<'a> {
    fn open(&mut self, help: &'a str, kind: &'a str, unit: Option<&'a str>) {
        let (name, help) = help.split_once(' ').expect("help text");
        let (typed, kind) = kind.split_once(' ').expect("type");
        assert_eq!(name, typed);
        let suffix = self.suffix(kind);
        let complete = format!("{name}{suffix}");
        let allowed: &[&str] = match self.dialect {
            Dialect::Text => &["counter", "gauge", "histogram"],
            Dialect::OpenMetrics => &["counter", "gauge", "histogram", "info"],
        };
        assert!(allowed.contains(&kind), "type of {name}: {kind}");
        if let Some(unit) = unit {
            let (of, unit) = unit.split_once(' ').expect("unit");
            assert_eq!(of, name);
            assert_eq!(self.dialect, Dialect::OpenMetrics);
            assert_ne!(kind, "info", "an info has no unit");
            let before = name.strip_suffix(unit).expect("the name ends in the unit");
            assert!(before.ends_with('_') && before.len() > 1, "{name}: {unit}");
        }
        let unit = unit.and_then(|unit| unit.split_once(' '));
        let family = Family {
            help: help.to_owned(),
            kind: kind.to_owned(),
            unit: unit.map_or_else(String::new, |(_, unit)| unit.to_owned()),
            ..Family::default()
        };
        let before = self.model.insert(complete, family);
        assert!(before.is_none(), "{name} has two blocks");
        (self.current, self.suffix) = (name, suffix);
    }

    /// What the samples of a family have behind its name.
    fn suffix(&self, kind: &str) -> &'static str {
        match (self.dialect, kind) {
            (Dialect::OpenMetrics, "counter") => "_total",
            (Dialect::OpenMetrics, "info") => "_info",
            _ => "",
        }
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
        let complete = format!("{}{}", self.current, self.suffix);
        let family = self.model.get_mut(&complete).expect("an open family");
        if family.kind != "histogram" {
            assert_eq!(suffix, self.suffix, "{line}");
            assert!(self.suffix != "_info" || written == "1", "{line}");
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
