//! Answers that are one object: server information, who we are, a session, its token's claims, a status text, authorities.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nbu_api::{
    AuthorizationContext, CaCertificates, Login, Object, ServerInfo, StatusText, TokenClaims,
    decode_object,
};

fuzz_target!(|body: &[u8]| {
    read::<ServerInfo<'_>>(body);
    read::<AuthorizationContext<'_>>(body);
    read::<TokenClaims>(body);
    read::<StatusText<'_>>(body);
    if let Some(login) = read::<Login<'_>>(body)
        && let Some(token) = login.token.as_ref().map(|token| token.expose())
    {
        // Longer than anything else that `Debug` may show of it.
        assert!(token.len() < 32 || !format!("{login:?}").contains(token));
    }
    if let Some(authorities) = read::<CaCertificates<'_>>(body) {
        assert!(authorities.pems().count() <= body.len());
    }
});

/// It is read, or refused with a reason.
fn read<'a, T: Object<'a> + std::fmt::Debug>(body: &'a [u8]) -> Option<T> {
    match decode_object::<T>(body) {
        Ok(object) => {
            assert!(!format!("{object:?}").is_empty());
            Some(object)
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            None
        }
    }
}
