//! Filters and queries.

use jiff::Timestamp;
use nbu_api::filter::{client, disk_pool, image, job, policy, storage_unit};
use nbu_api::{JobState, JobType, Query};
use proptest::prelude::*;

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn each_kind_of_value_is_written_as_the_api_wants_it() {
    let cases = [
        (job::STATE.ne(JobState::Done), "state ne 'DONE'"),
        (
            job::JOB_TYPE.eq(JobType::Other("NEW'TYPE".into())),
            "jobType eq 'NEW''TYPE'",
        ),
        (job::JOB_ID.gt(812_692_u64), "jobId gt 812692"),
        (job::STATUS.lt(-1), "status lt -1"),
        (job::Q_REASON_CODE.eq(4), "qReasonCode eq 4"),
        (
            job::LAST_UPDATE_TIME.ge(time("2026-07-09T10:11:06.9999+02:00")),
            "lastUpdateTime ge 2026-07-09T08:11:06.999Z",
        ),
        (
            job::END_TIME.eq(Timestamp::UNIX_EPOCH),
            "endTime eq 1970-01-01T00:00:00.000Z",
        ),
        (
            job::POLICY_NAME.contains("it's"),
            "contains(policyName, 'it''s')",
        ),
        (storage_unit::USE_WORM.eq(true), "useWorm eq true"),
        (disk_pool::NAME.ends_with("-dr"), "endswith(name, '-dr')"),
        (
            image::BACKUP_TIME.le(time("2026-01-01T00:00:00Z")),
            "backupTime le 2026-01-01T00:00:00.000Z",
        ),
        (
            policy::POLICY_NAME.contains("x"),
            "contains(policyName, 'x')",
        ),
        (
            client::POLICY_TYPES.any("MS-WINDOWS"),
            "policyTypes/any(x:x eq 'MS-WINDOWS')",
        ),
    ];
    for (filter, text) in cases {
        assert_eq!(filter.to_string(), text);
    }
}

#[test]
fn terms_are_grouped_as_they_were_built() {
    let (a, b, c) = (job::JOB_ID.gt(1), job::JOB_ID.lt(9), job::STATUS.eq(0));
    let text = |filter: nbu_api::Filter| filter.to_string();
    let or_in_and = a.clone().and(b.clone().or(c.clone()));
    assert_eq!(
        text(or_in_and),
        "jobId gt 1 and (jobId lt 9 or status eq 0)"
    );
    let and_in_or = a.clone().and(b.clone()).or(c.clone());
    assert_eq!(
        text(and_in_or),
        "(jobId gt 1 and jobId lt 9) or status eq 0"
    );
    let flat = a.clone().and(b.clone()).and(c.clone());
    assert_eq!(text(flat), "jobId gt 1 and jobId lt 9 and status eq 0");
    assert_eq!(text(!a.clone().or(b)), "not (jobId gt 1 or jobId lt 9)");
    assert_eq!(text(a.not().and(c)), "not (jobId gt 1) and status eq 0");
}

#[test]
fn a_query_encodes_everything_but_unreserved_characters() {
    let query = Query::new()
        .filter(&job::LAST_UPDATE_TIME.ge(time("2026-07-09T08:11:06Z")))
        .sort("-jobId")
        .with("page[after]", "1783591866000:812692");
    let mut url = "/admin/jobs".to_owned();
    query.append_to(&mut url);
    assert_eq!(
        url,
        "/admin/jobs?filter=lastUpdateTime%20ge%202026-07-09T08%3A11%3A06.000Z&sort=-jobId\
         &page%5Bafter%5D=1783591866000%3A812692"
    );
    Query::new().with("ä&", "=+#").append_to(&mut url);
    assert!(url.ends_with("&%C3%A4%26=%3D%2B%23"));
    let mut plain = "/ping".to_owned();
    Query::new().append_to(&mut plain);
    assert_eq!(plain, "/ping");
}

/// Reads an OData string literal the way a server does; an implementation of its own.
fn read_literal(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = text.strip_prefix('\'')?;
    loop {
        let quote = rest.find('\'')?;
        value.push_str(&rest[..quote]);
        rest = &rest[quote + 1..];
        match rest.strip_prefix('\'') {
            Some(more) => {
                value.push('\'');
                rest = more;
            }
            None => return Some((value, rest)),
        }
    }
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            out.push(u8::from_str_radix(&text[at + 1..at + 3], 16).unwrap());
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).unwrap()
}

proptest! {
    #[test]
    fn a_quoted_string_reads_back_and_nothing_escapes_from_it(
        value in prop_oneof!["[' a-z]{0,12}", "\\PC{0,20}", any::<String>()],
    ) {
        let text = job::CLIENT_NAME.eq(&value).and(job::JOB_ID.gt(0)).to_string();
        let (read, rest) = read_literal(text.strip_prefix("clientName eq ").unwrap()).unwrap();
        prop_assert_eq!(read, value);
        prop_assert_eq!(rest, " and jobId gt 0");
    }

    #[test]
    fn a_query_reads_back(pairs in prop::collection::vec((any::<String>(), any::<String>()), 1..5)) {
        let query = pairs.iter().fold(Query::new(), |query, (name, value)| {
            query.with(name.clone(), value.clone())
        });
        let text = query.to_string();
        prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%=&".contains(&byte)));
        let read: Vec<_> = text
            .split('&')
            .map(|pair| pair.split_once('=').unwrap())
            .map(|(name, value)| (decode(name), decode(value)))
            .collect();
        prop_assert_eq!(read, pairs);
    }
}
