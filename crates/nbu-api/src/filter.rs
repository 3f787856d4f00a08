//! Filters: OData expressions that cannot be built wrong.
//!
//! An [`Attribute`] knows the kind of its value and the operators that the API allows on it, both as
//! types. What an endpoint would refuse with 400 does not compile:
//!
//! ```
//! use nbu_api::filter::job;
//! use nbu_api::JobState;
//!
//! let filter = job::STATE.ne(JobState::Done).and(job::POLICY_NAME.starts_with("O'Brien"));
//! assert_eq!(filter.to_string(), "state ne 'DONE' and startswith(policyName, 'O''Brien')");
//! ```
//!
//! The API has no `eq` on a job's policy name:
//!
//! ```compile_fail,E0277
//! use nbu_api::filter::job;
//! let filter = job::POLICY_NAME.eq("Nightly");
//! ```
//!
//! A string is no number, and a piece of text is no filter, so an unquoted literal cannot be written:
//!
//! ```compile_fail,E0277
//! use nbu_api::filter::job;
//! let filter = job::JOB_ID.gt("5");
//! ```
//!
//! ```compile_fail,E0308
//! use nbu_api::filter::job;
//! let filter = job::JOB_ID.gt(5).and("state eq DONE");
//! ```
//!
//! Times are written bare, in UTC with milliseconds and `Z`; a quoted one is refused by the job list.

mod literal;
mod operators;

pub mod client;
pub mod disk_pool;
pub mod image;
pub mod job;
pub mod policy;
pub mod storage_server;
pub mod storage_unit;

use std::fmt;
use std::marker::PhantomData;

pub use self::literal::{Flag, Literal, Number, Text, Time, Word};
pub(crate) use self::literal::{quote, sealed::Written};
pub use self::operators::{
    Contain, Contains, Equal, EqualContains, EqualOnly, Equality, Match, NotEqual, Order, Ordered,
    Range, Search, Strings, Window,
};

/// A filter expression; `Display` gives its OData text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    text: String,
    joint: Joint,
}

/// How the outermost terms are joined: decides where parentheses are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Joint {
    Single,
    And,
    Or,
}

impl Filter {
    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.join(Joint::And, other)
    }

    /// One or both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.join(Joint::Or, other)
    }

    /// The opposite; `!filter` does the same.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "it is implemented too; the word reads like OData"
    )]
    pub fn not(self) -> Self {
        Self {
            text: format!("not ({})", self.text),
            joint: Joint::Single,
        }
    }

    fn join(self, joint: Joint, other: Self) -> Self {
        let word = if joint == Joint::And { "and" } else { "or" };
        Self {
            text: format!("{} {word} {}", self.within(joint), other.within(joint)),
            joint,
        }
    }

    /// The text as a term of a longer expression.
    fn within(self, joint: Joint) -> String {
        if self.joint == Joint::Single || self.joint == joint {
            self.text
        } else {
            format!("({})", self.text)
        }
    }

    const fn single(text: String) -> Self {
        Self {
            text,
            joint: Joint::Single,
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::ops::Not for Filter {
    type Output = Self;

    fn not(self) -> Self {
        Self::not(self)
    }
}

/// An attribute an endpoint can filter by: `K` is the kind of its value, `O` the operators it allows.
///
/// Its name is that of the filter, which is not always that of the field in the answer.
pub struct Attribute<K, O> {
    name: &'static str,
    types: PhantomData<fn() -> (K, O)>,
}

impl<K, O> Attribute<K, O> {
    const fn new(name: &'static str) -> Self {
        Self {
            name,
            types: PhantomData,
        }
    }

    /// The name in filters.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// `name eq value`
    pub fn eq(self, value: impl Literal<K>) -> Filter
    where
        O: Equal,
    {
        self.compare("eq", value)
    }

    /// `name ne value`
    pub fn ne(self, value: impl Literal<K>) -> Filter
    where
        O: NotEqual,
    {
        self.compare("ne", value)
    }

    /// `name lt value`
    pub fn lt(self, value: impl Literal<K>) -> Filter
    where
        O: Order,
    {
        self.compare("lt", value)
    }

    /// `name gt value`
    pub fn gt(self, value: impl Literal<K>) -> Filter
    where
        O: Order,
    {
        self.compare("gt", value)
    }

    /// `name le value`
    pub fn le(self, value: impl Literal<K>) -> Filter
    where
        O: Range,
    {
        self.compare("le", value)
    }

    /// `name ge value`
    pub fn ge(self, value: impl Literal<K>) -> Filter
    where
        O: Range,
    {
        self.compare("ge", value)
    }

    /// `contains(name, value)`
    pub fn contains(self, value: impl Literal<K>) -> Filter
    where
        O: Contain,
    {
        self.call("contains", value)
    }

    /// `startswith(name, value)`
    pub fn starts_with(self, value: impl Literal<K>) -> Filter
    where
        O: Match,
    {
        self.call("startswith", value)
    }

    /// `endswith(name, value)`
    pub fn ends_with(self, value: impl Literal<K>) -> Filter
    where
        O: Match,
    {
        self.call("endswith", value)
    }

    fn compare(self, operator: &str, value: impl Literal<K>) -> Filter {
        let mut text = format!("{} {operator} ", self.name);
        value.write(&mut text);
        Filter::single(text)
    }

    fn call(self, function: &str, value: impl Literal<K>) -> Filter {
        let mut text = format!("{function}({}, ", self.name);
        value.write(&mut text);
        text.push(')');
        Filter::single(text)
    }
}

impl<K, O> Clone for Attribute<K, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, O> Copy for Attribute<K, O> {}

impl<K, O> fmt::Debug for Attribute<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Attribute").field(&self.name).finish()
    }
}

/// An attribute that holds a list: `any` asks whether one of its values fits.
#[derive(Clone, Copy, Debug)]
pub struct ListAttribute {
    name: &'static str,
}

impl ListAttribute {
    const fn new(name: &'static str) -> Self {
        Self { name }
    }

    /// The name in filters.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// `name/any(x:x eq value)`
    pub fn any(self, value: impl Literal<Text>) -> Filter {
        let mut text = format!("{}/any(x:x eq ", self.name);
        value.write(&mut text);
        text.push(')');
        Filter::single(text)
    }
}
