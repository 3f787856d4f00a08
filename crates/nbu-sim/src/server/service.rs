//! One request: recorded, held, faulted, answered.

use std::{future::pending, sync::Arc};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, Version, header, request::Parts};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use tokio::sync::watch;

use super::{
    body::{Content, Outgoing, Place, pause},
    bomb::Bomb,
    line::Control,
};
use crate::{
    answer::{self, Request},
    fault::{Fault, Outage, disturb},
    negotiation,
    primary::Primary,
    query::Query,
    reply::{Refusal, Reply},
    route::{Matched, Route},
    seen::Seen,
};

/// Bodies of requests are small forms.
const MAX_REQUEST_BODY: usize = 64 * 1024;

/// What every request of one connection shares.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) primary: Arc<Primary>,
    pub(crate) control: Arc<Control>,
    pub(crate) number: u64,
    pub(crate) outage: watch::Receiver<Outage>,
}

/// Answers one request. Fails only to refuse an HTTP/2 stream: a broken answer breaks the connection through its control.
pub(crate) async fn serve(
    connection: Connection,
    request: http::Request<Incoming>,
) -> Result<Response<Outgoing>, h2::Error> {
    let primary = &connection.primary;
    let place = Place::take(primary);
    let (parts, incoming) = request.into_parts();
    let query = Query::parse(parts.uri.query().unwrap_or_default());
    let path = parts.uri.path().to_owned();
    let matched = path.strip_prefix("/netbackup").map_or(
        Matched {
            route: Route::Unknown,
            argument: "",
        },
        Route::of,
    );
    primary
        .traffic
        .record(seen(&connection, &parts, &query, matched.route));
    let http2 = parts.version == Version::HTTP_2;
    let body = Limited::new(incoming, MAX_REQUEST_BODY)
        .collect()
        .await
        .map_or(Bytes::new(), http_body_util::Collected::to_bytes);
    if *connection.outage.borrow() == Outage::BlackHole {
        return pending().await;
    }
    primary.gates.pass(matched.route).await;
    let number = primary.next_request();
    let mut faults = primary
        .script
        .strike(matched.route, query.is_of_a_later_page());
    let mut honest_query = query;
    let mut fault = None;
    for struck in faults.drain(..) {
        match struck {
            Fault::Delay(length) => pause(length).await,
            Fault::Hang => return pending().await,
            Fault::Reset => {
                connection.control.reset();
                return pending().await;
            }
            Fault::Http1Required if http2 => return Err(h2::Reason::HTTP_1_1_REQUIRED.into()),
            Fault::Http1Required => {}
            Fault::IgnoreFilter => honest_query.0.retain(|(name, _)| name != "filter"),
            Fault::IgnoreSort => honest_query.0.retain(|(name, _)| name != "sort"),
            Fault::EndlessCursors => {
                honest_query.0.retain(|(name, _)| name != "page[after]");
                fault = Some(Fault::EndlessCursors);
            }
            Fault::Shift(by) => {
                shift(&mut honest_query, by);
                fault = Some(Fault::Shift(by));
            }
            other => fault = Some(other),
        }
    }
    let request = Request {
        matched,
        method: &parts.method,
        headers: &parts.headers,
        query: &honest_query,
        body: &body,
    };
    let reply = match &fault {
        Some(fault) => faulty(primary, &request, fault, &path, number),
        None => answer::answer(primary, &request),
    };
    let mut response = respond(&connection, reply, fault, http2, place);
    if let Some(id) = parts.headers.get("x-request-id") {
        response.headers_mut().insert("x-request-id", id.clone());
    }
    Ok(response)
}

fn seen(connection: &Connection, parts: &Parts, query: &Query, route: Route) -> Seen {
    Seen {
        route,
        method: parts.method.clone(),
        path: parts.uri.path().to_owned(),
        query: query.0.clone(),
        headers: parts.headers.clone(),
        connection: connection.number,
        http2: parts.version == Version::HTTP_2,
    }
}

