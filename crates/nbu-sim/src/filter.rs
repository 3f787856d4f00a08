//! The primary's side of OData filters: what each attribute allows, and what a filter says about a record.
//!
//! Written from the vendor's tables, not from the client's builder, so that the two check each other.

pub(crate) mod expression;
pub(crate) mod lexer;
pub(crate) mod parser;

pub(crate) use expression::{Comparison, Expression, Fold, Literal, Search, Value};
pub(crate) use parser::parse;

/// One attribute of a collection, as filters and sorts name it.
#[derive(Debug)]
pub(crate) struct Attribute<F> {
    pub(crate) name: &'static str,
    pub(crate) field: F,
    pub(crate) kind: Kind,
    pub(crate) operators: Operators,
    pub(crate) sortable: bool,
}

/// Which literal an attribute is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer,
    Number,
    Text,
    Time,
    Boolean,
}

/// A set of operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operators(u16);

impl Operators {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const EQ: Self = Self(1);
    pub(crate) const NE: Self = Self(1 << 1);
    pub(crate) const RANGE: Self = Self(1 << 2);
    pub(crate) const CONTAINS: Self = Self(1 << 3);
    pub(crate) const ENDS: Self = Self(1 << 4);
    pub(crate) const FOLD: Self = Self(1 << 5);

    pub(crate) const EQUALITY: Self = Self::EQ.and(Self::NE);
    pub(crate) const ORDERED: Self = Self::EQUALITY.and(Self::RANGE);
    pub(crate) const SEARCH: Self = Self::CONTAINS.and(Self::ENDS);
    pub(crate) const TEXT: Self = Self::EQUALITY.and(Self::SEARCH);
    pub(crate) const FULL: Self = Self::ORDERED.and(Self::SEARCH).and(Self::FOLD);

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The attributes of one collection.
pub(crate) type Schema<F> = [Attribute<F>];

/// One key of a sort order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SortKey<F> {
    pub(crate) field: F,
    pub(crate) descending: bool,
}

/// Reads `-startTime,jobId`.
pub(crate) fn parse_sort<F: Copy>(
    schema: &Schema<F>,
    text: &str,
) -> Result<Vec<SortKey<F>>, String> {
    text.split(',')
        .map(|key| {
            let key = key.trim();
            let (name, descending) = key
                .strip_prefix('-')
                .map_or((key, false), |name| (name, true));
            schema
                .iter()
                .find(|attribute| attribute.sortable && attribute.name == name)
                .map(|attribute| SortKey {
                    field: attribute.field,
                    descending,
                })
                .ok_or_else(|| format!("cannot sort by '{name}'"))
        })
        .collect()
}
