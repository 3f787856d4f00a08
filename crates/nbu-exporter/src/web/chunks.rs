//! A response body of shared pieces, sent one after another without copying them together.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

/// A body, and what is to be kept until it has been taken.
pub(crate) struct Chunks<G> {
    /// What has not been taken, last piece first.
    pieces: Vec<Bytes>,
    _guard: G,
}

impl<G: Send + Unpin + 'static> Chunks<G> {
    /// A body of these pieces in this order; its length is known, so that the response says it.
    pub(crate) fn body(pieces: impl IntoIterator<Item = Bytes>, guard: G) -> Body {
        let mut pieces: Vec<Bytes> = pieces
            .into_iter()
            .filter(|piece| !piece.is_empty())
            .collect();
        pieces.reverse();
        Body::new(Self {
            pieces,
            _guard: guard,
        })
    }
}

impl<G: Unpin> HttpBody for Chunks<G> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.pieces.pop().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.pieces.iter().map(|piece| piece.len() as u64).sum())
    }
}
