//! Every record exactly once, in both schemes.

use nbu_sim::{Population, Sim, StorageCounts};

use crate::asking::Asking;

#[tokio::test]
async fn a_cursor_walk_finds_every_job_once_under_every_sort() {
    let asking = Asking::start(Sim::builder().population(Population::finished(700))).await;
    let mut expected: Vec<u64> = asking
        .primary
        .truth()
        .jobs
        .iter()
        .map(|job| job.id)
        .collect();
    for sort in [
        "jobId",
        "-jobId",
        "",
        "lastUpdateTime",
        "-endTime,jobId",
        "status",
        "clientName",
        "dedupRatio",
    ] {
        for limit in ["100", "7"] {
            let (mut ids, pages) = asking.walk("", sort, limit).await;
            assert_eq!(pages, 700_usize.div_ceil(limit.parse().unwrap()), "{sort}");
            if sort == "jobId" {
                assert!(ids.is_sorted());
            }
            ids.sort_unstable();
            expected.sort_unstable();
            assert_eq!(ids, expected, "sort={sort} limit={limit}");
        }
    }
}

#[tokio::test]
async fn cursor_pages_have_no_count_and_the_last_one_no_next() {
    let asking = Asking::start(Sim::builder().population(Population::finished(150))).await;
    let first = asking
        .jobs(&[("sort", "jobId"), ("page[limit]", "100")])
        .await;
    let pagination = &first.body["meta"]["pagination"];
    assert!(pagination.get("count").is_none() && pagination.get("offset").is_none());
    let next = pagination["next"].as_str().unwrap();
    let last = asking
        .jobs(&[
            ("sort", "jobId"),
            ("page[limit]", "100"),
            ("page[after]", next),
        ])
        .await;
    assert_eq!(last.ids().len(), 50);
    let pagination = last.body["meta"]["pagination"].as_object().unwrap();
    assert!(!pagination.contains_key("next") && pagination.contains_key("prev"));
    let before = pagination["prev"].as_str().unwrap();
    let back = asking
        .jobs(&[
            ("sort", "jobId"),
            ("page[limit]", "100"),
            ("page[before]", before),
        ])
        .await;
    assert_eq!(back.ids(), first.ids());
    // A client that pages by offset on a cursor endpoint gets the first page again and again.
    let offset = asking
        .jobs(&[
            ("sort", "jobId"),
            ("page[limit]", "100"),
            ("page[offset]", "100"),
        ])
        .await;
    assert_eq!(offset.ids(), first.ids());
}

#[tokio::test]
async fn links_mislead() {
    let asking = Asking::start(Sim::builder().population(Population::finished(50))).await;
    let page = asking.jobs(&[]).await;
    let href = page.body["links"]["next"]["href"].as_str().unwrap();
    assert!(!href.contains(&asking.primary.address().port().to_string()));
}

#[tokio::test]
async fn limits_are_enforced() {
    let asking = Asking::start(Sim::builder().population(Population::finished(120))).await;
    assert_eq!(asking.jobs(&[]).await.ids().len(), 10);
    for (path, allowed, refused) in [
        ("/admin/jobs", "100", "101"),
        ("/admin/jobs", "0", "-1"),
        ("/storage/storage-units", "500", "501"),
        ("/storage/disk-pools", "500", "0"),
        ("/storage/storage-servers", "100", "101"),
        ("/config/policies/", "500", "501"),
        ("/config/unique-policy-clients", "5000", "5001"),
        ("/config/paused-clients", "100", "many"),
    ] {
        assert_eq!(
            asking.ask(path, &[("page[limit]", allowed)]).await.status,
            200,
            "{path} {allowed}"
        );
        assert_eq!(
            asking.ask(path, &[("page[limit]", refused)]).await.status,
            400,
            "{path} {refused}"
        );
    }
    assert_eq!(
        asking.jobs(&[("page[after]", "nonsense")]).await.status,
        400
    );
    assert_eq!(asking.jobs(&[("sort", "nonsense")]).await.status, 400);
}

