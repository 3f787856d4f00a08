//! A page of jobs, as any bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nbu_api::{Job, fold_page};

fuzz_target!(|body: &[u8]| {
    let mut visited = 0;
    let folded = fold_page::<Job<'_>>(body, |job| {
        visited += 1;
        // Nothing that hangs on a record may fail either.
        let _ = (job.is_done(), job.is_parent(), format!("{job:?}"));
    });
    match folded {
        Ok(info) => {
            assert_eq!(info.records, visited);
            assert!(info.elements() >= info.records);
            assert_eq!(info.mismatches.count() > 0, info.mismatches.first().is_some());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
