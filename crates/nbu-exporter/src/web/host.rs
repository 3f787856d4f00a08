//! The `Host` of a request: RFC 9112, section 3.2, and RFC 9113, section 8.3.1.

use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, Version};

/// True for a request of this version that may be answered: it names one host, and a valid one. HTTP/1.0 may leave it out, HTTP/2
/// has it in the URI.
pub(super) fn is_valid(version: Version, uri: &Uri, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (host, more) = (hosts.next(), hosts.next());
    if more.is_some() {
        return false;
    }
    let Some(host) = host else {
        return version < Version::HTTP_11
            || (is_multiplexed(version) && uri.authority().is_some());
    };
    // A URI without an authority is sent with an empty one.
    if host.is_empty() {
        return !is_multiplexed(version);
    }
    let Ok(host) = Authority::try_from(host.as_bytes()) else {
        return false;
    };
    let same = || uri.authority().is_none_or(|authority| *authority == host);
    !host.as_str().contains('@') && (!is_multiplexed(version) || same())
}

fn is_multiplexed(version: Version) -> bool {
    version >= Version::HTTP_2
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn verdict(version: Version, uri: &str, hosts: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, HeaderValue::from_str(host).unwrap());
        }
        is_valid(version, &uri.parse().unwrap(), &headers)
    }

    #[test]
    fn each_version_has_its_rule() {
        for (version, uri, hosts, expected) in [
            (Version::HTTP_11, "/", &["a:1"][..], true),
            (Version::HTTP_11, "/", &["[::1]:1"], true),
            (Version::HTTP_11, "/", &[""], true),
            (Version::HTTP_11, "/", &[], false),
            (Version::HTTP_11, "/", &["a", "a"], false),
            (Version::HTTP_11, "/", &["a", "b"], false),
            (Version::HTTP_11, "/", &["a b"], false),
            (Version::HTTP_11, "/", &["a/b"], false),
            (Version::HTTP_11, "/", &["u@a"], false),
            (Version::HTTP_11, "/", &["a, b"], false),
            // The target counts, as for a proxy.
            (Version::HTTP_11, "http://a/", &["b"], true),
            (Version::HTTP_10, "/", &[], true),
            (Version::HTTP_10, "/", &["a"], true),
            (Version::HTTP_10, "/", &["a", "b"], false),
            (Version::HTTP_10, "/", &["a b"], false),
            (Version::HTTP_2, "https://a:1/", &[], true),
            (Version::HTTP_2, "https://a:1/", &["A:1"], true),
            (Version::HTTP_2, "https://a:1/", &["b:1"], false),
            (Version::HTTP_2, "https://a:1/", &[""], false),
            (Version::HTTP_2, "https://a:1/", &["a:1", "a:1"], false),
            (Version::HTTP_2, "/", &["a"], true),
            (Version::HTTP_2, "/", &[], false),
        ] {
            assert_eq!(
                verdict(version, uri, hosts),
                expected,
                "{version:?} {uri} {hosts:?}"
            );
        }
    }
}
