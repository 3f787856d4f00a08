//! Reading one map by the keys it may have: each value is parsed, each problem told with its place, and what is in
//! effect recorded.

mod values;

use std::cell::RefCell;

use super::effective::Effective;
use super::findings::Findings;
use super::problem::{Place, Problem};
use super::quote;
use super::schema::{self, Key, Kind};
use super::suggestion;
use super::tree::{Content, Node};
use super::value::Fault;

/// A map of the configuration, with the maps whose values hold where it is silent.
#[derive(Debug)]
pub(super) struct Section<'a> {
    findings: &'a Findings,
    keys: &'static [Key],
    place: Place,
    layers: Vec<Layer<'a>>,
    effective: RefCell<Vec<(String, Effective)>>,
}

#[derive(Debug, Clone)]
struct Layer<'a> {
    node: &'a Node,
    path: String,
}

/// A value that was given.
#[derive(Debug)]
pub(super) struct Given<'a> {
    pub(super) node: &'a Node,
    pub(super) path: String,
    key: &'static Key,
}

impl<'a> Section<'a> {
    /// The map `node`, found at `path`.
    pub(super) fn new(
        findings: &'a Findings,
        keys: &'static [Key],
        node: &'a Node,
        path: &str,
    ) -> Self {
        let layers = vec![Layer {
            node,
            path: path.to_owned(),
        }];
        let section = Self {
            findings,
            keys,
            place: node.place.clone(),
            layers,
            effective: RefCell::default(),
        };
        section.refuse_unknown(node, path);
        section
    }

    /// This map, with the values of `below` where it is silent.
    pub(super) fn over(mut self, below: &Section<'a>) -> Self {
        self.layers.extend(below.layers.iter().cloned());
        self
    }

    /// The path of the key `name` of this map.
    pub(super) fn path(&self, name: &str) -> String {
        self.layers
            .first()
            .map(|layer| join(&layer.path, name))
            .unwrap_or_default()
    }

