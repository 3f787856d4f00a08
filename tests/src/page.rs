//! A scrape in the text format, parsed: an implementation of its own, so that it can disagree with the exporter's writer.

use std::collections::BTreeMap;

/// One sample's identity: its name and its labels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series {
    /// The sample's name.
    pub name: String,
    /// Label names and values, sorted by name.
    pub labels: BTreeMap<String, String>,
}

/// A parsed metrics page.
#[derive(Debug, Clone)]
pub struct Page {
    text: String,
    samples: BTreeMap<Series, f64>,
    types: BTreeMap<String, String>,
}

impl Page {
    /// Parses a page; panics where it is not valid, with the line.
    pub fn parse(text: &str) -> Self {
        let mut samples = BTreeMap::new();
        let mut types = BTreeMap::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(declared) = line.strip_prefix("# TYPE ") {
                let (name, kind) = declared
                    .split_once(' ')
                    .unwrap_or_else(|| panic!("TYPE without a type: {line}"));
                assert!(
                    types.insert(name.to_owned(), kind.to_owned()).is_none(),
                    "two TYPE lines: {line}"
                );
            } else if !line.starts_with('#') {
                let (series, value) = sample(line);
                assert!(
                    samples.insert(series, value).is_none(),
                    "a series twice: {line}"
                );
            }
        }
        Self {
            text: text.to_owned(),
            samples,
            types,
        }
    }

    /// The page as it came.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many families are declared.
    pub fn families(&self) -> usize {
        self.types.len()
    }

    /// How many series there are.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there are no series at all.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// The value of exactly this series.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = labels
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        self.samples
            .get(&Series {
                name: name.to_owned(),
                labels,
            })
            .copied()
    }

    /// The reason that the collector of a primary gives for how it is.
    pub fn reason(&self, primary: &str, collector: &str) -> Option<&str> {
        let labels = [("primary", primary), ("collector", collector)];
        let status = "netbackup_exporter_collector_status";
        self.samples
            .keys()
            .find(|series| {
                series.name == status
                    && labels.iter().all(|(name, value)| {
                        series.labels.get(*name).is_some_and(|found| found == value)
                    })
            })
            .and_then(|series| series.labels.get("reason"))
            .map(String::as_str)
    }

    /// Every series of this name that carries at least these labels.
    pub fn select<'a>(
        &'a self,
        name: &'a str,
        labels: &'a [(&'a str, &'a str)],
    ) -> impl Iterator<Item = (&'a Series, f64)> {
        let carries = move |series: &Series| {
            labels
                .iter()
                .all(|(name, value)| series.labels.get(*name).is_some_and(|found| found == value))
        };
        self.samples
            .iter()
            .filter(move |(series, _)| series.name == name && carries(series))
            .map(|(series, value)| (series, *value))
    }

    /// Every series.
    pub fn select_all(&self) -> impl Iterator<Item = (&Series, f64)> {
        self.samples.iter().map(|(series, value)| (series, *value))
    }

    /// The values of [`Page::select`].
    pub fn values(&self, name: &str, labels: &[(&str, &str)]) -> Vec<f64> {
        self.select(name, labels).map(|(_, value)| value).collect()
    }

    /// The sum over [`Page::select`].
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.select(name, labels).map(|(_, value)| value).sum()
    }

    /// Whether any series of this name carries at least these labels.
    pub fn has(&self, name: &str, labels: &[(&str, &str)]) -> bool {
        self.select(name, labels).next().is_some()
    }
}

fn sample(line: &str) -> (Series, f64) {
    let end = line
        .find(['{', ' '])
        .unwrap_or_else(|| panic!("a sample without a value: {line}"));
    let (name, rest) = line.split_at(end);
    let (labels, value) = match rest.strip_prefix('{') {
        Some(inner) => labels(inner, line),
        None => (BTreeMap::new(), rest),
    };
    let value = match value.trim() {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        number => number
            .parse()
            .unwrap_or_else(|_| panic!("not a number: {line}")),
    };
    (
        Series {
            name: name.to_owned(),
            labels,
        },
        value,
    )
}

/// Reads `a="b",c="d"} rest`; returns the labels and the rest.
fn labels<'a>(mut rest: &'a str, line: &str) -> (BTreeMap<String, String>, &'a str) {
    let mut labels = BTreeMap::new();
    loop {
        rest = rest.strip_prefix(',').unwrap_or(rest);
        if let Some(after) = rest.strip_prefix('}') {
            return (labels, after);
        }
        let (name, quoted) = rest
            .split_once("=\"")
            .unwrap_or_else(|| panic!("labels do not end: {line}"));
        let mut value = String::new();
        let mut characters = quoted.char_indices();
        let end = loop {
            match characters.next() {
                Some((at, '"')) => break at,
                Some((_, '\\')) => match characters.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, escaped @ ('\\' | '"'))) => value.push(escaped),
                    other => panic!("an unknown escape {other:?}: {line}"),
                },
                Some((_, character)) => value.push(character),
                None => panic!("a label value does not end: {line}"),
            }
        };
        assert!(
            labels.insert(name.to_owned(), value).is_none(),
            "a label twice: {line}"
        );
        rest = &quoted[end + 1..];
    }
}
