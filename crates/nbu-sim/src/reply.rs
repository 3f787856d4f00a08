//! What a handler answers before faults and HTTP get at it.

use bytes::Bytes;
use http::StatusCode;

use crate::json::Object;

/// One answer: status, content type, headers and the whole body.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) content_type: Option<String>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(content_type: String, body: Vec<u8>) -> Self {
        Self {
            status: StatusCode::OK,
            content_type: Some(content_type),
            headers: Vec::new(),
            body: body.into(),
        }
    }

    pub(crate) fn text(content_type: &str, body: String) -> Self {
        Self {
            status: StatusCode::OK,
            content_type: Some(content_type.to_owned()),
            headers: Vec::new(),
            body: body.into(),
        }
    }
}

/// Why the primary refuses; becomes an error body in the vendor's shape.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// A media type newer than the primary, or one the endpoint does not produce.
    #[error(
        "A response cannot be generated in the media type specified by the request accept header."
    )]
    NotAcceptable,
    #[error("The media type of the request body is not supported here.")]
    UnsupportedMediaType,
    /// The primary does not say whether the credential or the permission is what is missing.
    #[error("The credential is missing or invalid, or it lacks the permission for this action.")]
    Unauthorized,
    #[error("The OData filter criteria is invalid. {0}")]
    Filter(String),
    #[error("The request is not valid: {0}")]
    Parameter(String),
    #[error("No such resource.")]
    NotFound,
    #[error("The HTTP method is not allowed on this resource.")]
    Method,
    /// A status scripted by a fault.
    #[error("Scripted failure.")]
    Scripted(u16),
}

impl Refusal {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Filter(_) | Self::Parameter(_) => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Scripted(status) => {
                StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }

    /// NetBackup's own number. 8952 and 9401 were seen on real primaries; the others only need to be numbers.
    fn code(&self) -> i64 {
        match self {
            Self::NotAcceptable => 8952,
            Self::Filter(_) => 9401,
            other => i64::from(other.status().as_u16()),
        }
    }

    pub(crate) fn reply(&self, content_type: String) -> Reply {
        let mut body = Vec::new();
        let mut object = Object::begin(&mut body);
        object.integer("errorCode", self.code());
        object.string("errorMessage", &self.to_string());
        object.raw_members(r#""attributeErrors":{},"fileUploadErrors":[],"errorDetails":[]"#);
        object.end();
        Reply {
            status: self.status(),
            ..Reply::json(content_type, body)
        }
    }
}
