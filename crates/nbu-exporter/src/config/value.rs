//! From the text of a scalar to a value of the kind its key has.

use std::time::Duration;

use nbu_api::ApiVersion;
use url::Url;

use super::duration::DurationError;
use super::pattern::Pattern;
use super::proxy::ProxyUrl;
use super::{duration, size, suggestion};

/// What is wrong with a value, told after the value itself, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) what: String,
    pub(super) remedy: String,
}

impl Fault {
    pub(super) fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            remedy: remedy.into(),
        }
    }
}

/// A duration of at least `least` milliseconds.
pub(super) fn duration(text: &str, least: u64) -> Result<Duration, Fault> {
    let value = duration::parse(text).map_err(|error| match error {
        DurationError::Form => Fault::new(
            "is not a duration",
            "write for example 30s, 1m30s, 1h30m or 7d",
        ),
        DurationError::TooLong => Fault::new(
            "is longer than 292 million years",
            "write a shorter duration",
        ),
    })?;
    let least = Duration::from_millis(least);
    if value < least {
        let least = duration::format(least);
        return Err(Fault::new(
            format!("is shorter than {least}"),
            format!("write {least} or more"),
        ));
    }
    Ok(value)
}

/// A number of bytes, at least `least`.
pub(super) fn size(text: &str, least: u64) -> Result<u64, Fault> {
    let value = size::parse(text).ok_or_else(|| {
        Fault::new(
            "is not a size in bytes",
            "write for example 64MiB, 64KiB or 65536",
        )
    })?;
    if value < least {
        return Err(Fault::new(
            format!("is less than {least} bytes"),
            format!("write {least} or more"),
        ));
    }
    Ok(value)
}

/// A whole number in a range.
pub(super) fn count(text: &str, least: u64, most: u64) -> Result<u64, Fault> {
    let remedy = || format!("write a number from {least} to {most}");
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return Err(Fault::new("is not a whole number", remedy()));
    }
    // Too many digits for the type are too many for the range as well.
    match text.parse() {
        Ok(value) if (least..=most).contains(&value) => Ok(value),
        _ => Err(Fault::new("is out of range", remedy())),
    }
}

/// A number, zero or more.
pub(super) fn number(text: &str) -> Result<f64, Fault> {
    let looks_right = !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    match text.parse::<f64>() {
        Ok(value) if looks_right && value.is_finite() => Ok(value),
        _ => Err(Fault::new(
            "is not a number of zero or more",
            "write for example 0, 5 or 2.5",
        )),
    }
}

/// `true` or `false`.
pub(super) fn flag(text: &str) -> Result<bool, Fault> {
    match text {
        "true" | "True" | "TRUE" => Ok(true),
        "false" | "False" | "FALSE" => Ok(false),
        _ => Err(Fault::new(
            "is neither true nor false",
            "write true or false",
        )),
    }
}

/// The index of a word among `words`.
pub(super) fn word(text: &str, words: &[&str]) -> Result<usize, Fault> {
    let found = words.iter().position(|word| *word == text);
    found.ok_or_else(|| {
        Fault::new(
            "is not known",
            suggestion::remedy(text, words.iter().copied()),
        )
    })
}

/// `auto` (`None`) or a version.
pub(super) fn version(text: &str) -> Result<Option<ApiVersion>, Fault> {
    if text == "auto" {
        return Ok(None);
    }
    let [oldest, .., newest] = ApiVersion::KNOWN;
    match text.parse::<ApiVersion>() {
        // The known ones all end in .0; of newer ones nothing is known.
        Ok(version) if version.minor() > 0 && version < newest => Err(no_version(text)),
        Ok(version) if version >= oldest => Ok(Some(version)),
        Ok(_) => {
            let what = "is older than what this exporter can speak";
            Err(Fault::new(
                what,
                format!("write auto, or {oldest} or newer"),
            ))
        }
        Err(_) => Err(no_version(text)),
    }
}

/// A text that is not an API version, but may be a NetBackup release, or a version that is written in another way.
fn no_version(text: &str) -> Fault {
    let lower = text.trim().to_ascii_lowercase();
    let (is_release, rest) = match lower.strip_prefix("netbackup") {
        Some(rest) => (true, rest.trim_start()),
        None => (false, &*lower),
    };
    let number = rest.strip_prefix('v').unwrap_or(rest);
    let version = number.parse::<ApiVersion>();
    let version = version.ok().filter(|version| version.minor() == 0);
    let release = ApiVersion::of_release(number).filter(|_| is_release || version.is_none());
    match (release, version) {
        (Some(version), _) if version < ApiVersion::KNOWN[0] => Fault::new(
            format!(
                "is a NetBackup release; its API version {version} is older than what this exporter can speak"
            ),
            "upgrade the primary to NetBackup 8.3 or newer",
        ),
        (Some(version), _) => Fault::new(
            format!("is a NetBackup release; its API version is {version}"),
            format!("write \"{version}\", or auto"),
        ),
        (None, Some(version)) if !is_release && version >= ApiVersion::KNOWN[0] => Fault::new(
            "is not an API version",
            format!("write \"{version}\", or auto"),
        ),
        _ => Fault::new(
            "is not an API version",
            "write auto, or a version such as \"12.0\" (NetBackup 10.5)",
        ),
    }
}

