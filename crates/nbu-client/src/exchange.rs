//! One attempt on the wire: a request out, a whole answer back, or what went wrong.

mod detour;
mod http_stack;
mod oversize;
mod proxy;

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

pub use detour::goes_direct;
pub use http_stack::StackError;
pub(crate) use http_stack::{HttpStack, Tls, http1_only};
pub use proxy::ProxyFault;
pub(crate) use proxy::ProxySettings;

use crate::credential::Form;
use crate::error::Cause;
use crate::{Code, TlsFault};

/// What carries attempts. One implementation speaks HTTP; the tests of retries and close have one with a script.
pub(crate) trait Exchange: Send + Sync {
    /// Sends `request` and reads the answer to its last byte, adding to `bytes` what arrives.
    fn send<'a>(&'a self, request: Request, bytes: &'a mut u64) -> Exchanging<'a>;
}

pub(crate) type Exchanging<'a> = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send + 'a>>;

#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) form: Option<Form>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Decompressed.
    pub(crate) body: Bytes,
}

/// Why there is no whole answer.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    /// Nothing complete within this time.
    Timeout(Duration),
    /// No connection within this time.
    ConnectTimeout(Duration),
    Proxy(ProxyFault, Option<Cause>),
    Connect(Cause),
    Tls(TlsFault),
    Reset(Cause),
    Body(Cause),
    /// More than a limit allows.
    TooLarge {
        /// The limit's name in the configuration.
        limit: &'static str,
        /// Its value.
        allowed: u64,
    },
}

impl Failure {
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Timeout(_)
            | Self::ConnectTimeout(_)
            | Self::Proxy(ProxyFault::Silent { .. }, _) => Code::Timeout,
            Self::Connect(_) | Self::Proxy(..) => Code::Connect,
            Self::Tls(_) => Code::Tls,
            Self::Reset(_) => Code::Reset,
            Self::Body(_) | Self::TooLarge { .. } => Code::Body,
        }
    }

    /// Whether the next attempt may fare better. A certificate does not get better by asking again.
    pub(crate) fn passes(&self) -> bool {
        match self {
            Self::Proxy(fault, _) => *fault != ProxyFault::Credentials,
            Self::Timeout(_)
            | Self::ConnectTimeout(_)
            | Self::Connect(_)
            | Self::Reset(_)
            | Self::Body(_) => true,
            Self::Tls(_) | Self::TooLarge { .. } => false,
        }
    }

    /// Whether it never came to a request: there was no connection to the primary.
    pub(crate) fn is_before_the_request(&self) -> bool {
        matches!(
            self,
            Self::ConnectTimeout(_) | Self::Connect(_) | Self::Tls(_) | Self::Proxy(..)
        )
    }
}

impl Answer {
    /// A header as text, if it is there and is text.
    pub(crate) fn header(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
