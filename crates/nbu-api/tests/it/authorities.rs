//! The primary's certificate authorities, in both forms.

use nbu_api::{CaCertificates, decode_object};

fn pems(body: &[u8]) -> Vec<String> {
    let told: CaCertificates<'_> = decode_object(body).unwrap();
    told.pems().map(str::to_owned).collect()
}

#[test]
fn the_flat_form_of_old_primaries() {
    let body = br#"{"webRootCert":"one\n","cacert":["one\n",null,7.5,["x"],"two"]}"#;
    assert_eq!(pems(body), ["one\n", "one\n", "7.5", "two"]);
    assert!(pems(br#"{"webRootCert":null,"cacert":"two"}"#).is_empty());
}

#[test]
fn the_detailed_form_without_what_is_to_be_removed() {
    let body = br#"{"trustVersion":"3",
        "webRootCertificateData":[{"caCertDetails":{"subjectCN":"nbatd"},"caCert":"one"}],
        "caCertificateData":[
            {"caCertAction":"ADD","caCertDetails":{"keyStrength":2048},"caCert":"two"},
            {"caCertAction":"REMOVE","caCert":"three"},
            {"caCertAction":"ADD"}, "odd"]}"#;
    assert_eq!(pems(body), ["one", "two"]);
    assert!(pems(b"{}").is_empty());
}
