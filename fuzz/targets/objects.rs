//! Answers that are one object: server information and who we are.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nbu_api::{AuthorizationContext, ServerInfo, decode_object};

fuzz_target!(|body: &[u8]| {
    if let Err(error) = decode_object::<ServerInfo<'_>>(body) {
        assert!(!error.to_string().is_empty());
    }
    if let Ok(context) = decode_object::<AuthorizationContext<'_>>(body) {
        let _ = format!("{context:?}");
    }
});
