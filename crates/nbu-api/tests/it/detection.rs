//! Laws of the detection.

use nbu_api::{
    Answer, ApiVersion, Detected, Detection, DetectionError, Progress, Source, endpoint,
};
use proptest::prelude::*;

/// A primary that speaks versions up to `newest` and behaves as described.
struct Primary {
    newest: ApiVersion,
    header: Option<&'static str>,
    server_info: bool,
    jobs: u16,
    who_am_i: u16,
}

impl Primary {
    const PLAIN: Self = Self {
        newest: ApiVersion::V11_0,
        header: None,
        server_info: true,
        jobs: 200,
        who_am_i: 200,
    };

    fn answer(&self, detection: &Detection) -> Answer<'static> {
        let probe = detection.probe();
        let refused = probe.version.is_some_and(|version| version > self.newest);
        let status = match probe.endpoint.name {
            "/ping" => 200,
            "/security/serverinfo" if !self.server_info => 404,
            "/admin/jobs" if matches!(self.jobs, 401 | 403) => self.jobs,
            "/authorization-context" if self.who_am_i == 401 => 401,
            _ if refused => 406,
            "/authorization-context" => self.who_am_i,
            "/admin/jobs" => self.jobs,
            _ => 200,
        };
        let api_version = if probe.endpoint == &endpoint::PING {
            self.header
        } else {
            None
        };
        Answer::Response {
            status,
            api_version,
        }
    }

    /// Runs a detection to its end.
    fn detect(
        &self,
        configured: Option<ApiVersion>,
    ) -> (Result<Detected, DetectionError>, Vec<String>) {
        let mut detection = Detection::start(configured);
        let mut asked = Vec::new();
        loop {
            let probe = detection.probe();
            let version = probe
                .version
                .map_or("-".to_owned(), |version| version.to_string());
            asked.push(format!("{} {version}", probe.endpoint.name));
            assert!(asked.len() <= 64, "does not end: {asked:?}");
            match detection.observe(&self.answer(&detection)) {
                Progress::Ask(next) => detection = next,
                Progress::Detected(detected) => return (Ok(detected), asked),
                Progress::Failed(error) => return (Err(error), asked),
            }
        }
    }
}

#[test]
fn the_ping_header_settles_it_in_one_request() {
    let primary = Primary {
        header: Some("12.0"),
        ..Primary::PLAIN
    };
    let (detected, asked) = primary.detect(None);
    let detected = detected.unwrap();
    assert_eq!(
        (detected.version, detected.source),
        (ApiVersion::V12_0, Source::PingHeader)
    );
    assert_eq!(asked, ["/ping -"]);
}

#[test]
fn a_header_newer_than_all_known_versions_is_believed() {
    let primary = Primary {
        header: Some(" 15.1 "),
        ..Primary::PLAIN
    };
    assert_eq!(
        primary.detect(None).0.unwrap().version,
        ApiVersion::new(15, 1)
    );
}

#[test]
fn a_missing_or_unreadable_header_leads_down_the_ladder() {
    for header in [
        None,
        Some(""),
        Some("latest"),
        Some("12.0.1"),
        Some("-3"),
        Some("0.0"),
    ] {
        let (detected, asked) = Primary {
            header,
            ..Primary::PLAIN
        }
        .detect(None);
        let detected = detected.unwrap();
        assert_eq!(
            (detected.version, detected.source),
            (ApiVersion::V11_0, Source::Ladder)
        );
        assert_eq!(
            asked,
            [
                "/ping -",
                "/security/serverinfo 14.0",
                "/security/serverinfo 13.0",
                "/security/serverinfo 12.0",
                "/security/serverinfo 11.0"
            ]
        );
    }
}

#[test]
fn without_server_info_the_job_list_is_asked_with_the_credential() {
    let primary = Primary {
        server_info: false,
        newest: ApiVersion::V12_0,
        ..Primary::PLAIN
    };
    let (detected, asked) = primary.detect(None);
    assert_eq!(detected.unwrap().version, ApiVersion::V12_0);
    assert_eq!(
        asked[1..3],
        ["/security/serverinfo 14.0", "/admin/jobs 14.0"]
    );

    let detection = Detection::start(None);
    let Progress::Ask(ladder) = detection.observe(&Answer::Response {
        status: 200,
        api_version: None,
    }) else {
        panic!("the ladder comes next")
    };
    let Progress::Ask(jobs) = ladder.observe(&Answer::Response {
        status: 404,
        api_version: None,
    }) else {
        panic!("the job list comes next")
    };
    assert!(!ladder.probe().authenticated && jobs.probe().authenticated);
    assert_eq!(jobs.probe().query.to_string(), "page%5Blimit%5D=1");
}

#[test]
fn versions_refused_once_are_not_tried_again_elsewhere() {
    let mut detection = Detection::start(None);
    for status in [200, 406, 404] {
        let answer = Answer::Response {
            status,
            api_version: None,
        };
        let Progress::Ask(next) = detection.observe(&answer) else {
            panic!("{status} asks on")
        };
        detection = next;
    }
    let probe = detection.probe();
    assert_eq!(
        (probe.endpoint.name, probe.version),
        ("/admin/jobs", Some(ApiVersion::V13_0))
    );
}