#[tokio::test]
async fn before_9_0_jobs_are_paged_by_offset_with_a_count() {
    let mut asking = Asking::start(Sim::builder().population(Population::finished(130))).await;
    asking.version = "8.0";
    let mut ids = Vec::new();
    for offset in ["0", "50", "100"] {
        let page = asking
            .jobs(&[
                ("sort", "jobId"),
                ("page[limit]", "50"),
                ("page[offset]", offset),
            ])
            .await;
        let pagination = page.body["meta"]["pagination"].as_object().unwrap().clone();
        assert_eq!(pagination["count"], 130);
        assert_eq!(pagination.contains_key("next"), offset != "100");
        ids.extend(page.ids());
    }
    let expected: Vec<u64> = asking
        .primary
        .truth()
        .jobs
        .iter()
        .map(|job| job.id)
        .collect();
    assert_eq!(ids, expected);
    assert_eq!(
        asking
            .jobs(&[("filter", "lastUpdateTime ge 2026-03-01T00:00:00.000Z")])
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn all_storage_is_listed_as_it_is() {
    let counts = StorageCounts {
        units: 1_250,
        pools: 600,
        servers: 230,
    };
    let asking = Asking::start(
        Sim::builder()
            .population(Population::empty())
            .storage(counts),
    )
    .await;
    let truth = asking.primary.truth().storage;
    for (path, limit, names) in [
        (
            "/storage/storage-units",
            500,
            truth
                .units
                .iter()
                .map(|unit| &unit.name)
                .collect::<Vec<_>>(),
        ),
        (
            "/storage/disk-pools",
            500,
            truth.pools.iter().map(|pool| &pool.name).collect(),
        ),
        (
            "/storage/storage-servers",
            100,
            truth.servers.iter().map(|server| &server.name).collect(),
        ),
    ] {
        let (mut listed, mut offset) = (Vec::new(), Some(0));
        while let Some(at) = offset {
            let page = asking
                .ask(
                    path,
                    &[
                        ("page[limit]", &limit.to_string()),
                        ("page[offset]", &at.to_string()),
                    ],
                )
                .await;
            for record in page.body["data"].as_array().unwrap() {
                listed.push(record["attributes"]["name"].as_str().unwrap().to_owned());
            }
            assert_eq!(page.body["meta"]["pagination"]["count"], names.len());
            offset = page.body["meta"]["pagination"]
                .get("next")
                .map(|next| next.as_u64().unwrap());
        }
        assert!(listed.iter().eq(names.iter().copied()), "{path}");
    }
    let tape = asking
        .ask(
            "/storage/storage-units",
            &[("filter", "storageCategory eq 'TAPE'")],
        )
        .await;
    let attributes = &tape.body["data"][0]["attributes"];
    assert!(
        attributes["maxConcurrentDrives"].is_u64()
            && attributes.get("totalCapacityBytes").is_none()
    );
}

#[tokio::test]
async fn pages_can_be_limited_on_every_list() {
    let asking = Asking::start(Sim::builder()).await;
    asking.primary.set_page_limit(Some(100));
    for path in [
        "/storage/storage-units",
        "/storage/disk-pools",
        "/config/policies/",
        "/config/unique-policy-clients",
    ] {
        let refused = asking.ask(path, &[("page[limit]", "101")]).await;
        assert_eq!(refused.status, 400, "{path}");
        let message = refused.body["errorMessage"].as_str().unwrap();
        assert!(message.contains("less than or equal to 100"), "{message}");
        let taken = asking.ask(path, &[("page[limit]", "100")]).await;
        assert_eq!(taken.status, 200, "{path}");
    }
    asking.primary.set_page_limit(None);
    let all = [("page[limit]", "500")];
    assert_eq!(asking.ask("/storage/disk-pools", &all).await.status, 200);
}
