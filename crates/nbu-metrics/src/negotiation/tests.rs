use proptest::prelude::*;

use super::*;

const PROMETHEUS_2: &str = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
const PROMETHEUS_3: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
const NATIVE: &str = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,*/*;q=0.2";
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

#[test]
fn what_each_client_gets() {
    for (accept, expected) in [
        ("", TEXT),
        ("*/*", TEXT),
        ("text/*;q=0.2", TEXT),
        ("application/*", OPENMETRICS),
        ("text/plain", TEXT),
        ("text/plain; version=0.0.4", TEXT),
        ("text/plain; version=\"1.0.0\"", TEXT_1_0_0),
        ("application/openmetrics-text", OPENMETRICS_0_0_1),
        ("Application/OpenMetrics-Text; Version=1.0.0", OPENMETRICS),
        ("application/openmetrics-text;version=2.0.0", TEXT),
        (
            "application/openmetrics-text;version=2.0.0, application/openmetrics-text;version=0.0.1;q=0.1",
            OPENMETRICS_0_0_1,
        ),
        (PROMETHEUS_2, OPENMETRICS),
        (PROMETHEUS_3, OPENMETRICS),
        (NATIVE, PROTOBUF),
        (BROWSER, TEXT),
        ("application/json", TEXT),
    ] {
        assert_eq!(exposition(Some(accept)), expected, "{accept}");
    }
    assert_eq!(exposition(None), TEXT);
}

#[test]
fn the_highest_quality_wins_and_of_equal_ones_the_first() {
    let om = "application/openmetrics-text;version=1.0.0";
    assert_eq!(
        exposition(Some(&format!("text/plain;q=0.9,{om};q=0.8"))),
        TEXT
    );
    assert_eq!(
        exposition(Some(&format!("text/plain;q=0.8,{om};q=0.9"))),
        OPENMETRICS
    );
    assert_eq!(
        exposition(Some(&format!("{om};q=0.5,text/plain;q=0.5"))),
        OPENMETRICS
    );
    assert_eq!(
        exposition(Some(&format!("text/plain;q=0.5,{om};q=0.5"))),
        TEXT
    );
    assert_eq!(
        exposition(Some(&format!("{om};q=0,text/plain;q=0.1"))),
        TEXT
    );
    assert_eq!(
        exposition(Some(&format!("{om};q=2,text/plain;q=0.1"))),
        TEXT,
        "no such quality"
    );
    assert_eq!(
        exposition(Some(&format!("{om};q=NaN"))),
        TEXT,
        "no such quality"
    );
}

#[test]
fn protobuf_is_given_only_as_what_it_is() {
    let family = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily";
    assert_eq!(exposition(Some(family)), TEXT);
    assert_eq!(exposition(Some(&format!("{family};encoding=text"))), TEXT);
    let other = "application/vnd.google.protobuf;proto=other;encoding=delimited";
    assert_eq!(exposition(Some(other)), TEXT);
}

#[test]
fn encodings() {
    for (accept, expected) in [
        ("", Encoding::Identity),
        ("gzip", Encoding::Gzip),
        ("GZIP;q=0.5", Encoding::Gzip),
        ("x-gzip", Encoding::Gzip),
        ("identity", Encoding::Identity),
        ("gzip;q=0", Encoding::Identity),
        ("gzip;q=x", Encoding::Identity),
        ("deflate, gzip;q=1.0, *;q=0.5", Encoding::Gzip),
        ("zstd, br", Encoding::Identity),
        ("*", Encoding::Gzip),
        ("*, gzip;q=0", Encoding::Identity),
        ("gzip;q=0.2, identity;q=0.8", Encoding::Identity),
        ("gzip, identity", Encoding::Gzip),
    ] {
        assert_eq!(encoding(Some(accept)), expected, "{accept}");
    }
    assert_eq!(encoding(None), Encoding::Identity);
}

proptest! {
    #[test]
    fn garbage_never_fails(header in any::<String>(), noise in "[a-z/*;=,.\"q0-9 -]{0,80}") {
        for value in [&header, &noise] {
            exposition(Some(value));
            encoding(Some(value));
        }
    }

    #[test]
    fn garbage_beside_an_offer_does_not_hide_it(noise in "[a-z/;=\"q0-9 -]{0,40}") {
        let accept = format!("{noise};q=0.1,application/openmetrics-text;version=1.0.0;q=0.9");
        prop_assert_eq!(exposition(Some(&accept)).format, Format::OpenMetrics);
    }
}
