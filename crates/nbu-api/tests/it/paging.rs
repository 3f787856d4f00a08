//! Laws of a walk over pages.

use nbu_api::{Next, PageInfo, Pagination, Paging, PagingError};
use proptest::prelude::*;

fn cursor(records: u32, next: Option<&str>) -> PageInfo {
    let next = next.map(|text| Next::Cursor(text.to_owned()));
    PageInfo {
        records,
        next,
        ..PageInfo::default()
    }
}

fn offset(walk: &Pagination) -> u64 {
    walk.parameters()[1].1.parse().unwrap()
}

#[test]
fn a_repeated_cursor_ends_the_walk_even_when_two_alternate() {
    let walk = Pagination::new(Paging::Cursor, 100, 1000);
    let walk = walk.observe(&cursor(100, Some("a"))).unwrap().unwrap();
    let walk = walk.observe(&cursor(100, Some("b"))).unwrap().unwrap();
    let error = walk.observe(&cursor(100, Some("a"))).unwrap_err();
    assert_eq!(
        error,
        PagingError::RepeatedCursor {
            page: 3,
            cursor: "a".to_owned()
        }
    );
}

#[test]
fn an_empty_page_that_names_a_next_one_is_an_error() {
    for paging in [Paging::Cursor, Paging::Offset, Paging::LookAhead] {
        let page = PageInfo {
            next: Some(Next::Offset(100)),
            has_next: (paging == Paging::LookAhead).then_some(true),
            ..PageInfo::default()
        };
        let error = Pagination::new(paging, 100, 10).observe(&page).unwrap_err();
        assert_eq!(error, PagingError::EmptyPage { page: 1 }, "{paging:?}");
        assert!(
            Pagination::new(paging, 100, 10)
                .observe(&PageInfo::default())
                .unwrap()
                .is_none()
        );
    }
}

#[test]
fn the_budget_ends_an_endless_list_but_not_one_that_just_fits() {
    let walk = Pagination::new(Paging::Cursor, 100, 2);
    let walk = walk.observe(&cursor(100, Some("a"))).unwrap().unwrap();
    assert!(walk.clone().observe(&cursor(100, None)).unwrap().is_none());
    let error = walk.observe(&cursor(100, Some("b"))).unwrap_err();
    assert_eq!(error, PagingError::Budget { budget: 2 });
}

#[test]
fn a_list_that_was_cut_is_not_complete_but_goes_on_where_it_can() {
    let truncated = |next| PageInfo {
        range_truncated: Some(true),
        ..cursor(100, next)
    };
    let walk = Pagination::new(Paging::Cursor, 100, 10);
    let walk = walk.observe(&truncated(Some("a"))).unwrap().unwrap();
    let error = walk.observe(&truncated(None)).unwrap_err();
    assert_eq!(error, PagingError::Truncated { page: 2 });
}

#[test]
fn pages_by_key_count_on() {
    let walk = Pagination::new(Paging::Offset, 100, 3);
    let first = walk.parameters();
    let walk = walk.restart().unwrap().restart().unwrap();
    assert_eq!((walk.parameters(), walk.pages()), (first, 2));
    assert_eq!(
        walk.restart().unwrap_err(),
        PagingError::Budget { budget: 3 }
    );
}

#[test]
fn skipped_elements_count_as_seen() {
    let mut page = PageInfo {
        records: 1,
        count: Some(4),
        ..PageInfo::default()
    };
    page.skipped.add(nbu_api::SkipReason::Id);
    let walk = Pagination::new(Paging::Offset, 2, 10)
        .observe(&page)
        .unwrap()
        .unwrap();
    assert_eq!(offset(&walk), 2);
}

#[test]
fn a_server_that_ignores_the_offset_or_does_not_advance_is_an_error() {
    let first = PageInfo {
        records: 2,
        offset: Some(0),
        count: Some(9),
        ..PageInfo::default()
    };
    let walk = Pagination::new(Paging::Offset, 2, 10)
        .observe(&first)
        .unwrap()
        .unwrap();
    let error = walk.observe(&first).unwrap_err();
    assert_eq!(
        error,
        PagingError::Offset {
            page: 2,
            asked: 2,
            answered: 0
        }
    );

    let stuck = PageInfo {
        records: 2,
        next: Some(Next::Offset(0)),
        ..PageInfo::default()
    };
    let error = Pagination::new(Paging::Offset, 2, 10)
        .observe(&stuck)
        .unwrap_err();
    assert_eq!(
        error,
        PagingError::Offset {
            page: 1,
            asked: 0,
            answered: 0
        }
    );
}

#[test]
fn a_count_below_what_was_received_is_not_believed() {
    let lying = PageInfo {
        records: 100,
        count: Some(3),
        ..PageInfo::default()
    };
    let walk = Pagination::new(Paging::Offset, 100, 10)
        .observe(&lying)
        .unwrap()
        .unwrap();
    let last = PageInfo {
        records: 99,
        count: Some(3),
        ..PageInfo::default()
    };
    assert!(walk.observe(&last).unwrap().is_none());
}