#[test]
fn a_401_is_told_apart_by_who_am_i() {
    let missing_permission = Primary {
        server_info: false,
        jobs: 401,
        ..Primary::PLAIN
    };
    let (detected, asked) = missing_permission.detect(None);
    assert_eq!(detected.unwrap().version, ApiVersion::V11_0);
    assert_eq!(asked.last().unwrap(), "/authorization-context 11.0");

    let bad_key = Primary {
        who_am_i: 401,
        ..missing_permission
    };
    assert_eq!(bad_key.detect(None).0, Err(DetectionError::Unauthorized));
}

#[test]
fn a_403_is_forbidden_only_where_even_who_am_i_is() {
    let primary = Primary {
        server_info: false,
        jobs: 403,
        ..Primary::PLAIN
    };
    assert_eq!(primary.detect(None).0.unwrap().version, ApiVersion::V11_0);
    let primary = Primary {
        who_am_i: 403,
        ..primary
    };
    assert_eq!(primary.detect(None).0, Err(DetectionError::Forbidden));
}

#[test]
fn a_primary_older_than_all_known_versions_is_reported() {
    let primary = Primary {
        newest: ApiVersion::new(3, 0),
        ..Primary::PLAIN
    };
    assert_eq!(primary.detect(None).0, Err(DetectionError::NoneAccepted));
}

#[test]
fn overload_and_silence_mean_later_and_a_strange_status_means_no_primary() {
    let start = Detection::start(None);
    for status in [408, 429, 500, 502, 503, 599] {
        let Progress::Failed(error) = start.observe(&Answer::Response {
            status,
            api_version: None,
        }) else {
            panic!("{status} must end it")
        };
        assert_eq!(
            error,
            DetectionError::Unavailable {
                endpoint: "/ping",
                status
            }
        );
        assert!(error.is_temporary());
    }
    assert_eq!(
        start.observe(&Answer::NoResponse),
        Progress::Failed(DetectionError::Unreachable)
    );
    let Progress::Ask(ladder) = start.observe(&Answer::Response {
        status: 302,
        api_version: None,
    }) else {
        panic!("a ping that redirects may still hide a primary")
    };
    let Progress::Failed(error) = ladder.observe(&Answer::Response {
        status: 302,
        api_version: None,
    }) else {
        panic!("a redirect is no answer")
    };
    assert!(!error.is_temporary(), "{error}");
}

#[test]
fn a_configured_version_is_used_and_an_older_header_reported() {
    let primary = Primary {
        header: Some("11.0"),
        ..Primary::PLAIN
    };
    let (detected, asked) = primary.detect(Some(ApiVersion::V13_0));
    let detected = detected.unwrap();
    assert_eq!(
        (detected.version, detected.source),
        (ApiVersion::V13_0, Source::Configured)
    );
    assert_eq!(detected.advertised_older(), Some(ApiVersion::V11_0));
    assert_eq!(asked, ["/ping -"]);

    let (detected, _) = primary.detect(Some(ApiVersion::V10_0));
    assert_eq!(detected.unwrap().advertised_older(), None);
}

#[test]
fn only_the_ping_goes_without_a_version_and_only_it_may() {
    assert_eq!(Detection::start(None).probe().version, None);
    assert!(!Detection::start(None).probe().authenticated);
}

fn answers() -> impl Strategy<Value = (Option<u16>, Option<&'static str>)> {
    let status = prop_oneof![
        4 => prop::sample::select(vec![200_u16, 404, 406, 415, 401, 403]),
        1 => 100_u16..600,
    ];
    let header = prop::sample::select(vec![None, None, None, Some("x"), Some("9.0"), Some("99.0")]);
    (prop::option::weighted(0.95, status), header)
}

proptest! {
    /// Whatever is answered: it ends, it never asks the same twice, and observing changes nothing.
    #[test]
    fn every_detection_ends_and_never_repeats_itself(
        script in prop::collection::vec(answers(), 64),
        configured in prop::option::of(Just(ApiVersion::V12_0)),
    ) {
        let mut detection = Detection::start(configured);
        let mut asked = Vec::new();
        for (status, api_version) in script {
            let answer = status.map_or(Answer::NoResponse, |status| Answer::Response { status, api_version });
            let probe = detection.probe();
            let question = (probe.endpoint.name, probe.version);
            prop_assert!(!asked.contains(&question), "{question:?} was asked before: {asked:?}");
            asked.push(question);

            let before = detection;
            let progress = detection.observe(&answer);
            prop_assert_eq!(detection, before);
            prop_assert_eq!(&detection.observe(&answer), &progress);
            match progress {
                Progress::Ask(next) => detection = next,
                Progress::Detected(_) | Progress::Failed(_) => return Ok(()),
            }
        }
        prop_assert!(false, "still asking after {} answers", asked.len());
    }
}
