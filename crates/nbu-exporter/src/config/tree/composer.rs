//! From parser events to a tree, within bounds.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use secrecy::zeroize::Zeroizing;
use serde_saphyr::granit_parser::{Event, Marker, ScalarStyle};

use super::{Content, Entry, Node, Scalar};
use crate::config::problem::{Place, Problem};
use crate::config::quote::quote;

/// Most nodes after aliases are expanded: thousands of primaries with every key.
const NODES: usize = 500_000;

/// Deepest nesting; a configuration needs six levels.
const DEPTH: usize = 32;

/// Reading cannot go on; the problem has been told.
#[derive(Debug)]
pub(super) struct Stopped;

pub(super) struct Composer<'a> {
    file: Arc<PathBuf>,
    problems: &'a mut Vec<Problem>,
    stack: Vec<Frame>,
    anchors: HashMap<usize, Measured>,
    nodes: usize,
    documents: usize,
    root: Option<Node>,
}

/// A list or map that is not closed yet.
struct Frame {
    place: Place,
    anchor: usize,
    /// Deepest nesting below, and nodes including this one.
    depth: usize,
    nodes: usize,
    open: Open,
}

enum Open {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        lines: HashMap<String, usize>,
        key: Option<(String, Place)>,
    },
}

#[derive(Clone)]
struct Measured {
    node: Node,
    depth: usize,
    nodes: usize,
}

impl<'a> Composer<'a> {
    pub(super) fn new(file: Arc<PathBuf>, problems: &'a mut Vec<Problem>) -> Self {
        Self {
            file,
            problems,
            stack: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            documents: 0,
            root: None,
        }
    }

    pub(super) fn finish(self) -> Node {
        let place = Place {
            file: self.file,
            line: 1,
            column: 1,
        };
        self.root.unwrap_or(Node {
            place,
            content: Content::Null,
        })
    }

