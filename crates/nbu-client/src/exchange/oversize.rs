//! Telling a header that is too large from a connection that broke: the stack reports both as one kind of error.

use std::error::Error as StdError;

/// Which bound on headers was exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Oversize {
    /// More lines than allowed, or a line longer than the stack's own buffer (HTTP/1).
    Lines,
    /// A longer block than allowed (HTTP/2).
    Block,
}

impl Oversize {
    /// Finds it among the causes of `error`.
    pub(super) fn find(error: &(dyn StdError + 'static)) -> Option<Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<hyper::Error>()
                && error.is_parse_too_large()
            {
                return Some(Self::Lines);
            }
            if let Some(error) = error.downcast_ref::<h2::Error>()
                && is_refused_here(error)
            {
                return Some(Self::Block);
            }
            cause = error.source();
        }
        None
    }
}

/// Our own side gave up the stream, or for a block in more pieces than the announced size can have the whole connection. It
/// does so before the answer for nothing else, unless the header is so malformed that no server writes it.
fn is_refused_here(error: &h2::Error) -> bool {
    let stream = error.is_reset() && error.reason() == Some(h2::Reason::PROTOCOL_ERROR);
    let connection = error.is_go_away() && error.reason() == Some(h2::Reason::ENHANCE_YOUR_CALM);
    error.is_library() && (stream || connection)
}
