//! What the answer to a login is worth.

use std::time::Duration;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;
use nbu_api::{DecodeError, Login, TokenClaims, decode_object};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

/// The payload of a JWT, with or without padding.
const PAYLOAD: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a login brought.
pub(crate) enum Opened {
    /// A token, and how long it lives if that is known.
    Token(SecretString, Option<Duration>),
    /// A token that is good for nothing but the second step of the login.
    SecondFactor,
    /// No token at all.
    Nothing,
}

/// Reads the answer; `now` is the primary's clock as the answer's `Date` tells it.
pub(crate) fn opened(body: &[u8], now: Option<Timestamp>) -> Result<Opened, DecodeError> {
    let login: Login<'_> = decode_object(body)?;
    let multi_factor = login
        .token_type
        .as_deref()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("MFA"));
    if multi_factor {
        return Ok(Opened::SecondFactor);
    }
    let Some(token) = login.token else {
        return Ok(Opened::Nothing);
    };
    let told = login.validity.filter(|seconds| *seconds > 0);
    let life = told
        .map(Duration::from_secs)
        .or_else(|| life(token.expose(), now));
    // More than a century is as good as unknown, and adds up to no instant.
    let life = life.filter(|life| *life < Duration::from_secs(3_155_760_000));
    Ok(Opened::Token(token.expose().into(), life))
}

/// From the token's own claims: from its issue, else from now, to its end.
fn life(token: &str, now: Option<Timestamp>) -> Option<Duration> {
    let payload = token.split('.').nth(1)?;
    let payload = Zeroizing::new(PAYLOAD.decode(payload).ok()?);
    let claims: TokenClaims = decode_object(&payload).ok()?;
    let now = now.and_then(|now| u64::try_from(now.as_second()).ok());
    let life = claims.expires_at?.checked_sub(claims.issued_at.or(now)?)?;
    (life > 0).then(|| Duration::from_secs(life))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(claims: &str) -> String {
        let part = |text: &str| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.c2ln", part(r#"{"alg":"RS256"}"#), part(claims))
    }

    fn life_of(token: &str, validity: &str) -> Option<u64> {
        let body = format!(r#"{{"token":"{token}","tokenType":"BEARER"{validity}}}"#);
        let now = Timestamp::from_second(1000).ok();
        match opened(body.as_bytes(), now).unwrap() {
            Opened::Token(_, life) => life.map(|life| life.as_secs()),
            _ => panic!("no token"),
        }
    }

    #[test]
    fn the_answer_tells_first_then_the_token_itself() {
        let token = jwt(r#"{"iat":100,"exp":700}"#);
        assert_eq!(life_of(&token, r#","validity":42"#), Some(42));
        for unknown in [
            "",
            r#","validity":0"#,
            r#","validity":-5"#,
            r#","validity":"x""#,
        ] {
            assert_eq!(life_of(&token, unknown), Some(600), "{unknown}");
        }
        assert_eq!(life_of(&jwt(r#"{"exp":1300}"#), ""), Some(300));
        let padded = jwt(r#"{"iat":1,"exp":2}"#).replace(".c2ln", "=.c2ln");
        assert_eq!(life_of(&padded, ""), Some(1), "padding is tolerated");
    }

    #[test]
    fn what_makes_no_sense_is_unknown() {
        for token in [
            "opaque",
            "a.b",
            "..",
            "a.!!.c",
            &jwt("[]"),
            &jwt(r#"{"exp":"soon"}"#),
            &jwt(r#"{"iat":9,"exp":9}"#),
            &jwt(r#"{"iat":9,"exp":3}"#),
            &jwt(r#"{"exp":18446744073709551615}"#),
            &jwt("\u{fffd}"),
        ] {
            assert_eq!(life_of(token, ""), None, "{token}");
        }
        assert_eq!(
            life_of("opaque", r#","validity":18446744073709551615"#),
            None
        );
    }

    #[test]
    fn the_second_step_is_not_taken_for_a_session() {
        let body = br#"{"token":"a","tokenType":"mfa","validity":180}"#;
        assert!(matches!(opened(body, None).unwrap(), Opened::SecondFactor));
        assert!(matches!(opened(b"{}", None).unwrap(), Opened::Nothing));
        assert!(opened(b"<html>", None).is_err());
    }
}
