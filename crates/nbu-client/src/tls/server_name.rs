//! A name to ask a certificate for.

use std::net::IpAddr;

use rustls::pki_types::ServerName;

/// The name to expect of a certificate that is for the names `presented`, and not for `expected`; `None` if it is for no
/// name. It is never a wildcard, for which no certificate can be asked: of `*.example.com` it is a name that this covers.
///
/// ```
/// let names = ["*.corp.example".to_owned()];
/// assert_eq!(nbu_client::usable_name("nbu.paris.corp.example", &names).as_deref(), Some("nbu.corp.example"));
/// ```
pub fn usable_name(expected: &str, presented: &[String]) -> Option<String> {
    let own = expected.split('.').next().unwrap_or_default();
    let own = match expected.parse::<IpAddr>() {
        Err(_) if !own.is_empty() => own,
        // An address has no label of its own.
        _ => "primary",
    };
    let is_name = |name: &String| ServerName::try_from(name.as_str()).is_ok();
    let host = |name: &&String| {
        name.split('.')
            .next()
            .is_some_and(|label| label.eq_ignore_ascii_case(own))
    };
    let names = || presented.iter().filter(|name| is_name(name));
    let dns = || names().filter(|name| name.parse::<IpAddr>().is_err());
    dns()
        .find(host)
        .or_else(|| dns().next())
        .or_else(|| names().next())
        .cloned()
        .or_else(|| {
            let covered = presented.iter().filter_map(|name| name.strip_prefix("*."));
            covered
                .map(|domain| format!("{own}.{domain}"))
                .find(is_name)
        })
}
