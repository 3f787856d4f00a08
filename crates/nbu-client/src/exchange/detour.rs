//! Which addresses are reached without the proxy.

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

/// Whether a client with a proxy and these exceptions ([`ClientBuilder::proxy`](crate::ClientBuilder::proxy)) goes to `url`
/// past it.
pub fn goes_direct(url: &Url, exceptions: &[String]) -> bool {
    let Ok(uri) = url.as_str().parse::<Uri>() else {
        return false;
    };
    // Any proxy will do: what is asked is whether it would be used.
    Matcher::builder()
        .all("http://proxy.invalid")
        .no(exceptions.join(","))
        .build()
        .intercept(&uri)
        .is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_domains_and_networks_are_excepted() {
        let url: Url = "https://nbu.example.com:1556/netbackup".parse().unwrap();
        let direct = |exceptions: &[&str]| {
            let exceptions: Vec<String> = exceptions.iter().map(ToString::to_string).collect();
            goes_direct(&url, &exceptions)
        };
        assert!(direct(&["nbu.example.com"]));
        assert!(direct(&["other", ".example.com"]));
        assert!(!direct(&[]));
        assert!(!direct(&["10.0.0.0/8", "example.org"]));
        let address: Url = "https://10.1.2.3:1556/netbackup".parse().unwrap();
        assert!(goes_direct(&address, &["10.0.0.0/8".to_owned()]));
    }
}