    pub(super) fn event(&mut self, event: Event<'_>, at: Marker) -> Result<(), Stopped> {
        let tagged = event.tag().is_some_and(|tag| !tag.is_yaml_core_schema());
        if tagged {
            self.stop(
                at,
                "tags are not supported".to_owned(),
                "remove the word that begins with !",
            )?;
        }
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return self.stop(
                        at,
                        "a second document begins here".to_owned(),
                        "keep one document per file",
                    );
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, _) => self.scalar(&text, style, anchor, at),
            Event::SequenceStart(_, anchor, _) => self.open(Open::List(Vec::new()), anchor, at),
            Event::MappingStart(_, anchor, _) => self.open(
                Open::Map {
                    entries: Vec::new(),
                    lines: HashMap::new(),
                    key: None,
                },
                anchor,
                at,
            ),
            Event::SequenceEnd | Event::MappingEnd => self.close(at),
            Event::Alias(anchor) => {
                let Some(mut copy) = self.anchors.get(&anchor).cloned() else {
                    return self.stop(
                        at,
                        "this alias contains itself".to_owned(),
                        "write the value out",
                    );
                };
                copy.node.place = self.place(at);
                self.spend(copy.nodes, at)?;
                self.add(copy, at)
            }
            _ => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        at: Marker,
    ) -> Result<(), Stopped> {
        self.spend(1, at)?;
        let place = self.place(at);
        if self.awaits_key() {
            self.key(text, place);
            return Ok(());
        }
        let null =
            style == ScalarStyle::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL");
        let scalar = Scalar {
            text: Zeroizing::new(text.to_owned()),
            interpolated: false,
        };
        let content = if null {
            Content::Null
        } else {
            Content::Scalar(scalar)
        };
        let measured = Measured {
            node: Node { place, content },
            depth: 0,
            nodes: 1,
        };
        self.remember(anchor, &measured, at)?;
        self.add(measured, at)
    }

    fn key(&mut self, text: &str, place: Place) {
        let line = place.line;
        let Some(Frame {
            open: Open::Map { key, lines, .. },
            ..
        }) = self.stack.last_mut()
        else {
            return;
        };
        *key = Some((text.to_owned(), place.clone()));
        if let Some(before) = lines.insert(text.to_owned(), line) {
            self.problems.push(Problem {
                place,
                key: self.path(),
                what: format!("this key was given before, in line {before}"),
                remedy: "keep one of them".to_owned(),
            });
        }
    }

    fn awaits_key(&self) -> bool {
        self.stack
            .last()
            .is_some_and(|frame| matches!(frame.open, Open::Map { key: None, .. }))
    }

    /// The path of what is being read.
    fn path(&self) -> String {
        let mut path = String::new();
        for frame in &self.stack {
            match &frame.open {
                Open::List(items) => path.push_str(&["[", &items.len().to_string(), "]"].concat()),
                Open::Map { key, .. } => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(&key.as_ref().map(|(key, _)| quote(key)).unwrap_or_default());
                }
            }
        }
        path
    }

    fn open(&mut self, open: Open, anchor: usize, at: Marker) -> Result<(), Stopped> {
        if self.awaits_key() {
            let what = "a list or a map cannot be a key".to_owned();
            return self.stop(at, what, "write a word before the colon");
        }
        if self.stack.len() >= DEPTH {
            return self.too_deep(at);
        }
        self.spend(1, at)?;
        let place = self.place(at);
        self.stack.push(Frame {
            place,
            anchor,
            depth: 0,
            nodes: 1,
            open,
        });
        Ok(())
    }

    fn close(&mut self, at: Marker) -> Result<(), Stopped> {
        let Some(frame) = self.stack.pop() else {
            return Ok(());
        };
        let content = match frame.open {
            Open::List(items) => Content::List(items),
            Open::Map { entries, .. } => Content::Map(merged(entries)),
        };
        let node = Node {
            place: frame.place,
            content,
        };
        let measured = Measured {
            node,
            depth: frame.depth,
            nodes: frame.nodes,
        };
        self.remember(frame.anchor, &measured, at)?;
        self.add(measured, at)
    }

    fn remember(&mut self, anchor: usize, measured: &Measured, at: Marker) -> Result<(), Stopped> {
        if anchor != 0 {
            self.spend(measured.nodes, at)?;
            self.anchors.insert(anchor, measured.clone());
        }
        Ok(())
    }

    /// Puts a complete value where it belongs.
    fn add(&mut self, measured: Measured, at: Marker) -> Result<(), Stopped> {
        let Measured { node, depth, nodes } = measured;
        if self.stack.len() + depth > DEPTH {
            return self.too_deep(at);
        }
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        frame.depth = frame.depth.max(depth + 1);
        frame.nodes += nodes;
        match &mut frame.open {
            Open::List(items) => items.push(node),
            Open::Map { entries, key, .. } => match key.take() {
                Some((key, place)) => entries.push(Entry {
                    key,
                    place,
                    value: node,
                }),
                // Only an alias can come here: other keys are taken or refused above.
                None => {
                    return self.stop(
                        at,
                        "an alias cannot be a key".to_owned(),
                        "write the key out",
                    );
                }
            },
        }
        Ok(())
    }

    /// Takes copied or new nodes out of the budget.
    fn spend(&mut self, nodes: usize, at: Marker) -> Result<(), Stopped> {
        self.nodes += nodes;
        if self.nodes <= NODES {
            return Ok(());
        }
        let what =
            format!("the file has more than {NODES} values once its aliases are written out");
        self.stop(
            at,
            what,
            "use fewer aliases or split it with primaries_file",
        )
    }

    fn too_deep(&mut self, at: Marker) -> Result<(), Stopped> {
        let what = format!("values are nested more than {DEPTH} deep");
        self.stop(at, what, "is it the right file?")
    }

    pub(super) fn stop(&mut self, at: Marker, what: String, remedy: &str) -> Result<(), Stopped> {
        let place = self.place(at);
        self.problems.push(Problem {
            place,
            key: String::new(),
            what,
            remedy: remedy.to_owned(),
        });
        Err(Stopped)
    }

    fn place(&self, at: Marker) -> Place {
        Place {
            file: self.file.clone(),
            line: at.line().max(1),
            column: at.col() + 1,
        }
    }
}

/// Lays the maps under the merge key `<<` below the other entries.
fn merged(entries: Vec<Entry>) -> Vec<Entry> {
    if entries.iter().all(|entry| entry.key != "<<") {
        return entries;
    }
    let (merges, mut entries): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|entry| entry.key == "<<");
    let mut known: HashSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    for merge in merges {
        let parts = match merge.value.content {
            Content::List(parts) => parts,
            content => vec![Node {
                place: merge.place.clone(),
                content,
            }],
        };
        for part in parts {
            match part.content {
                Content::Map(below) => {
                    entries.extend(below.into_iter().filter(|e| known.insert(e.key.clone())));
                }
                // Stays, to be told as an unknown key.
                content => entries.push(Entry {
                    key: "<<".to_owned(),
                    place: merge.place.clone(),
                    value: Node {
                        place: part.place,
                        content,
                    },
                }),
            }
        }
    }
    entries
}
