//! Every class of mistake, in the words that users read.

use insta::assert_snapshot;

use super::{LEAST, accepted, refused};

fn primary(lines: &str) -> String {
    format!("{LEAST}    {}\n", lines.replace('\n', "\n    "))
}

#[test]
fn unknown_keys() {
    let text = primary(
        "tls_confg: {}\ntls_config: {ca_fil: x, colour: red}\ncollectors: {job: {}, jobs: {intervall: 1m}}",
    );
    assert_snapshot!(refused(&format!(
        "{text}primary: []\nlimits: {{Pages: 3}}\n"
    )));
}

#[test]
fn bad_values() {
    assert_snapshot!(refused(
        "\
primaries:
  - name: ' paris '
    url: nbu-paris.example.com:1556
    api_key_file: /run/secrets/paris
    api_version: '3.0'
    tls_config: {min_version: TLS11, insecure_skip_verify: yes, ca_fingerprint: AB, server_name: 'a b', cert_file: x}
    proxy_url: proxy.example.com
    request_timeout: 30 seconds
    max_in_flight: 0
    requests_per_second: -1
    collectors:
      jobs: {interval: 500ms, results: {ok: success, 190: fine, 191: []}}
      storage: 5m
      protection: {client_include: 'db(', max_clients: many}
limits: {response_bytes: 64 MB, header_count: 100000}
metrics: {job_labels: [policy, clients], counter_birth: 2}
log: {level: verbose}
web: {auth_exempt: healthy}
primaries_file: primaries.d/*.yml
"
    ));
}

#[test]
fn missing_keys() {
    assert_snapshot!(refused(
        "primaries:\n  - url: https://nbu.example.com/netbackup\n  - name: rome\n  - paris\n"
    ));
    assert_snapshot!(refused("log: {level: info}\n"));
    assert_snapshot!(refused(""));
    assert_snapshot!(refused("- name: paris\n"));
    assert_snapshot!(refused("primaries: {name: paris}\n"));
}

#[test]
fn credentials() {
    assert_snapshot!(refused(&LEAST.replace("api_key_file", "# api_key_file")));
    assert_snapshot!(refused(&primary("api_key: hunter2")));
    assert_snapshot!(refused(&LEAST.replace(
        "api_key_file: /run/secrets/paris",
        "api_key: \"hunter\\n2\""
    )));
    assert_snapshot!(refused(&LEAST.replace(
        "api_key_file: /run/secrets/paris",
        "login: {user_name: x, password: y, password_file: z}"
    )));
    assert_snapshot!(refused(
        &LEAST.replace("api_key_file: /run/secrets/paris", "login: {}")
    ));
    assert_snapshot!(refused(&LEAST.replace("https://", "https://me:hunter2@")));
}

#[test]
fn two_primaries_of_one_name() {
    let again = "  - name: paris\n    url: https://other.example.com/netbackup\n    api_key: x\n";
    assert_snapshot!(refused(&format!("{LEAST}{again}")));
}

#[test]
fn variables() {
    let text = primary(
        "no_proxy: ['${SITE}.example.com', '${SITE:-x}']\nproxy_url: 'http://${1A}:${PORT'",
    );
    assert_snapshot!(refused(
        &text.replace("/run/secrets/paris", "${KEY_DIR}/${KEY_NAME}")
    ));
}

#[test]
fn a_variables_value_is_not_shown() {
    let text = refused(&primary("request_timeout: ${BAD}\napi_version: ${BAD}"));
    assert!(!text.contains("hunter2"), "{text}");
    assert_snapshot!(text);
}

#[test]
fn syntax() {
    assert_snapshot!(refused(&LEAST.replace("    url:", "   url:")));
    assert_snapshot!(refused(&format!("{LEAST}limits: {{pages: 3\n")));
    assert_snapshot!(refused(&format!("{LEAST}\tlimits: 3\n")));
    assert_snapshot!(refused(&format!("{LEAST}---\n{LEAST}")));
    assert_snapshot!(refused(&format!("{LEAST}limits: *nothing\n")));
    assert_snapshot!(refused(&format!("{LEAST}limits: !secret x\n")));
    assert_snapshot!(refused(&format!("{LEAST}? [a, b]\n: c\n")));
    assert_snapshot!(refused("%YAML 1.1\n---\na: b\n"));
}

#[test]
fn a_key_given_twice() {
    assert_snapshot!(refused(&primary(
        "tls_config: {ca_file: a, ca_file: b}\nname: rome"
    )));
}

#[test]
fn what_a_terminal_would_obey_is_escaped() {
    let text = refused("\"a\\e[31m\\nb\": 1\nlog: {level: \"\\e[2Jx\"}\n");
    assert!(!text.contains('\u{1b}'), "{text}");
    assert_snapshot!(text);
}

#[test]
fn warnings_say_what_asks_much_or_does_nothing() {
    let text = primary(
        "tls_config: {insecure_skip_verify: true}\nmax_in_flight: 64\nrequests_per_second: 5\n\
         collectors: {jobs: {interval: 1s, look_back: 90d, max_stale: 1s}, tape: {enabled: true}}",
    );
    let text = text.replace(
        "https://nbu-paris.example.com:1556/netbackup",
        "http://nbu-paris.example.com",
    );
    let second = "  - {name: rome, url: 'http://nbu-paris.example.com', api_key: x}\n";
    let config = accepted(&format!(
        "{text}{second}collectors: {{primary: {{interval: 5s}}}}\ntelemetry: {{}}\n"
    ));
    let lines: Vec<_> = config.warnings.iter().map(ToString::to_string).collect();
    assert_snapshot!(lines.join("\n"));
}