#[test]
fn a_server_with_smaller_pages_than_asked_for_is_followed_to_the_end() {
    let walk = Pagination::new(Paging::Offset, 500, 10);
    let page = |at| PageInfo {
        records: 100,
        offset: Some(at),
        count: Some(250),
        ..PageInfo::default()
    };
    let walk = walk.observe(&page(0)).unwrap().unwrap();
    let walk = walk.observe(&page(100)).unwrap().unwrap();
    assert_eq!(offset(&walk), 200);
    let last = PageInfo {
        records: 50,
        ..page(200)
    };
    assert!(walk.observe(&last).unwrap().is_none());
}

#[test]
fn lists_without_page_information_end_with_a_short_page() {
    let full = PageInfo {
        records: 100,
        ..PageInfo::default()
    };
    let walk = Pagination::new(Paging::Offset, 100, 10)
        .observe(&full)
        .unwrap()
        .unwrap();
    let short = PageInfo {
        records: 99,
        ..PageInfo::default()
    };
    assert!(walk.observe(&short).unwrap().is_none());
}

#[test]
fn a_server_that_gives_less_than_it_is_asked_for_is_read_to_the_end() {
    let page = |records| PageInfo {
        records,
        limit: Some(100),
        ..PageInfo::default()
    };
    let second = || {
        let walk = Pagination::new(Paging::Offset, 500, 10);
        walk.observe(&page(100)).unwrap().unwrap()
    };
    assert_eq!(offset(&second()), 100);
    assert!(second().observe(&page(99)).unwrap().is_none());
    // A page of at most none says nothing.
    let nonsense = PageInfo {
        limit: Some(0),
        ..page(99)
    };
    assert!(second().observe(&nonsense).unwrap().is_none());
}

#[test]
fn a_walk_goes_on_where_it_is_with_another_limit() {
    let full = |records| PageInfo {
        records,
        ..PageInfo::default()
    };
    let walk = Pagination::new(Paging::Offset, 500, 10);
    let walk = walk.observe(&full(500)).unwrap().unwrap().with_limit(100);
    assert_eq!((walk.limit(), offset(&walk), walk.pages()), (100, 500, 1));
    let walk = walk.observe(&full(100)).unwrap().unwrap();
    assert_eq!(offset(&walk), 600);
    assert!(walk.observe(&full(99)).unwrap().is_none());
}

#[test]
fn look_ahead_believes_has_next() {
    let more = PageInfo {
        records: 1,
        has_next: Some(true),
        ..PageInfo::default()
    };
    let walk = Pagination::new(Paging::LookAhead, 100, 10)
        .observe(&more)
        .unwrap()
        .unwrap();
    assert_eq!(offset(&walk), 1);
    let end = PageInfo {
        records: 100,
        has_next: Some(false),
        ..PageInfo::default()
    };
    assert!(walk.observe(&end).unwrap().is_none());
}

#[test]
fn an_unpaged_endpoint_takes_no_parameters_and_ends_at_once() {
    let walk = Pagination::new(Paging::None, 0, 1);
    assert_eq!(walk.parameters(), []);
    assert!(walk.observe(&cursor(5, Some("a"))).unwrap().is_none());
}

fn page_infos() -> impl Strategy<Value = PageInfo> {
    let next = prop::option::of(prop_oneof![
        "[ab]{1,2}".prop_map(Next::Cursor),
        (0_u64..400).prop_map(Next::Offset),
    ]);
    let meta = (
        next,
        prop::option::of(0_u64..400),
        prop::option::of(0_u64..400),
        any::<Option<bool>>(),
    );
    (0_u32..120, meta).prop_map(|(records, (next, offset, count, has_next))| PageInfo {
        records,
        next,
        offset,
        count,
        has_next,
        ..PageInfo::default()
    })
}

proptest! {
    /// Whatever a server says, a walk ends within its budget and never asks for the same page twice.
    #[test]
    fn every_walk_ends_within_its_budget(
        paging in prop::sample::select(vec![Paging::None, Paging::Offset, Paging::Cursor, Paging::LookAhead]),
        pages in prop::collection::vec(page_infos(), 20),
    ) {
        let mut walk = Pagination::new(paging, 100, 20);
        let mut asked = vec![walk.parameters()];
        for page in &pages {
            match walk.observe(page) {
                Ok(Some(next)) => walk = next,
                Ok(None) | Err(_) => return Ok(()),
            }
            let parameters = walk.parameters();
            prop_assert!(!asked.contains(&parameters), "{parameters:?} asked twice");
            asked.push(parameters);
        }
        prop_assert!(false, "the budget was passed");
    }

    /// An honest server's list is walked once, completely, whatever its own page size.
    #[test]
    fn an_honest_list_is_seen_completely(total in 0_u64..1000, own_limit in 1_u64..150, told: bool, with_next: bool) {
        let limit = if told || with_next { own_limit } else { 100 };
        let mut walk = Pagination::new(Paging::Offset, 100, 2000);
        let mut seen = 0;
        loop {
            let at = offset(&walk);
            prop_assert_eq!(at, seen);
            let records = total.saturating_sub(at).min(limit);
            seen += records;
            let page = PageInfo {
                records: u32::try_from(records).unwrap(),
                offset: told.then_some(at),
                count: told.then_some(total),
                next: (with_next && seen < total).then_some(Next::Offset(seen)),
                has_next: (with_next && !told).then_some(seen < total),
                ..PageInfo::default()
            };
            match walk.observe(&page).unwrap() {
                Some(next) => walk = next,
                None => break,
            }
        }
        prop_assert_eq!(seen, total);
    }
}
