//! Which API version an answer is written in.

use nbu_api::ApiVersion;

use crate::reply::Refusal;

const JSON: &str = "application/vnd.netbackup+json";
const PLAIN: &str = "text/vnd.netbackup+plain";

/// What a primary of version `server` makes of an `Accept` header: the version to answer in.
///
/// Older versions stay valid. Without a vendor type the oldest form is served, as real primaries do.
pub(crate) fn json(accept: Option<&str>, server: ApiVersion) -> Result<ApiVersion, Refusal> {
    choose(accept, JSON, &["application/json", "application/*"], server)
}

/// The same for the endpoints that answer with text.
pub(crate) fn plain(accept: Option<&str>, server: ApiVersion) -> Result<ApiVersion, Refusal> {
    choose(accept, PLAIN, &["text/plain", "text/*"], server)
}

fn choose(
    accept: Option<&str>,
    vendor: &str,
    generic: &[&str],
    server: ApiVersion,
) -> Result<ApiVersion, Refusal> {
    let oldest = ApiVersion::new(1, 0);
    let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
        return Ok(oldest);
    };
    let mut best = None;
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let Some(media_type) = parts.next() else {
            continue;
        };
        let version = if media_type.eq_ignore_ascii_case(vendor) {
            let asked = parts.find_map(|parameter| parameter.strip_prefix("version="));
            match asked.map(|version| version.trim_matches('"').parse::<ApiVersion>()) {
                None => oldest,
                Some(Ok(version)) if version <= server => version,
                Some(_) => continue,
            }
        } else if media_type == "*/*" || generic.contains(&media_type) {
            oldest
        } else {
            continue;
        };
        best = best.max(Some(version));
    }
    best.ok_or(Refusal::NotAcceptable)
}

/// Whether a request body of this type is understood.
pub(crate) fn accepts_body(content_type: Option<&str>, server: ApiVersion) -> bool {
    content_type.is_none_or(|content_type| json(Some(content_type), server).is_ok())
}

/// The content type of an answer.
pub(crate) fn content_type(version: ApiVersion) -> String {
    format!("{JSON};version={version}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_is_refused_and_older_is_served() {
        let server = ApiVersion::V12_0;
        let ask = |accept: &str| json(Some(accept), server);
        assert_eq!(
            ask("application/vnd.netbackup+json;version=12.0"),
            Ok(ApiVersion::V12_0)
        );
        assert_eq!(
            ask("application/vnd.netbackup+json; version=4.0"),
            Ok(ApiVersion::V4_0)
        );
        assert_eq!(
            ask("application/vnd.netbackup+json;version=13.0"),
            Err(Refusal::NotAcceptable)
        );
        assert_eq!(ask("text/html"), Err(Refusal::NotAcceptable));
        assert_eq!(ask("*/*"), Ok(ApiVersion::new(1, 0)));
        assert_eq!(json(None, server), Ok(ApiVersion::new(1, 0)));
        assert_eq!(
            plain(Some("application/vnd.netbackup+json;version=12.0"), server),
            Err(Refusal::NotAcceptable)
        );
    }
}
