//! A parsed filter and what it says about a record.

use std::{borrow::Cow, cmp::Ordering};

/// A filter over the fields `F` of a record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression<F> {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Compare {
        field: F,
        fold: Fold,
        comparison: Comparison,
        literal: Literal,
    },
    Search {
        field: F,
        fold: Fold,
        search: Search,
        needle: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Search {
    Contains,
    StartsWith,
    EndsWith,
}

/// `tolower(…)` and `toupper(…)` around an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    Exact,
    Lower,
    Upper,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Integer(i64),
    Number(f64),
    Text(String),
    Boolean(bool),
}

/// A field of a record, as the filter sees it. Points in time are integers: milliseconds since the epoch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Absent,
    Integer(i64),
    Number(f64),
    Text(Cow<'a, str>),
    Boolean(bool),
}

impl<F: Copy> Expression<F> {
    /// Whether a record passes, given a way to read its fields.
    pub(crate) fn admits<'v>(&self, value: &impl Fn(F) -> Value<'v>) -> bool {
        match self {
            Self::And(left, right) => left.admits(value) && right.admits(value),
            Self::Or(left, right) => left.admits(value) || right.admits(value),
            Self::Not(inner) => !inner.admits(value),
            Self::Compare {
                field,
                fold,
                comparison,
                literal,
            } => compares(&fold.apply(value(*field)), *comparison, literal),
            Self::Search {
                field,
                fold,
                search,
                needle,
            } => match fold.apply(value(*field)) {
                Value::Text(text) => match search {
                    Search::Contains => text.contains(needle.as_str()),
                    Search::StartsWith => text.starts_with(needle.as_str()),
                    Search::EndsWith => text.ends_with(needle.as_str()),
                },
                _ => false,
            },
        }
    }
}

/// An absent value is different from every literal and neither less nor greater than any.
fn compares(value: &Value<'_>, comparison: Comparison, literal: &Literal) -> bool {
    let order = match (value, literal) {
        (Value::Integer(a), Literal::Integer(b)) => Some(a.cmp(b)),
        (Value::Integer(a), Literal::Number(b)) => (*a as f64).partial_cmp(b),
        (Value::Number(a), Literal::Integer(b)) => a.partial_cmp(&(*b as f64)),
        (Value::Number(a), Literal::Number(b)) => a.partial_cmp(b),
        (Value::Text(a), Literal::Text(b)) => Some(a.as_ref().cmp(b.as_str())),
        (Value::Boolean(a), Literal::Boolean(b)) => Some(a.cmp(b)),
        _ => None,
    };
    match comparison {
        Comparison::Eq => order == Some(Ordering::Equal),
        Comparison::Ne => order != Some(Ordering::Equal),
        Comparison::Lt => order == Some(Ordering::Less),
        Comparison::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Comparison::Gt => order == Some(Ordering::Greater),
        Comparison::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    }
}

impl Fold {
    fn apply(self, value: Value<'_>) -> Value<'_> {
        match (self, value) {
            (Self::Lower, Value::Text(text)) => Value::Text(text.to_lowercase().into()),
            (Self::Upper, Value::Text(text)) => Value::Text(text.to_uppercase().into()),
            (_, value) => value,
        }
    }
}

impl Value<'_> {
    /// The order in which a sort puts values: absent first.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Boolean(a), Self::Boolean(b)) => a.cmp(b),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Absent => 0,
            Self::Boolean(_) => 1,
            Self::Integer(_) => 2,
            Self::Number(_) => 3,
            Self::Text(_) => 4,
        }
    }
}

#[cfg(fuzzing)]
impl<F: Copy + std::fmt::Debug> Expression<F> {
    /// The expression in a form that says nothing of parentheses.
    pub(crate) fn outline(&self) -> String {
        let joined = |word, terms: Vec<String>| format!("{word}[{}]", terms.join(", "));
        match self {
            Self::And(..) => joined("and", self.terms(true)),
            Self::Or(..) => joined("or", self.terms(false)),
            Self::Not(inner) => joined("not", vec![inner.outline()]),
            Self::Compare {
                field,
                comparison,
                literal,
                ..
            } => match literal {
                Literal::Integer(value) => format!("{field:?} {comparison:?} {value}"),
                Literal::Number(value) => format!("{field:?} {comparison:?} {value}"),
                Literal::Text(value) => format!("{field:?} {comparison:?} {value:?}"),
                Literal::Boolean(value) => format!("{field:?} {comparison:?} {value}"),
            },
            Self::Search {
                field,
                search,
                needle,
                ..
            } => format!("{field:?} {search:?} {needle:?}"),
        }
    }

    fn terms(&self, and: bool) -> Vec<String> {
        match self {
            Self::And(left, right) if and => [left.terms(and), right.terms(and)].concat(),
            Self::Or(left, right) if !and => [left.terms(and), right.terms(and)].concat(),
            other => vec![other.outline()],
        }
    }
}
