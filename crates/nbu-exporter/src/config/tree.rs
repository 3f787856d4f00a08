//! YAML as a tree of places and texts, before any key is understood.
//!
//! Own, because every problem of a file is to be told at once with its place, and because what a scalar is depends on
//! its key and not on its looks: `12.0` is a version. Bounded: aliases are expanded within a budget of nodes, and the
//! depth is limited, so that no input hangs or exhausts memory.

mod composer;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use secrecy::zeroize::Zeroizing;
use serde_saphyr::granit_parser::{Parser, options};

use self::composer::Composer;
use super::problem::{Place, Problem};

/// A value and where it begins.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) content: Content,
}

/// What a value is made of.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// `null`, `~` or nothing: as if the key were not there.
    Null,
    Scalar(Scalar),
    /// A scalar with a wrong variable, which has been told.
    Broken,
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A scalar; it may be a secret, so that it is wiped when dropped and never shown by `Debug`.
#[derive(Clone)]
pub(super) struct Scalar {
    pub(super) text: Zeroizing<String>,
    /// Set by interpolation: the text holds a variable's value and is not for error messages.
    pub(super) interpolated: bool,
}

/// One key with its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) place: Place,
    pub(super) value: Node,
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scalar")
    }
}

/// Reads the one document in `text`. What is wrong goes into `problems`; `None` when there is no tree to go on with.
pub(super) fn parse(file: &Arc<PathBuf>, text: &str, problems: &mut Vec<Problem>) -> Option<Node> {
    let mut composer = Composer::new(file.clone(), problems);
    let options = options! { emit_comments: false, disallow_directives: true };
    for next in Parser::new_from_str_with_options(text, options) {
        let done = match next {
            Ok((event, span)) => composer.event(event, span.start),
            Err(error) => {
                let what = format!("this is not YAML: {}", error.info().replace('\n', " "));
                let remedy = "check indentation, quotes and brackets here and just above";
                composer.stop(*error.marker(), what, remedy)
            }
        };
        if done.is_err() {
            return None;
        }
    }
    Some(composer.finish())
}
