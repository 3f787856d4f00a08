//! Error bodies in every shape that documents show or that something in between writes.

use bytes::Bytes;

/// What the body of a refusal looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorShape {
    /// All five members, `errorDetails` a list.
    Full,
    /// `errorDetails` is an object.
    DetailsObject,
    /// `details` where others have `attributeErrors`.
    Details,
    /// The answer of a bulk operation: a status per resource.
    Bulk,
    /// A list of errors.
    List,
    /// The code as a string, the message a number.
    WrongTypes,
    /// JSON, but no object.
    Scalar,
    /// Plain text.
    Text,
    /// A web page.
    Html,
    /// JSON that ends in the middle.
    Truncated,
    /// Bytes that are no text in any encoding.
    Binary,
    /// A message of a megabyte, with control characters.
    Long,
    /// No body, and no content type.
    Empty,
}

impl ErrorShape {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Full,
        Self::DetailsObject,
        Self::Details,
        Self::Bulk,
        Self::List,
        Self::WrongTypes,
        Self::Scalar,
        Self::Text,
        Self::Html,
        Self::Truncated,
        Self::Binary,
        Self::Long,
        Self::Empty,
    ];

    /// The content type and the body. `json` is the primary's own media type.
    pub(crate) fn body(self, status: u16, json: String) -> (Option<String>, Bytes) {
        let text = match self {
            Self::Full => format!(
                r#"{{"errorCode":{status},"errorMessage":"Scripted failure.","attributeErrors":{{"name":"too long"}},"fileUploadErrors":[{{}}],"errorDetails":["first","second"]}}"#
            ),
            Self::DetailsObject => format!(
                r#"{{"errorCode":{status},"errorMessage":"Scripted failure.","errorDetails":{{"host":"unknown"}}}}"#
            ),
            Self::Details => format!(
                r#"{{"errorCode":{status},"errorMessage":"Scripted failure.","details":{{"host":"unknown"}}}}"#
            ),
            Self::Bulk => format!(
                r#"{{"meta":{{"bulkResourceStatus":[{{"httpStatus":{status},"id":"1","type":"job","links":{{}}}}]}}}}"#
            ),
            Self::List => {
                format!(
                    r#"{{"errors":[{{"errorCode":{status},"errorMessage":"Scripted failure."}}]}}"#
                )
            }
            Self::WrongTypes => {
                format!(r#"{{"errorCode":"{status}","errorMessage":7,"errorDetails":null}}"#)
            }
            Self::Scalar => "42".to_owned(),
            Self::Truncated => r#"{"errorCode":50"#.to_owned(),
            Self::Text => "The server is busy.\r\nTry again.".to_owned(),
            Self::Html => "<!doctype html><title>Bad gateway</title>".to_owned(),
            Self::Long => {
                let message = "\\u0000\\u001b[31m\\n busy ".repeat(1 << 16);
                format!(r#"{{"errorCode":{status},"errorMessage":"{message}"}}"#)
            }
            Self::Binary => return (Some(json), Bytes::from_static(b"\xff\xfe\0\x01\xc3\x28")),
            Self::Empty => return (None, Bytes::new()),
        };
        let content_type = match self {
            Self::Text => "text/plain".to_owned(),
            Self::Html => "text/html; charset=utf-8".to_owned(),
            _ => json,
        };
        (Some(content_type), text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_to_be_json_is() {
        for shape in ErrorShape::ALL {
            let (content_type, body) = shape.body(500, "application/json".to_owned());
            let is_json = serde_json::from_slice::<serde_json::Value>(&body).is_ok();
            let broken = matches!(shape, ErrorShape::Truncated | ErrorShape::Binary);
            let said = content_type.as_deref() == Some("application/json");
            assert_eq!(said && !broken, is_json, "{shape:?}");
        }
    }
}
