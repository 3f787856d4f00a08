//! The header of a ping, its body, and versions as they are configured.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nbu_api::{ApiVersion, parse_ping};

fuzz_target!(|bytes: &[u8]| {
    if let Some(clock) = parse_ping(bytes) {
        assert!(clock.as_millisecond() != 0);
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match text.parse::<ApiVersion>() {
        Ok(version) => {
            let again: ApiVersion = version.to_string().parse().expect("what we write we read");
            assert_eq!(again, version);
            assert!(version.media_type().ends_with(&version.to_string()));
            let _ = version.release();
        }
        Err(error) => assert!(error.to_string().len() < 1000),
    }
});
