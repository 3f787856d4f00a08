//! Proxies of the environment, which are not used: requests go through `proxy_url` alone, so that a credential never takes a
//! way that the configuration does not name.

use nbu_client::goes_direct;
use url::{Host, Url};

use crate::config::Primary;
use crate::config::section::Section;
use crate::environment::Environment;

/// Names shown; how many more there are is counted.
const NAMES: usize = 3;

/// Warns once of all primaries that other programs would reach through a proxy of the environment.
pub(super) fn warn<'p>(
    without_proxy: impl Iterator<Item = &'p Primary>,
    environment: &Environment,
    root: &Section<'_>,
) {
    let mut variable = None;
    let mut names = Vec::new();
    for primary in without_proxy {
        if let Some(found) = proxy_variable(&primary.url, environment) {
            variable.get_or_insert(found);
            names.push(&*primary.name);
        }
    }
    let Some(variable) = variable else {
        return;
    };
    let more = match names.len().saturating_sub(NAMES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    names.truncate(NAMES);
    root.warning(
        "primaries",
        format!(
            "{variable} is set in the environment and has no effect here: {}{more} will be reached without a proxy; set proxy_url of each that needs one, and proxy_url: \"\" of each that does not",
            names.join(", ")
        ),
    );
}

/// The variable by which other programs find a proxy for `url`, if there is one.
fn proxy_variable(url: &Url, environment: &Environment) -> Option<&'static str> {
    let is_local = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let value = |name: &str| environment.variable(name).ok().flatten();
    let exceptions = value("NO_PROXY").or_else(|| value("no_proxy"));
    let exceptions = exceptions.unwrap_or_default();
    let exceptions: Vec<String> = exceptions.split(',').map(str::to_owned).collect();
    if is_local || goes_direct(url, &exceptions) {
        return None;
    }
    let names = match url.scheme() {
        "http" => ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"],
        _ => ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
    };
    names
        .into_iter()
        .find(|name| value(name).is_some_and(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    /// The warning about a proxy, for primaries with these settings.
    fn warned<const N: usize>(
        variables: [(&str, &str); N],
        primaries: &[(&str, &str)],
    ) -> Option<String> {
        let primaries = primaries.iter().enumerate();
        let primaries: Vec<_> = primaries
            .map(|(number, (url, more))| {
                format!("{{name: p{number}, url: '{url}', api_key: k{more}}}")
            })
            .collect();
        let text = format!("primaries: [{}]", primaries.join(", "));
        let environment = Environment::of(variables);
        let config = Config::parse(Path::new("c.yml"), &text, &environment).unwrap();
        let mut warnings = config.warnings.iter().map(ToString::to_string);
        warnings.find(|warning| warning.contains("environment"))
    }

    const NBU: &str = "https://nbu.example.com:1556/netbackup";
    const PROXY: &str = "http://user:secret@proxy.example.com:3128";

    #[test]
    fn a_proxy_of_the_environment_that_would_be_used_elsewhere_is_told() {
        for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            let warning = warned([(variable, PROXY)], &[(NBU, "")]).unwrap();
            assert!(warning.contains(&format!("{variable} is set")), "{warning}");
            assert!(warning.contains("p0 will be reached"), "{warning}");
            assert!(warning.contains("set proxy_url"), "{warning}");
            assert!(!warning.contains("secret"), "{warning}");
        }
        let plain = [("http://nbu.example.com/netbackup", "")];
        assert!(warned([("http_proxy", PROXY)], &plain).is_some());
        assert!(warned([("HTTPS_PROXY", PROXY)], &plain).is_none());
        let five = [(NBU, ""); 5];
        let warning = warned([("HTTPS_PROXY", PROXY)], &five).unwrap();
        assert!(warning.contains("p0, p1, p2 and 2 more"), "{warning}");
    }

    #[test]
    fn nothing_is_told_where_no_proxy_is_meant() {
        let set = ("HTTPS_PROXY", PROXY);
        for more in [", proxy_url: ''", ", proxy_url: 'http://p.example.com:1'"] {
            assert_eq!(warned([set], &[(NBU, more)]), None, "{more}");
        }
        for url in [
            "https://localhost:1556/netbackup",
            "https://127.0.0.1:1556/netbackup",
            "https://[::1]:1556/netbackup",
        ] {
            assert_eq!(warned([set], &[(url, "")]), None, "{url}");
        }
        assert_eq!(
            warned([set, ("NO_PROXY", "example.com")], &[(NBU, "")]),
            None
        );
        assert_eq!(warned([set, ("no_proxy", "*")], &[(NBU, "")]), None);
        assert_eq!(warned([("HTTPS_PROXY", "")], &[(NBU, "")]), None);
        assert_eq!(warned([], &[(NBU, "")]), None);
    }
}