/// The reply under a fault that changes what is said; faults of the transport leave it honest.
fn faulty(
    primary: &Primary,
    request: &Request<'_>,
    fault: &Fault,
    path: &str,
    number: u64,
) -> Reply {
    let status =
        |code: u16| StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let refuse = |code: u16| answer::refuse(primary, &Refusal::Scripted(code));
    match fault {
        Fault::Status(code) => refuse(*code),
        Fault::RetryAfter {
            status: code,
            value,
        } => Reply {
            headers: vec![("retry-after", value.clone())],
            ..refuse(*code)
        },
        Fault::Refusal {
            status: code,
            shape,
        } => {
            let (content_type, body) =
                shape.body(*code, negotiation::content_type(primary.version()));
            Reply {
                status: status(*code),
                content_type,
                headers: Vec::new(),
                body,
            }
        }
        Fault::Answer {
            status: code,
            content_type,
            body,
            ..
        } => Reply {
            status: status(*code),
            content_type: content_type.clone(),
            headers: Vec::new(),
            body: body.clone(),
        },
        Fault::Html => Reply::text(
            "text/html; charset=utf-8",
            "<!doctype html><title>Sign in</title>".to_owned(),
        ),
        Fault::NoContent => Reply {
            status: StatusCode::NO_CONTENT,
            content_type: None,
            headers: Vec::new(),
            body: Bytes::new(),
        },
        Fault::Redirect(to) => redirect(to.clone()),
        Fault::RedirectToSelf => redirect(path.to_owned()),
        _ => {
            let mut reply = answer::answer(primary, request);
            match fault {
                Fault::ContentType(content_type) => reply.content_type.clone_from(content_type),
                Fault::Body(body) => reply.body = body.clone(),
                _ => reply.body = disturb(reply.body.to_vec(), fault, number).into(),
            }
            reply
        }
    }
}

/// Pages after the first begin elsewhere, and say what they were asked for.
fn shift(query: &mut Query, by: i64) {
    for (name, value) in &mut query.0 {
        let asked = value.parse::<i64>().unwrap_or(0);
        if name == "page[offset]" && asked > 0 {
            *value = asked.saturating_add(by).max(0).to_string();
        }
    }
}

fn redirect(to: String) -> Reply {
    Reply {
        status: StatusCode::FOUND,
        content_type: None,
        headers: vec![("location", to)],
        body: Bytes::new(),
    }
}

fn respond(
    connection: &Connection,
    reply: Reply,
    fault: Option<Fault>,
    http2: bool,
    place: Place,
) -> Response<Outgoing> {
    let body = reply.body;
    let half = body.slice(..body.len() / 2);
    let mut announced = None;
    let mut gzip = false;
    let mut extra = Vec::new();
    let content = match fault {
        Some(Fault::Truncate) => {
            announced = Some(body.len().max(2));
            Content::Cut(Some(half), None)
        }
        Some(Fault::ResetInBody) => {
            announced = Some(body.len().max(2));
            Content::Reset(Some(half), Arc::clone(&connection.control), None)
        }
        Some(Fault::Drip { every }) => {
            announced = Some(body.len());
            Content::drip(body, every)
        }
        Some(Fault::Endless) => Content::Endless,
        Some(Fault::GzipBomb { bytes }) => {
            gzip = true;
            // Compressing into memory does not fail.
            Content::Bomb(Bomb::new(bytes).unwrap_or_default())
        }
        Some(Fault::BrokenChunks | Fault::Raw(_) | Fault::ResetInHeaders) if http2 => {
            Content::Reset(None, Arc::clone(&connection.control), None)
        }
        Some(Fault::ResetInHeaders) => {
            connection
                .control
                .write_raw_and_reset(Bytes::from_static(b"HTTP/1.1 200 OK\r\ncontent-ty"));
            Content::Whole(Bytes::new())
        }
        Some(Fault::BrokenChunks) => {
            let mut raw = b"HTTP/1.1 200 OK\r\ncontent-type: ".to_vec();
            raw.extend_from_slice(reply.content_type.as_deref().unwrap_or_default().as_bytes());
            raw.extend_from_slice(
                b"\r\ntransfer-encoding: chunked\r\n\r\n8\r\n{\"data\":\r\nzz\r\n",
            );
            connection.control.write_raw(raw.into());
            Content::Whole(Bytes::new())
        }
        Some(Fault::Raw(raw)) => {
            connection.control.write_raw(raw);
            Content::Whole(Bytes::new())
        }
        Some(Fault::Answer { headers, .. }) => {
            extra = headers;
            Content::Whole(body)
        }
        Some(Fault::Headers(lines)) => {
            let line = |n| (format!("x-filler-{n}"), "x".to_owned());
            extra = (0..lines).map(line).collect();
            Content::Whole(body)
        }
        Some(Fault::LongHeader(bytes)) => {
            extra = vec![("x-filler".to_owned(), "x".repeat(bytes))];
            Content::Whole(body)
        }
        _ => Content::Whole(body),
    };
    let mut response = Response::new(Outgoing::new(content, place));
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    let own = reply
        .headers
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    let date = answer::date(&connection.primary);
    let fixed = [
        Some(("date".to_owned(), date)),
        reply
            .content_type
            .map(|value| ("content-type".to_owned(), value)),
        announced.map(|length| ("content-length".to_owned(), length.to_string())),
        gzip.then(|| ("content-encoding".to_owned(), "gzip".to_owned())),
    ];
    for (name, value) in fixed.into_iter().flatten().chain(own).chain(extra) {
        // A scripted header that HTTP cannot carry is left out.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
    if reply.status == StatusCode::UNAUTHORIZED {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}
