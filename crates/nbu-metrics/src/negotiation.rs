//! What a client wants to be answered with, from its `Accept` and `Accept-Encoding` headers.
//!
//! Nothing a client sends makes this fail: what cannot be read or is not offered is passed over, and if nothing
//! remains, the answer is text 0.0.4, uncompressed. A header that comes in several lines is joined
//! with commas first.

mod list;

use crate::exposition::Format;
use list::Item;

/// How to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exposition {
    /// What to render.
    pub format: Format,
    /// The exact `Content-Type`, in the version that was asked for.
    pub content_type: &'static str,
}

/// How to compress the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Identity,
    /// As one gzip member.
    Gzip,
}

const TEXT: Exposition = offer(Format::Text, Format::Text.content_type());
const TEXT_1_0_0: Exposition = offer(Format::Text, "text/plain; version=1.0.0; charset=utf-8");
const OPENMETRICS: Exposition = offer(Format::OpenMetrics, Format::OpenMetrics.content_type());
const OPENMETRICS_0_0_1: Exposition = offer(
    Format::OpenMetrics,
    "application/openmetrics-text; version=0.0.1; charset=utf-8",
);
const PROTOBUF: Exposition = offer(Format::Protobuf, Format::Protobuf.content_type());

/// The exposition that the `Accept` header prefers; of equal ones the first.
///
/// ```
/// use nbu_metrics::{exposition::Format, negotiation};
///
/// let accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
/// assert_eq!(negotiation::exposition(Some(accept)).format, Format::OpenMetrics);
/// assert_eq!(negotiation::exposition(None).format, Format::Text);
/// ```
pub fn exposition(accept: Option<&str>) -> Exposition {
    let mut best: Option<(f32, Exposition)> = None;
    for item in list::items(accept.unwrap_or_default()) {
        let Some(offered) = offered(&item) else {
            continue;
        };
        if item.quality > best.map_or(0.0, |(quality, _)| quality) {
            best = Some((item.quality, offered));
        }
    }
    best.map_or(TEXT, |(_, exposition)| exposition)
}

/// The encoding that the `Accept-Encoding` header prefers; gzip if it is liked as much as none.
pub fn encoding(accept_encoding: Option<&str>) -> Encoding {
    let (mut gzip, mut identity, mut any) = (None, None, None);
    for item in list::items(accept_encoding.unwrap_or_default()) {
        let place = match &*item.name {
            "gzip" | "x-gzip" => &mut gzip,
            "identity" => &mut identity,
            "*" => &mut any,
            _ => continue,
        };
        *place = Some(item.quality);
    }
    let gzip = gzip.or(any).unwrap_or(0.0);
    if gzip > 0.0 && gzip >= identity.unwrap_or(0.0) {
        Encoding::Gzip
    } else {
        Encoding::Identity
    }
}

/// What we have for a media range.
fn offered(item: &Item<'_>) -> Option<Exposition> {
    match (&*item.name, item.parameter("version")) {
        ("*/*" | "text/*", _) | ("text/plain", None | Some("0.0.4")) => Some(TEXT),
        ("text/plain", Some("1.0.0")) => Some(TEXT_1_0_0),
        ("application/*", _) | ("application/openmetrics-text", Some("1.0.0")) => Some(OPENMETRICS),
        ("application/openmetrics-text", None | Some("0.0.1")) => Some(OPENMETRICS_0_0_1),
        ("application/vnd.google.protobuf", _) if is_delimited_families(item) => Some(PROTOBUF),
        _ => None,
    }
}

fn is_delimited_families(item: &Item<'_>) -> bool {
    item.parameter("proto") == Some("io.prometheus.client.MetricFamily")
        && item.parameter("encoding") == Some("delimited")
}

const fn offer(format: Format, content_type: &'static str) -> Exposition {
    Exposition {
        format,
        content_type,
    }
}

#[cfg(test)]
mod tests;
