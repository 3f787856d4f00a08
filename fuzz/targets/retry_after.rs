//! `Retry-After`, beside a `Date` or none.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, Option<&str>, Option<i64>)| {
    let (value, date, now) = input;
    let now = now.and_then(|now| Timestamp::from_second(now).ok());
    let wait = nbu_client::fuzzing::retry_after(value, date, now);
    let digits = !value.trim().is_empty() && value.trim().bytes().all(|byte| byte.is_ascii_digit());
    assert!(!digits || wait.is_some(), "a number of seconds is always understood");
});
