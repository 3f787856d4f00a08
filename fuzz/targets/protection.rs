//! A page of policies, policy clients, images, paused clients or API keys, or one policy with its schedules, as any bytes.
#![no_main]

use std::fmt::Debug;

use libfuzzer_sys::fuzz_target;
use nbu_api::{ApiKey, Image, PausedClient, Policy, PolicyClient, PolicyDetail, Record, fold_page};

fuzz_target!(|body: &[u8]| {
    read::<Policy<'_>>(body, |policy| policy.name.is_some());
    read::<PolicyDetail<'_>>(body, |policy| policy.name.is_some());
    read::<PolicyClient<'_>>(body, |client| client.name.is_some());
    read::<Image<'_>>(body, |image| image.id.is_some());
    read::<PausedClient<'_>>(body, |client| client.id.is_some());
    read::<ApiKey<'_>>(body, |_| true);
});

/// Every record that is visited can be told from the others.
fn read<R: Record>(body: &[u8], named: impl Fn(&R::Of<'_>) -> bool)
where
    for<'a> R::Of<'a>: Debug,
{
    let mut visited = 0;
    let folded = fold_page::<R>(body, |record| {
        visited += 1;
        assert!(named(&record), "{record:?}");
        let _ = format!("{record:?}");
    });
    match folded {
        Ok(info) => assert_eq!(info.records, visited),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
