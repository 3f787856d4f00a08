//! The body of a refusal: whatever it is, it becomes a few short lines without control characters.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nbu_api::ErrorBody;

fuzz_target!(|body: &[u8]| {
    let read = ErrorBody::parse(body);
    assert!(read.details.len() <= ErrorBody::MOST_DETAILS);
    for line in read.details.iter().chain(&read.message) {
        assert!(!line.chars().any(char::is_control), "{line:?}");
        assert!(line.chars().count() <= ErrorBody::LONGEST + 1, "{line:?}");
    }
});