/// A regular expression.
pub(super) fn pattern(text: &str) -> Result<Pattern, Fault> {
    let remedy = "write a regular expression that matches whole names, such as db-.*|web-.*";
    Pattern::new(text)
        .map_err(|why| Fault::new(format!("is not a regular expression: {why}"), remedy))
}

/// A SHA-256 fingerprint.
pub(super) fn fingerprint(text: &str) -> Result<[u8; 32], Fault> {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b':').collect();
    let mut bytes = [0; 32];
    let wrong = || {
        Fault::new(
            "is not a SHA-256 fingerprint",
            "write its 64 hexadecimal digits, with or without colons",
        )
    };
    if digits.len() != 64 {
        return Err(wrong());
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |index: usize| {
            char::from(pair[index])
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        };
        *byte = digit(0)
            .zip(digit(1))
            .map(|(high, low)| high << 4 | low)
            .ok_or_else(wrong)?;
    }
    Ok(bytes)
}

/// The base address of a primary, without a trailing slash in its path.
pub(super) fn url(text: &str) -> Result<Url, Fault> {
    let example = "write for example https://nbu.example.com:1556/netbackup";
    let mut url =
        Url::parse(text).map_err(|error| Fault::new(format!("is not a URL: {error}"), example))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Fault::new("is neither http:// nor https://", example));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Fault::new(
            "has a query or a fragment",
            "end it with the path",
        ));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// A proxy, which has no path.
pub(super) fn proxy_url(text: &str) -> Result<ProxyUrl, Fault> {
    let example = "write for example http://proxy.example.com:3128";
    let url = url(text).map_err(|fault| Fault {
        remedy: example.to_owned(),
        ..fault
    })?;
    if url.path() != "/" {
        return Err(Fault::new("has a path", "end it with the port"));
    }
    Ok(ProxyUrl::new(url))
}

/// The name that a certificate is for, as TLS knows names: ASCII, without brackets and without a wildcard.
pub(super) fn host(text: &str) -> Result<String, Fault> {
    if rustls::pki_types::ServerName::try_from(text).is_ok() {
        return Ok(text.to_owned());
    }
    if text.contains('*') {
        let remedy = text.strip_prefix("*.").map_or_else(
            || "write one name that the certificate covers".to_owned(),
            |domain| format!("write one name that the certificate covers, such as nbu.{domain}"),
        );
        return Err(Fault::new(
            "is a wildcard, which no server has for a name",
            remedy,
        ));
    }
    Err(Fault::new(
        "is not a host name",
        "write the name in the server's certificate",
    ))
}

/// Host and port of a `Host` header.
pub(super) fn host_header(text: &str) -> Result<String, Fault> {
    let is_sent_as_written = text.is_ascii() && !text.contains(['/', '\\', '?', '#', '@']);
    let is_host = Url::parse(&format!("http://{text}")).is_ok_and(|url| url.has_host());
    let is_clean = !text.contains(|c: char| c.is_ascii_whitespace() || c.is_ascii_control());
    if is_sent_as_written && is_clean && is_host && !text.ends_with(':') {
        return Ok(text.to_owned());
    }
    Err(Fault::new(
        "is not a host with or without a port",
        "write for example nbu.example.com:1556",
    ))
}

