//! Logins, tokens and keys.

use nbu_api::{ApiKey, Login, TokenClaims, decode_object, fold_page};

#[test]
fn a_login_is_read_however_its_numbers_are_written() {
    for validity in ["86400", "\"86400\"", "86400.0"] {
        let body = format!(r#"{{"token":"a.b.c","tokenType":"BEARER","validity":{validity}}}"#);
        let login: Login<'_> = decode_object(body.as_bytes()).unwrap();
        assert_eq!(login.token.unwrap().expose(), "a.b.c");
        assert_eq!(login.token_type.as_deref(), Some("BEARER"));
        assert_eq!(login.validity, Some(86_400));
    }
}

#[test]
fn what_is_no_token_is_none_and_what_is_no_validity_is_unknown() {
    for body in [
        r#"{"token":7,"validity":-1}"#,
        r#"{"token":"","validity":"soon"}"#,
        r#"{"token":["a"],"validity":{}}"#,
        "{}",
    ] {
        let login: Login<'_> = decode_object(body.as_bytes()).unwrap();
        assert_eq!(login, Login::default(), "{body}");
    }
}

#[test]
fn no_debug_output_tells_the_token() {
    let login: Login<'_> = decode_object(br#"{"token":"very-\u0073ecret"}"#).unwrap();
    assert_eq!(login.token.as_ref().unwrap().expose(), "very-secret");
    assert!(!format!("{login:?}").contains("very"), "{login:?}");
}

#[test]
fn claims_tell_when_a_token_ends() {
    let claims: TokenClaims =
        decode_object(br#"{"iat": 1700000000, "exp": 1.7000864e9, "sub": "x"}"#).unwrap();
    assert_eq!(
        (claims.issued_at, claims.expires_at),
        (Some(1_700_000_000), Some(1_700_086_400))
    );
}

#[test]
fn a_key_tells_whose_it_is_and_when_it_ends() {
    let body = br#"{"data": [
        {"type": "apiKeyDetails", "id": "A4x", "attributes": {"userName": "svc", "userDomain": "d",
         "userDomainType": "vx", "expiryDateTime": "2027-01-01T00:00:00Z"}},
        {"type": "apiKeyDetails", "attributes": {"userName": "nobody"}}
    ]}"#;
    let mut keys = Vec::new();
    let page = fold_page::<ApiKey<'_>>(body, |key| {
        keys.push((key.user_name.map(String::from), key.expires_at));
    })
    .unwrap();
    let end = "2027-01-01T00:00:00Z".parse().ok();
    assert_eq!(keys, [(Some("svc".to_owned()), end)]);
    assert_eq!(page.skipped.total(), 1);
}
