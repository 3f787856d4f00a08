//! A walk over pages that say anything about what follows: it ends, and within its budget.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nbu_api::{Job, Pagination, Paging, fold_page};

const BUDGET: u32 = 16;

fuzz_target!(|input: (u8, Vec<Vec<u8>>)| {
    let (paging, bodies) = input;
    let paging = [Paging::None, Paging::Offset, Paging::Cursor, Paging::LookAhead][usize::from(paging % 4)];
    let mut walk = Pagination::new(paging, 2, BUDGET);
    // The same answers over and over, as a primary that has lost its way gives them.
    for body in bodies.iter().cycle().take(64) {
        for (name, _) in walk.parameters() {
            assert!(name.starts_with("page["));
        }
        let Ok(info) = fold_page::<Job<'_>>(body, |_| {}) else {
            return;
        };
        match walk.observe(&info) {
            Ok(Some(next)) => {
                assert!(next.pages() < BUDGET);
                walk = next;
            }
            Ok(None) => return,
            Err(error) => {
                assert!(error.to_string().len() < 1000);
                return;
            }
        }
    }
    assert!(bodies.is_empty(), "the walk goes on for ever");
});
