//! `/status-codes/{n}`: what the numbers mean, in our own words.

use crate::{json::Object, reply::Refusal};

const TEXTS: &[(i64, &str)] = &[
    (0, "the operation was successful"),
    (1, "the operation was partially successful"),
    (4, "the archive file could not be removed"),
    (6, "the backup did not back up the requested files"),
    (13, "reading a file failed"),
    (58, "the client could not be reached"),
    (71, "none of the listed files exist"),
    (96, "no media could be allocated"),
    (150, "stopped by an administrator"),
    (156, "a snapshot failed"),
    (190, "no images were selected"),
    (
        196,
        "the backup window closed before the client was backed up",
    ),
    (2106, "the disk storage server is down"),
    (4274, "the virtual machine could not be frozen"),
];

/// `GET /status-codes/{n}`.
pub(crate) fn text(code: &str) -> Result<Vec<u8>, Refusal> {
    let code: i64 = code
        .parse()
        .map_err(|_| Refusal::Parameter(format!("'{code}' is not a status code")))?;
    let (_, text) = TEXTS
        .iter()
        .find(|(known, _)| *known == code)
        .ok_or(Refusal::NotFound)?;
    let mut body = Vec::new();
    let mut document = Object::begin(&mut body);
    let mut data = Object::begin(document.key("data"));
    data.string("type", "statusCode");
    data.string("id", &code.to_string());
    let mut to = Object::begin(data.key("attributes"));
    to.string("statusMessage", text);
    to.end();
    data.end();
    document.end();
    Ok(body)
}
