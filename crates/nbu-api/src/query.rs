//! Query strings: ordered pairs, percent-encoded.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

use crate::endpoint::Endpoint;
use crate::filter::Filter;

/// All but the unreserved characters of RFC 3986: NetBackup wants even `[`, `]` and `:` encoded.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The pairs of a query string, in order, and the value of the path's parameter, where it has one.
///
/// ```
/// use nbu_api::{Query, filter::job, JobState};
///
/// let query = Query::new().filter(&job::STATE.ne(JobState::Done)).sort("jobId").with("page[limit]", "100");
/// assert_eq!(query.to_string(), "filter=state%20ne%20%27DONE%27&sort=jobId&page%5Blimit%5D=100");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    argument: Option<Cow<'static, str>>,
    pairs: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    /// Few requests are sent in another way than all others.
    options: Option<Box<RequestOptions>>,
}

/// Options of a request beside its address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct RequestOptions {
    header: Option<(&'static str, &'static str)>,
    once: bool,
}

impl Query {
    /// A query without pairs.
    pub const fn new() -> Self {
        Self {
            argument: None,
            pairs: Vec::new(),
            options: None,
        }
    }

    /// A query without pairs for the resource that stands where the path has its `{parameter}`, not encoded yet.
    ///
    /// ```
    /// use nbu_api::{Query, endpoint::POLICY};
    ///
    /// let query = Query::of("daily & weekly");
    /// assert_eq!(query.path(&POLICY), "/config/policies/daily%20%26%20weekly");
    /// ```
    pub fn of(argument: impl Into<Cow<'static, str>>) -> Self {
        Self {
            argument: Some(argument.into()),
            ..Self::new()
        }
    }

    /// What stands where the path has its `{parameter}`, not encoded; `None` where it has none.
    pub fn argument(&self) -> Option<&str> {
        self.argument.as_deref()
    }

    /// The endpoint's path with its parameter, encoded; the path itself where neither has one.
    pub fn path(&self, endpoint: &Endpoint) -> Cow<'static, str> {
        match &self.argument {
            Some(argument) => Cow::Owned(endpoint.path_with(argument)),
            None => Cow::Borrowed(endpoint.path),
        }
    }

    /// Sends this header with the request: its name in lower case, and its value.
    #[must_use]
    pub fn header(mut self, header: (&'static str, &'static str)) -> Self {
        self.options.get_or_insert_default().header = Some(header);
        self
    }

    /// The header that is sent with the request.
    pub fn sent_header(&self) -> Option<(&'static str, &'static str)> {
        self.options.as_ref().and_then(|options| options.header)
    }

    /// Does not repeat the request when it fails.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.options.get_or_insert_default().once = true;
        self
    }

    /// Tells a request that is not repeated when it fails.
    pub fn is_once(&self) -> bool {
        self.options.as_ref().is_some_and(|options| options.once)
    }

    /// Adds a `filter`.
    #[must_use]
    pub fn filter(self, filter: &Filter) -> Self {
        self.with("filter", filter.to_string())
    }

    /// Adds a `sort`: a name the endpoint can sort by, with `-` before it for descending.
    #[must_use]
    pub fn sort(self, key: impl Into<Cow<'static, str>>) -> Self {
        self.with("sort", key)
    }

    /// Adds one pair, neither part encoded yet.
    #[must_use]
    pub fn with(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.pairs.push((name.into(), value.into()));
        self
    }

    /// Adds the parameters of a page, as [`Pagination::parameters`](crate::Pagination::parameters) gives them.
    #[must_use]
    pub fn with_all(
        mut self,
        parameters: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Self {
        self.pairs.extend(
            parameters
                .into_iter()
                .map(|(name, value)| (name.into(), value.into())),
        );
        self
    }

    /// The pairs, unencoded.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Appends the encoded query to a path or URL, with `?` or, where it has one already, `&`. Nothing when empty.
    pub fn append_to(&self, target: &mut String) {
        if self.is_empty() {
            return;
        }
        target.push(if target.contains('?') { '&' } else { '?' });
        target.push_str(&self.to_string());
    }
}

impl fmt::Display for Query {
    /// The encoded pairs joined by `&`, without a leading `?`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, value)) in self.pairs.iter().enumerate() {
            let join = if index == 0 { "" } else { "&" };
            write!(f, "{join}{}={}", escape(name), escape(value))?;
        }
        Ok(())
    }
}

/// Percent-encodes one component.
pub(crate) fn escape(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, RESERVED)
}
