//! Laws of reading pages.

use nbu_api::{
    DecodeError, DiskPool, Job, Next, SkipReason, StorageServer, StorageUnit, fold_page,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn ids(body: &[u8]) -> (Vec<u64>, Result<nbu_api::PageInfo, DecodeError>) {
    let mut ids = Vec::new();
    let page = fold_page::<Job<'_>>(body, |job| ids.push(job.job_id));
    (ids, page)
}

#[test]
fn elements_that_are_no_records_are_skipped_by_reason() {
    let body = br#"{"data":[1,null,"x",[],{},{"id":"abc"},{"id":0},{"id":-4},{"attributes":[7]},{"id":"5"},{"id":6.0},{"attributes":{"jobId":"7"}},{"id":"x","attributes":{"jobId":8}}]}"#;
    let (ids, page) = ids(body);
    let page = page.unwrap();
    assert_eq!(ids, [5, 6, 7, 8]);
    assert_eq!(page.skipped.count(SkipReason::NotAnObject), 4);
    assert_eq!(page.skipped.count(SkipReason::Id), 5);
    assert_eq!(page.elements(), 13);
    let told: Vec<_> = page
        .skipped
        .iter()
        .map(|(reason, count)| (reason.as_str(), count))
        .collect();
    assert_eq!(told, [("not_an_object", 4), ("id", 5)]);
}

#[test]
fn keys_come_in_any_order_and_twice() {
    let body = br#"{"x":[{}],"meta":{"y":1,"pagination":{"next":"c","next":"d","limit":"100"}},"data":[{"attributes":{"jobId":1},"attributes":{"state":"DONE"},"id":"1"}],"data":[{"id":"2"}],"links":null}"#;
    let (ids, page) = ids(body);
    let page = page.unwrap();
    assert_eq!(ids, [1], "a second list would count twice");
    assert_eq!(page.next, Some(Next::Cursor("d".to_owned())));
    assert_eq!((page.limit, page.mismatches.count()), (Some(100), 1));
    assert_eq!(page.mismatches.first(), Some("data"));
}

#[test]
fn a_single_resource_is_a_page_of_one_and_null_a_page_of_none() {
    assert_eq!(ids(br#"{"data":{"id":"3"}}"#).0, [3]);
    assert_eq!(ids(br#"{"data":null}"#).1.unwrap().elements(), 0);
    assert_eq!(ids(br#"{"data":[]}"#).1.unwrap().elements(), 0);
}

#[test]
fn an_answer_without_records_is_no_empty_page() {
    for body in [
        "{}",
        r#"{"errorCode":1}"#,
        r#"{"data":7}"#,
        r#"{"data":"x"}"#,
    ] {
        assert!(
            matches!(ids(body.as_bytes()).1, Err(DecodeError::NoData)),
            "{body}"
        );
    }
    for body in ["[]", "7", "null", "\"x\"", "true", "1.5", "-1"] {
        assert!(
            matches!(ids(body.as_bytes()).1, Err(DecodeError::NotAnObject)),
            "{body}"
        );
    }
}

#[test]
fn broken_syntax_fails_the_page() {
    let whole = br#"{"data":[{"id":"1"},{"id":"2"}],"meta":{}}"#;
    for end in 0..whole.len() {
        assert!(
            matches!(ids(&whole[..end]).1, Err(DecodeError::Syntax(_))),
            "cut at {end}"
        );
    }
    for body in [
        &br#"{"data":[]} x"#[..],
        b"<html>",
        b"\xff\xfe",
        br#"{"data":[{"id":"1",}]}"#,
    ] {
        assert!(matches!(ids(body).1, Err(DecodeError::Syntax(_))));
    }
}

#[test]
fn valid_json_that_nothing_can_hold_costs_one_value() {
    let body = br#"{"data":[{"id":"1","attributes":{"try":[]}},"x",{"id":"2","attributes":{"try":-1,"status":1e999,"jobQueueReason":true}},{"id":"3","attributes":{"policyName":"\ud800"}},{"id":1e999},{"id":1e999,"attributes":{"jobId":5}},{"id":"4"}],"meta":{"pagination":{"next":"n"}}}"#;
    let (ids, page) = ids(body);
    let page = page.unwrap();
    assert_eq!(ids, [1, 2, 3, 5, 4]);
    assert_eq!(page.skipped.count(SkipReason::Unreadable), 0);
    assert_eq!(page.skipped.count(SkipReason::Id), 1);
    assert_eq!(page.skipped.count(SkipReason::NotAnObject), 1);
    let unusable: Vec<_> = page.mismatches.iter().collect();
    assert_eq!(
        unusable,
        [
            ("try", 2),
            ("jobQueueReason", 1),
            ("status", 1),
            ("policyName", 1),
            ("id", 2)
        ]
    );
    assert_eq!(page.next, Some(Next::Cursor("n".to_owned())));
}

#[test]
fn page_information_that_cannot_be_held_fails_the_page() {
    let body = br#"{"data":[{"id":"1"}],"meta":{"pagination":{"next":1e999}}}"#;
    assert!(matches!(ids(body).1, Err(DecodeError::Syntax(_))));
}

#[test]
fn deep_nesting_costs_no_stack() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for body in [
        format!(r#"{{"data":[{{"id":"1","attributes":{{"state":{deep}}}}}]}}"#),
        format!(r#"{{"data":[{{"id":"1","unknown":{deep}}}]}}"#),
        format!(r#"{{"data":[{{"id":"1"}},{deep}]}}"#),
    ] {
        assert_eq!(ids(body.as_bytes()).0, [1]);
    }
}

pub(crate) fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        prop::sample::select(vec![
            "DONE",
            "1970-01-01T00:00:00.000Z",
            "PT1S",
            "12",
            "NaN",
            "-99",
            ""
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(".{0,4}", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Every key that some model reads, and one that none does.
const KEYS: &[&str] = &[
    "jobId",
    "parentJobId",
    "jobPath",
    "childCount",
    "state",
    "jobType",
    "status",
    "policyName",
    "clientName",
    "startTime",
    "endTime",
    "elapsedTime",
    "kilobytesTransferred",
    "dedupRatio",
    "jobQueueReason",
    "try",
    "name",
    "storageCategory",
    "totalCapacityBytes",
    "isCloudSTU",
    "maxConcurrentJobs",
    "diskVolumes",
    "diskPoolState",
    "maximumIoStreams",
    "highWaterMark",
    "msdpAttributes",
    "storagePoolDetails",
    "storageServerState",
    "unknown",
];

fn elements() -> impl Strategy<Value = Value> {
    let attributes = prop::collection::hash_map(prop::sample::select(KEYS), values(), 0..12);
    prop_oneof![
        6 => (values(), attributes, values()).prop_map(|(id, attributes, relationships)| {
            let attributes: serde_json::Map<_, _> =
                attributes.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            json!({"id": id, "type": "x", "attributes": attributes, "relationships": relationships})
        }),
        1 => (values(), values()).prop_map(|(id, attributes)| json!({"id": id, "attributes": attributes})),
        1 => values(),
    ]
}

proptest! {
    /// Arbitrary values in every place never fail the page, and nothing is lost from the count.
    #[test]
    fn any_json_is_a_page(elements in prop::collection::vec(elements(), 0..6), meta in values(), links in values()) {
        let total = u32::try_from(elements.len()).unwrap();
        let body = json!({"links": links, "data": elements, "meta": {"pagination": meta}}).to_string();
        let body = body.as_bytes();
        let mut visited = 0;
        for page in [
            fold_page::<Job<'_>>(body, |_| visited += 1),
            fold_page::<StorageUnit<'_>>(body, |unit| { unit.capacity(); assert!(unit.name.is_some()) }),
            fold_page::<DiskPool<'_>>(body, |pool| assert!(pool.name.is_some())),
            fold_page::<StorageServer<'_>>(body, |server| assert!(server.name.is_some())),
        ] {
            let page = page.unwrap();
            prop_assert_eq!(page.records + page.skipped.total(), total);
        }
        prop_assert!(visited <= total);
    }

    #[test]
    fn any_bytes_are_read_without_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = fold_page::<Job<'_>>(&body, |job| { job.root_id(); });
    }

    /// A page damaged in one byte is read or refused, never worse.
    #[test]
    fn a_flipped_byte_never_panics(at in 0_usize..2000, byte: u8) {
        let mut body = include_bytes!("fixtures/jobs-cursor.json").to_vec();
        let at = at % body.len();
        body[at] = byte;
        let _ = fold_page::<Job<'_>>(&body, |job| { job.root_id(); });
    }
}
