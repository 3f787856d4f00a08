//! From the tree to the checked web configuration.

use super::{WebConfig, headers, keys, rate, tls, users};
use crate::config::findings::Findings;
use crate::config::section::Section;
use crate::config::tree::Node;

/// Checks the whole file. The result is worth something only if no problem was found.
pub(super) fn check(file: &Node, findings: &Findings) -> WebConfig {
    let root = Section::new(findings, keys::ROOT, file, "");
    let (http2, headers) = root.nested("http_server_config", |section| {
        (section.flag("http2"), headers::headers(section))
    });
    let tls = root.nested("tls_server_config", |section| tls::tls(section, http2));
    let users = users::users(&root);
    if tls.is_none() && !users.is_empty() {
        root.warning(
            "basic_auth_users",
            "passwords travel in clear text: there is no tls_server_config",
        );
    }
    WebConfig {
        tls,
        http2,
        headers,
        users,
        rate_limit: root.nested("rate_limit", rate::rate_limit),
        warnings: Vec::new(),
    }
}
