//! The table of endpoints, and versions.

use std::collections::HashSet;

use nbu_api::{ApiVersion, Paging, endpoint};
use proptest::prelude::*;

#[test]
fn names_are_unique_bounded_labels() {
    let mut names = HashSet::new();
    for endpoint in endpoint::ALL {
        assert!(
            names.insert(endpoint.name),
            "{} occurs twice",
            endpoint.name
        );
        assert!(
            endpoint.path.starts_with(endpoint.name),
            "{}",
            endpoint.path
        );
        assert!(endpoint.name.starts_with('/') && !endpoint.name.ends_with('/'));
        // A parameter's name, never its value.
        assert!(endpoint.name.matches('{').count() <= 1);
        assert_eq!(endpoint.page_limit == 0, endpoint.paging == Paging::None);
        assert!(endpoint.permission.is_none() || endpoint.authenticated);
        assert!(endpoint.since <= endpoint.version);
    }
}

#[test]
fn policies_keep_their_trailing_slash() {
    assert_eq!(endpoint::POLICIES.path, "/config/policies/");
    assert_eq!(endpoint::POLICIES.name, "/config/policies");
}

#[test]
fn the_job_list_pages_by_offset_before_9_0() {
    let jobs = &endpoint::JOBS;
    assert_eq!(jobs.paging(ApiVersion::V8_0), Paging::Offset);
    assert_eq!(jobs.paging(ApiVersion::V9_0), Paging::Cursor);
    assert_eq!(
        endpoint::DISK_POOLS.paging(ApiVersion::V4_0),
        Paging::Offset
    );
}

#[test]
fn the_oldest_sufficient_version_is_asked_for() {
    let jobs = &endpoint::JOBS;
    assert_eq!(
        jobs.request_version(ApiVersion::V14_0),
        Some(ApiVersion::V10_0)
    );
    assert_eq!(
        jobs.request_version(ApiVersion::V8_0),
        Some(ApiVersion::V8_0)
    );
    assert_eq!(jobs.request_version(ApiVersion::new(3, 0)), None);
    assert_eq!(
        endpoint::STATUS_CODES.request_version(ApiVersion::V10_0),
        None
    );
}

#[test]
fn a_path_parameter_is_encoded() {
    assert_eq!(
        endpoint::STATUS_CODES.path_with("2074"),
        "/status-codes/2074"
    );
    assert_eq!(
        endpoint::STATUS_CODES.path_with("a:b/c"),
        "/status-codes/a%3Ab%2Fc"
    );
    assert_eq!(endpoint::JOBS.path_with("7"), "/admin/jobs");
}

#[test]
fn releases_are_named_only_where_proven() {
    let named: Vec<_> = ApiVersion::KNOWN
        .into_iter()
        .filter_map(|version| Some((version.to_string(), version.release()?)))
        .collect();
    insta::assert_debug_snapshot!(named, @r#"
    [
        (
            "4.0",
            "8.3",
        ),
        (
            "10.0",
            "10.3",
        ),
        (
            "11.0",
            "10.4",
        ),
        (
            "12.0",
            "10.5",
        ),
        (
            "13.0",
            "11.0",
        ),
        (
            "14.0",
            "11.2",
        ),
    ]
    "#);
    assert!(ApiVersion::KNOWN.is_sorted());
}

#[test]
fn what_is_no_version_is_refused_with_the_way_to_write_it() {
    for text in [
        "", "x", "12.", ".0", "12.0.0", "+12.0", "12,0", "0.1", "70000.0", "12 .0",
    ] {
        let error = text.parse::<ApiVersion>().unwrap_err();
        assert!(error.to_string().contains("MAJOR.MINOR"), "{error}");
    }
    assert_eq!("12".parse(), Ok(ApiVersion::V12_0));
    assert_eq!(" 9.0\n".parse(), Ok(ApiVersion::V9_0));
}

proptest! {
    #[test]
    fn versions_round_trip_and_order_as_numbers(a in 1_u16.., b: u16, c in 1_u16.., d: u16) {
        let (one, two) = (ApiVersion::new(a, b), ApiVersion::new(c, d));
        prop_assert_eq!(one.to_string().parse(), Ok(one));
        prop_assert_eq!(one.cmp(&two), (a, b).cmp(&(c, d)));
    }

    #[test]
    fn no_text_breaks_the_parser(text in "\\PC{0,40}") {
        let _ = text.parse::<ApiVersion>();
    }
}

#[test]
fn releases_lead_to_their_versions() {
    for version in ApiVersion::KNOWN {
        if let Some(release) = version.release() {
            assert_eq!(ApiVersion::of_release(release), Some(version), "{release}");
        }
    }
    for (release, version) in [
        ("8.1.1", "1.0"),
        ("8.2", "3.0"),
        ("9.0.0.1", "5.0"),
        ("9.1", "6.0"),
        ("10.0", "7.0"),
        ("10.1.1", "8.0"),
        ("10.2.0.1", "9.0"),
        ("10.4.0.1", "11.0"),
        ("11.0", "13.0"),
    ] {
        let found = ApiVersion::of_release(release).map(|version| version.to_string());
        assert_eq!(found.as_deref(), Some(version), "{release}");
    }
    for other in [
        "", "11.1", "12.0", "10", "10.50", "10.5.", ".10.5", "10.5a", "10.5 ",
    ] {
        assert_eq!(ApiVersion::of_release(other), None, "{other:?}");
    }
}