/// Whether an address carries a user or password, which must not be shown and does not belong there.
pub(super) fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// The value of the `primary` label.
pub(super) fn name(text: &str) -> Result<(), Fault> {
    let remedy =
        "write 1 to 100 characters, without control characters and without space at either end";
    let fine = (1..=100).contains(&text.chars().count())
        && !text.chars().any(char::is_control)
        && text.trim() == text;
    if fine {
        Ok(())
    } else {
        Err(Fault::new("is not a usable name", remedy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_strict() {
        assert_eq!(count("20000", 1, 20_000), Ok(20_000));
        for text in [
            "",
            "-1",
            "+1",
            "1.0",
            "1e3",
            "0x10",
            "99999999999999999999999",
            "20001",
            "0",
        ] {
            assert!(count(text, 1, 20_000).is_err(), "{text}");
        }
        assert_eq!(number("2.5"), Ok(2.5));
        for text in ["", "-1", "NaN", "inf", "1e9", "."] {
            assert!(number(text).is_err(), "{text}");
        }
    }

    #[test]
    fn urls_lose_their_trailing_slash() {
        assert_eq!(
            url("https://nbu.example.com:1556/netbackup/")
                .unwrap()
                .path(),
            "/netbackup"
        );
        assert_eq!(
            url("https://[::1]:1556/netbackup").unwrap().host_str(),
            Some("[::1]")
        );
        for text in [
            "nbu.example.com",
            "ftp://nbu.example.com",
            "https://",
            "https://x/y?z",
            "https://x/#y",
            "https://x:99999",
        ] {
            assert!(url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn fingerprints_with_and_without_colons() {
        let plain = "00ff".repeat(16);
        let colons = ["00:FF"; 16].join(":");
        assert_eq!(fingerprint(&plain), fingerprint(&colons));
        assert_eq!(fingerprint(&plain).unwrap()[..2], [0, 255]);
        for text in ["", "00", &"0g".repeat(32), &"ä".repeat(32)] {
            assert!(fingerprint(text).is_err(), "{text}");
        }
    }

    #[test]
    fn versions() {
        assert_eq!(version("auto"), Ok(None));
        assert_eq!(version("12.0"), Ok(Some(ApiVersion::V12_0)));
        assert!(version("99.0").is_ok(), "newer than known");
        assert_eq!(version("11.0"), Ok(Some(ApiVersion::V11_0)));
        assert_eq!(version("15.1"), Ok(Some(ApiVersion::new(15, 1))));
        for text in ["", "3.0", "twelve", "10.3.1", "v12"] {
            assert!(version(text).is_err(), "{text}");
        }
    }

    #[test]
    fn releases_are_told_from_versions() {
        for (release, of) in [
            ("8.3", "4.0"),
            ("9.1", "6.0"),
            ("10.1", "8.0"),
            ("10.1.1", "8.0"),
            ("10.2", "9.0"),
            ("10.3", "10.0"),
            ("10.4", "11.0"),
            ("10.4.0.1", "11.0"),
            ("10.5", "12.0"),
            ("11.2", "14.0"),
            ("9.0.0.1", "5.0"),
            ("11.0.0.1", "13.0"),
            ("v10.5", "12.0"),
            ("NetBackup 10.5", "12.0"),
            ("NetBackup 10.0", "7.0"),
            ("netbackup 11.0", "13.0"),
        ] {
            let fault = version(release).unwrap_err();
            let told = format!("is a NetBackup release; its API version is {of}");
            assert_eq!(fault.what, told, "{release}");
            assert_eq!(
                fault.remedy,
                format!("write \"{of}\", or auto"),
                "{release}"
            );
        }
        for release in ["8.1.1", "8.1.2", "8.2", "8.2.0.1"] {
            let fault = version(release).unwrap_err();
            assert!(fault.what.contains("older than what"), "{}", fault.what);
        }
    }

    #[test]
    fn what_is_no_version_has_the_nearest_one_in_its_remedy() {
        for (text, remedy) in [
            ("v12.0", "\"12.0\""),
            ("V12", "\"12.0\""),
            ("v10.0", "\"10.0\""),
            ("AUTO", "write auto"),
            ("latest", "write auto"),
            ("11.1", "NetBackup 10.5"),
            ("12.1", "NetBackup 10.5"),
            ("10.50", "NetBackup 10.5"),
            ("12.0.0", "NetBackup 10.5"),
            ("12,0", "NetBackup 10.5"),
            ("-12.0", "NetBackup 10.5"),
            ("12.", "NetBackup 10.5"),
            (".12", "NetBackup 10.5"),
            ("1e1", "NetBackup 10.5"),
            ("65536.0", "NetBackup 10.5"),
            ("NetBackup", "NetBackup 10.5"),
            ("NetBackup 12.0", "NetBackup 10.5"),
        ] {
            let fault = version(text).unwrap_err();
            assert_eq!(fault.what, "is not an API version", "{text}");
            assert!(fault.remedy.contains(remedy), "{text}: {}", fault.remedy);
        }
    }

    #[test]
    fn host_headers_are_hosts_and_ports() {
        for text in [
            "nbu",
            "nbu.example.com",
            "nbu.example.com:1556",
            "10.1.2.3:443",
            "[::1]:1556",
            "[fd00::1]",
        ] {
            assert_eq!(host_header(text).as_deref(), Ok(text));
        }
        for text in [
            "https://nbu.example.com",
            "nbu.example.com/netbackup",
            "nbu.example.com:",
            "nbu.example.com:99999",
            "nbu.example.com:port",
            "user@nbu.example.com",
            "nbu example.com",
            "nbu.example.com\n",
            "nbu.example.com?x",
            "nbu.example.com#x",
            "nbü.example.com",
            "::1",
            ":1556",
        ] {
            assert!(host_header(text).is_err(), "{text}");
        }
    }
}
