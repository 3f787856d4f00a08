//! Policies, their clients, paused clients, status texts and images.

use nbu_api::{
    DecodeError, Image, PausedClient, Policy, PolicyClient, PolicyDetail, PolicyType, ScheduleType,
    StatusText, decode_object, fold_page,
};

#[test]
fn a_policy_s_type_stands_beside_its_attributes() {
    let body = br#"{"data":[
        {"type":"MS-Windows","id":"windows-01","attributes":{"active":true,"generationId":"7","storage":"stu"}},
        {"type":"VMware","id":"vm","attributes":{"active":"false"}},
        {"type":"Standard","id":"bare"},
        {"type":"Standard","attributes":{"active":true}}],
        "meta":{"pagination":{"count":4,"first":0,"last":0,"limit":500,"offset":0}}}"#;
    let mut policies = Vec::new();
    let page = fold_page::<Policy<'_>>(body, |policy| {
        policies.push((
            policy.name.unwrap().into_owned(),
            policy.policy_type.unwrap().into_word().into_owned(),
            policy.active,
            policy.generation,
        ));
    })
    .unwrap();
    let own = |name: &str, kind: &str| (name.to_owned(), kind.to_owned());
    let flat: Vec<_> = policies
        .into_iter()
        .map(|(name, kind, active, generation)| ((name, kind), active, generation))
        .collect();
    assert_eq!(
        flat,
        [
            (own("windows-01", "WINDOWS_NT"), Some(true), Some(7)),
            (own("vm", "VMWARE"), Some(false), None),
            (own("bare", "STANDARD"), None, None),
        ]
    );
    assert_eq!(page.skipped.total(), 1);
}

#[test]
fn schedules_stand_under_whatever_the_type_is_called() {
    for key in [
        "policyStandard",
        "policyVMware",
        "policyGeneric",
        "policy",
        "policyOfTomorrow",
    ] {
        let body = format!(
            r#"{{"data":{{"type":"policy","id":"daily","attributes":{{"new":[1],"{key}":{{"policyName":"daily","policyType":"Standard",
            "policyAttributes":{{"active":true,"storage":null}},"clients":[{{"hostName":"h"}}],
            "schedules":[{{"scheduleName":"full","scheduleType":"Calendar","backupType":"Full Backup",
              "includeDates":{{"lastDayOfMonth":true,"recurringDaysOfMonth":[1,"15",null,{{}}],"recurringDaysOfWeek":["2:1",7],"specificDates":"x"}},
              "excludeDates":{{"specificDates":["2026-12-24"]}},
              "startWindow":[{{"dayOfWeek":1,"startSeconds":0,"durationSeconds":3600}}]}},
             {{"scheduleName":"incr","scheduleType":"Frequency","backupType":"Differential Incremental Backup","frequencySeconds":86400.0}},
             "no schedule"]}}}}}}}}"#
        );
        let mut seen = 0;
        let page = fold_page::<PolicyDetail<'_>>(body.as_bytes(), |policy| {
            seen += 1;
            assert_eq!(policy.name.as_deref(), Some("daily"));
            assert_eq!(policy.policy_type, Some(PolicyType::Standard));
            assert_eq!(policy.active, Some(true));
            let [full, incremental] = &policy.schedules[..] else {
                panic!("{:?}", policy.schedules);
            };
            let include = full.include.as_ref().unwrap();
            assert_eq!(include.days_of_month, [1, 15]);
            assert_eq!(include.days_of_week, ["2:1", "7"]);
            assert_eq!(
                (include.dates.len(), include.last_day_of_month),
                (0, Some(true))
            );
            assert_eq!(full.exclude.as_ref().unwrap().dates, ["2026-12-24"]);
            assert_eq!(full.windows[0].duration_seconds, Some(3600));
            assert_eq!(incremental.frequency_seconds, Some(86_400));
            assert_eq!(incremental.include, None);
        })
        .unwrap();
        assert_eq!(
            (seen, page.mismatches.count()),
            (1, 3),
            "{key}: {:?}",
            page.mismatches
        );
    }
}

#[test]
fn clients_name_their_policies() {
    let body = br#"{"data":[{"type":"uniqueClient","id":"host1","attributes":{"hardware":"Linux","OS":"RedHat","clientInfoType":"HOST",
        "policyTypes":["Standard","Oracle"],"policyNames":["a","b"]}},{"type":"uniqueClient","id":"old","attributes":{"policyTypes":null}}]}"#;
    let mut clients = Vec::new();
    fold_page::<PolicyClient<'_>>(body, |client| {
        let own = |names: &[std::borrow::Cow<'_, str>]| {
            names.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        clients.push((
            client.name.clone().unwrap().into_owned(),
            own(&client.policy_types),
            own(&client.policy_names),
        ));
    })
    .unwrap();
    let words = |words: &[&str]| {
        words
            .iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        clients,
        [
            (
                "host1".to_owned(),
                words(&["Standard", "Oracle"]),
                words(&["a", "b"])
            ),
            ("old".to_owned(), Vec::new(), Vec::new()),
        ]
    );
}

#[test]
fn a_paused_client_has_an_id_wherever_it_stands() {
    let body = br#"{"data":[{"id":"1","attributes":{"displayName":"host1"}},{"attributes":{"clientUniqueIdentifier":"2"}},{"attributes":{}}]}"#;
    let mut ids = Vec::new();
    let page =
        fold_page::<PausedClient<'_>>(body, |client| ids.push(client.id.unwrap().into_owned()))
            .unwrap();
    assert_eq!(
        (ids, page.skipped.total()),
        (vec!["1".to_owned(), "2".to_owned()], 1)
    );
}

#[test]
fn a_status_code_has_words() {
    let text: StatusText<'_> = decode_object(
        br#"{"data":{"type":"statusCode","id":"156","attributes":{"statusMessage":"a snapshot failed"}}}"#,
    )
    .unwrap();
    assert_eq!(text.message.as_deref(), Some("a snapshot failed"));
    assert!(matches!(
        decode_object::<StatusText<'_>>(br#"{"data":{}}"#),
        Err(DecodeError::NoData)
    ));
}

#[test]
fn an_image_tells_whose_backup_it_is() {
    let body = br#"{"data":[{"type":"image","id":"host1_1700000000","attributes":{"clientName":"host1","policyName":"daily",
        "policyType":"MS-Windows","scheduleType":"FULL","backupTime":"2026-03-01T00:00:00.000Z","elapsedTimeSeconds":60,
        "backupStatus":0,"jobId":7,"expiration":null,"fragments":null}}]}"#;
    let mut seen = 0;
    fold_page::<Image<'_>>(body, |image| {
        seen += 1;
        assert_eq!(image.id.as_deref(), Some("host1_1700000000"));
        assert_eq!(image.schedule_type, Some(ScheduleType::Full));
        assert_eq!(image.elapsed_seconds, Some(60));
        assert_eq!((image.status, image.job_id), (Some(0), Some(7)));
        assert_eq!(
            image.backup_time.unwrap().to_string(),
            "2026-03-01T00:00:00Z"
        );
    })
    .unwrap();
    assert_eq!(seen, 1);
}