    /// Reads the map under `name`, which may be absent.
    pub(super) fn nested<T>(&self, name: &'static str, read: impl FnOnce(&Section<'a>) -> T) -> T {
        let section = self.child(name);
        let value = read(&section);
        self.record(name, section.into_effective());
        value
    }

    /// The map under `name`: its own layer and those below, as far as they have it.
    pub(super) fn child(&self, name: &'static str) -> Section<'a> {
        let keys = match self.kind(name) {
            Some(Kind::Section(keys)) => keys,
            _ => &[],
        };
        let given = self.all_given(name);
        let place = given
            .first()
            .map_or(&self.place, |given| &given.node.place)
            .clone();
        let is_map = |given: &Given<'_>| {
            let map = matches!(given.node.content, Content::Map(_));
            if !map {
                self.refuse(
                    given,
                    "must be a map of keys and values",
                    "write its keys below it, indented",
                );
            }
            map
        };
        let layers = given.into_iter().filter(is_map);
        let layers: Vec<_> = layers
            .map(|given| Layer {
                node: given.node,
                path: given.path,
            })
            .collect();
        let section = Section {
            findings: self.findings,
            keys,
            place,
            layers,
            effective: RefCell::default(),
        };
        // Without a table there is nothing to compare with.
        for layer in section.layers.iter().filter(|_| !keys.is_empty()) {
            section.refuse_unknown(layer.node, &layer.path);
        }
        section
    }

    /// The maps of the list under `name`.
    pub(super) fn list(&self, name: &'static str) -> Vec<Section<'a>> {
        let Some(given) = self.given(name) else {
            return Vec::new();
        };
        let Kind::Sections(keys) = given.key.kind else {
            return Vec::new();
        };
        let Content::List(items) = &given.node.content else {
            self.refuse(&given, "must be a list", "begin each entry with a dash");
            return Vec::new();
        };
        let mut sections = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let path = format!("{}[{index}]", given.path);
            if matches!(item.content, Content::Map(_)) {
                sections.push(Section::new(self.findings, keys, item, &path));
            } else {
                let fault = Fault::new(
                    "must be a map of keys and values",
                    "write for example - name: paris",
                );
                self.findings.malformed(&item.place, &path, fault);
            }
        }
        sections
    }

    /// The value of `name`; the default when it is wrong or not given, `None` when there is none.
    pub(super) fn read<T>(
        &self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, Fault>,
        show: impl Fn(&T) -> Effective,
    ) -> Option<T> {
        let given = self
            .given(name)
            .and_then(|given| self.parse(&given, &parse));
        let default = || schema::find(self.keys, name).map(|key| key.default);
        let default = || default().filter(|default| !default.is_empty());
        let value = given.or_else(|| default().and_then(|default| parse(default).ok()));
        self.record(name, value.as_ref().map_or(Effective::Null, show));
        value
    }

    /// The value given for `name` in the uppermost layer that has one. Warns when nothing reads the key yet.
    pub(super) fn given(&self, name: &str) -> Option<Given<'a>> {
        self.all_given(name).into_iter().next()
    }

    /// Parses the scalar that was given; tells what is wrong with it.
    pub(super) fn parse<T>(
        &self,
        given: &Given<'_>,
        parse: impl Fn(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        self.scalar_at(
            given.node,
            &given.path,
            matches!(given.key.kind, Kind::Secret),
            parse,
        )
    }

    /// [`Section::parse`] for a value that has no key of its own in the table.
    pub(super) fn scalar_at<T>(
        &self,
        node: &Node,
        path: &str,
        secret: bool,
        parse: impl Fn(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let scalar = match &node.content {
            Content::Scalar(scalar) => scalar,
            Content::Broken => return None,
            _ => {
                let fault = Fault::new("must be a single value", "write it behind the colon");
                self.findings.malformed(&node.place, path, fault);
                return None;
            }
        };
        // A variable's value may be a secret that was put in the wrong place.
        let hidden = secret || scalar.interpolated;
        let shown = || {
            if hidden {
                "its value".to_owned()
            } else {
                quote::always(&scalar.text)
            }
        };
        let parsed = parse(&scalar.text).map_err(|Fault { what, remedy }| Fault {
            what: format!("{} {what}", shown()),
            remedy,
        });
        self.accept(&node.place, path, parsed)
    }

    /// The value, or `None` after its fault has been told.
    pub(super) fn accept<T>(
        &self,
        place: &Place,
        path: &str,
        value: Result<T, Fault>,
    ) -> Option<T> {
        value
            .map_err(|fault| self.findings.problem(place, path, fault))
            .ok()
    }

    /// The text given for `name` without any check; empty when there is none.
    pub(super) fn peek(&self, name: &str) -> String {
        match self.given(name).map(|given| &given.node.content) {
            Some(Content::Scalar(scalar)) => scalar.text.to_string(),
            _ => String::new(),
        }
    }

    /// Whether there was something under `name`, right or wrong: what is wrong with it has been told.
    pub(super) fn tried(&self, name: &str) -> bool {
        match self.given(name).map(|given| &given.node.content) {
            Some(Content::Scalar(scalar)) => !scalar.text.is_empty(),
            given => given.is_some(),
        }
    }

    /// Tells a problem with the key `name`, at its value if it was given.
    pub(super) fn problem(&self, name: &str, what: impl Into<String>, remedy: impl Into<String>) {
        let (place, path) = self.locate(name);
        self.findings
            .problem(&place, &path, Fault::new(what, remedy));
    }

    /// Reports a problem that was found elsewhere.
    pub(super) fn report(&self, problem: Problem) {
        let fault = Fault::new(problem.what, problem.remedy);
        self.findings.problem(&problem.place, &problem.key, fault);
    }

    /// Tells a warning about the key `name`.
    pub(super) fn warning(&self, name: &str, what: impl Into<String>) {
        let (place, path) = self.locate(name);
        self.findings.warning(&place, &path, what);
    }

    /// Tells a warning about a value that has no key of its own in the table.
    pub(super) fn warning_at(&self, place: &Place, path: &str, what: impl Into<String>) {
        self.findings.warning(place, path, what);
    }

    /// The place and path of the key `name`: of its value if it was given, else of the map.
    pub(super) fn locate(&self, name: &str) -> (Place, String) {
        match self.given(name) {
            Some(given) => (given.node.place.clone(), given.path),
            None => (self.place.clone(), self.path(name)),
        }
    }

    /// Records what is in effect for `name`, in place of what was recorded before.
    pub(super) fn record(&self, name: &str, value: Effective) {
        let mut effective = self.effective.borrow_mut();
        match effective.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => effective.push((name.to_owned(), value)),
        }
    }

    /// What is in effect, in the order of the table.
    pub(super) fn into_effective(self) -> Effective {
        let shown = |name: &str| {
            // What this version does nothing with is shown only to those who have set it.
            let key = schema::find(self.keys, name);
            key.is_some_and(|key| key.effective || !self.all_given(name).is_empty())
        };
        let mut entries = self.effective.take();
        entries.retain(|(name, _)| shown(name));
        entries.sort_by_key(|(name, _)| self.keys.iter().position(|key| key.name == name));
        Effective::Map(entries)
    }

    fn all_given(&self, name: &str) -> Vec<Given<'a>> {
        let Some(key) = schema::find(self.keys, name) else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for layer in &self.layers {
            let Content::Map(entries) = &layer.node.content else {
                continue;
            };
            let entry = entries.iter().find(|entry| entry.key == name);
            let Some(entry) = entry.filter(|entry| !matches!(entry.value.content, Content::Null))
            else {
                continue;
            };
            let path = join(&layer.path, name);
            if !key.effective {
                self.findings
                    .warning(&entry.place, &path, "has no effect in this version");
            }
            all.push(Given {
                node: &entry.value,
                path,
                key,
            });
        }
        all
    }

    fn refuse(&self, given: &Given<'_>, what: &str, remedy: &str) {
        if !matches!(given.node.content, Content::Broken) {
            let fault = Fault::new(what, remedy);
            let (place, path) = (&given.node.place, &given.path);
            self.findings.malformed(place, path, fault);
        }
    }

    fn kind(&self, name: &str) -> Option<Kind> {
        schema::find(self.keys, name).map(|key| key.kind)
    }

    fn refuse_unknown(&self, node: &Node, path: &str) {
        let Content::Map(entries) = &node.content else {
            return;
        };
        for entry in entries
            .iter()
            .filter(|entry| schema::find(self.keys, &entry.key).is_none())
        {
            let known = self.keys.iter().map(|key| key.name);
            let fault = Fault::new("unknown key", suggestion::remedy(&entry.key, known));
            let path = join(path, &quote::quote(&entry.key));
            self.findings.malformed(&entry.place, &path, fault);
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
