//! What the pages of finished jobs cost at least: downloading them and checking that they are JSON.

use nbu_sim::Running;
use nbu_tests::{API_KEY, cpu};
use serde::Deserialize;

/// What a page says of the next one, and nothing else.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    meta: Meta<'a>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(borrow)]
    pagination: Pagination<'a>,
}

#[derive(Deserialize)]
struct Pagination<'a> {
    #[serde(borrow)]
    next: Option<&'a str>,
}

/// Processor time in seconds of a loop over all finished jobs of the primary, page by page over one connection, that looks at nothing but the
/// cursor. It runs on a thread of its own, with everything that it needs.
pub(crate) fn of(primary: &Running) -> f64 {
    let url = format!("{}/admin/jobs", primary.url());
    let ca = primary.ca_pem().to_owned();
    cpu::of_task(|| walk(url, ca))
        .join()
        .expect("the bare loop ends")
}

async fn walk(url: String, ca: String) {
    let client = nbu_tests::https(ca.as_bytes());
    let mut cursor = None;
    loop {
        let mut address = reqwest::Url::parse(&url).expect("an address");
        address
            .query_pairs_mut()
            .append_pair("filter", "state eq 'DONE'")
            .append_pair("sort", "jobId")
            .append_pair("page[limit]", "100")
            .extend_pairs(cursor.iter().map(|cursor| ("page[after]", cursor)));
        let request = client
            .get(address)
            .header("accept", "application/vnd.netbackup+json;version=12.0")
            .header("authorization", API_KEY);
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "the bare loop is refused");
        let body = answer.bytes().await.expect("a page");
        let envelope: Envelope<'_> = serde_json::from_slice(&body).expect("a page of JSON");
        match envelope.meta.pagination.next {
            Some(next) => cursor = Some(next.to_owned()),
            None => return,
        }
    }
}
