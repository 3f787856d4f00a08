//! Error bodies of every documented shape and of none.

use nbu_api::ErrorBody;
use proptest::prelude::*;

fn parse(body: &str) -> ErrorBody {
    ErrorBody::parse(body.as_bytes())
}

#[test]
fn the_documented_shape() {
    let body = parse(
        r#"{"errorCode":9401,"errorMessage":"The filter\n is   wrong.","attributeErrors":{"filter":"unknown name"},"fileUploadErrors":[],"errorDetails":["at 7",null,8]}"#,
    );
    assert_eq!(body.code, Some(9401));
    assert_eq!(body.message.as_deref(), Some("The filter is wrong."));
    assert_eq!(body.details, ["at 7", "8", "filter: unknown name"]);
}

#[test]
fn details_as_an_object_and_codes_as_text_or_float() {
    let body = parse(r#"{"errorCode":"8952","errorMessage":"m","errorDetails":{"a":"b"}}"#);
    assert_eq!(
        (body.code, body.details),
        (Some(8952), vec!["a: b".to_owned()])
    );
    assert_eq!(
        parse(r#"{"errorCode":8952.0,"details":["x"]}"#).code,
        Some(8952)
    );
    assert_eq!(
        parse(r#"{"errors":[{"errorCode":5,"errorMessage":"n"}]}"#).code,
        Some(5)
    );
}

#[test]
fn plain_text_is_a_message_and_a_web_page_is_none() {
    assert_eq!(
        parse("no route\r\nto host").message.as_deref(),
        Some("no route to host")
    );
    assert_eq!(parse("\"quoted\"").message.as_deref(), Some("quoted"));
    for body in [
        "",
        "<html>502</html>",
        "  <!DOCTYPE html>",
        "{broken",
        "[1,",
        "null",
        "12",
    ] {
        assert_eq!(parse(body), ErrorBody::default(), "{body}");
    }
}

#[test]
fn messages_are_cut_and_hold_no_control_characters() {
    let body = parse(&format!(
        r#"{{"errorMessage":"\u001b[31m{}"}}"#,
        "é".repeat(5000)
    ));
    let message = body.message.unwrap();
    assert_eq!(message.chars().count(), ErrorBody::LONGEST);
    assert!(!message.contains('\u{1b}'));
    let many = parse(&format!(r#"{{"errorDetails":[{}1]}}"#, "1,".repeat(50)));
    assert_eq!(many.details.len(), ErrorBody::MOST_DETAILS);
}

proptest! {
    #[test]
    fn anything_is_accepted(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = ErrorBody::parse(&body);
    }
}
