//! API versions: `12.0` and friends.

use std::fmt;
use std::str::FromStr;

/// A version of the NetBackup REST API, such as `12.0`.
///
/// Ordered as numbers, so `4.0 < 10.0`. Versions newer than those in [`ApiVersion::KNOWN`] are
/// ordinary values: a primary may be newer than this crate.
///
/// ```
/// use nbu_api::ApiVersion;
///
/// let version: ApiVersion = "12.0".parse()?;
/// assert_eq!(version, ApiVersion::V12_0);
/// assert_eq!(version.release(), Some("10.5"));
/// assert_eq!(version.media_type(), "application/vnd.netbackup+json;version=12.0");
/// # Ok::<(), nbu_api::VersionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion {
    major: u16,
    minor: u16,
}

/// The releases and their versions; `true` for those that the vendor's documents prove, the others are inferred. Of 11.1 no
/// document says the version.
const RELEASES: [(&str, ApiVersion, bool); 14] = [
    ("8.1.1", ApiVersion::new(1, 0), false),
    ("8.1.2", ApiVersion::new(2, 0), false),
    ("8.2", ApiVersion::new(3, 0), false),
    ("8.3", ApiVersion::V4_0, true),
    ("9.0", ApiVersion::V5_0, false),
    ("9.1", ApiVersion::V6_0, false),
    ("10.0", ApiVersion::V7_0, false),
    ("10.1", ApiVersion::V8_0, false),
    ("10.2", ApiVersion::V9_0, false),
    ("10.3", ApiVersion::V10_0, true),
    ("10.4", ApiVersion::V11_0, true),
    ("10.5", ApiVersion::V12_0, true),
    ("11.0", ApiVersion::V13_0, true),
    ("11.2", ApiVersion::V14_0, true),
];

/// The text is not an API version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an API version; write it as MAJOR.MINOR, for example 12.0")]
pub struct VersionError {
    /// What was read, cut to 32 characters.
    pub text: String,
}

impl ApiVersion {
    /// NetBackup 8.3.
    pub const V4_0: Self = Self::new(4, 0);
    /// NetBackup 9.0 (inferred from the sequence).
    pub const V5_0: Self = Self::new(5, 0);
    /// NetBackup 9.1 (inferred).
    pub const V6_0: Self = Self::new(6, 0);
    /// NetBackup 10.0 (inferred).
    pub const V7_0: Self = Self::new(7, 0);
    /// NetBackup 10.1 and 10.1.1 (inferred).
    pub const V8_0: Self = Self::new(8, 0);
    /// NetBackup 10.2 (inferred). From here on the job list is paged by cursor.
    pub const V9_0: Self = Self::new(9, 0);
    /// NetBackup 10.3.
    pub const V10_0: Self = Self::new(10, 0);
    /// NetBackup 10.4.
    pub const V11_0: Self = Self::new(11, 0);
    /// NetBackup 10.5.
    pub const V12_0: Self = Self::new(12, 0);
    /// NetBackup 11.0.
    pub const V13_0: Self = Self::new(13, 0);
    /// NetBackup 11.2.
    pub const V14_0: Self = Self::new(14, 0);

    /// Every version this crate knows, oldest first.
    pub const KNOWN: [Self; 11] = [
        Self::V4_0,
        Self::V5_0,
        Self::V6_0,
        Self::V7_0,
        Self::V8_0,
        Self::V9_0,
        Self::V10_0,
        Self::V11_0,
        Self::V12_0,
        Self::V13_0,
        Self::V14_0,
    ];

    /// A version by its two numbers.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }

    /// The number before the dot.
    pub const fn major(self) -> u16 {
        self.major
    }

    /// The number after the dot.
    pub const fn minor(self) -> u16 {
        self.minor
    }

    /// The NetBackup release that introduced this version, where the vendor's documents prove it.
    ///
    /// `None` for the versions whose release is only inferred (below 4.0, 5.0 to 9.0) and for unknown ones.
    pub fn release(self) -> Option<&'static str> {
        RELEASES
            .into_iter()
            .find_map(|(name, version, proven)| (proven && version == self).then_some(name))
    }

    /// The API version of a NetBackup release: 12.0 of `10.5`, and of a patch such as `10.4.0.1` that of its release. `None` for
    /// what is no release, and for one whose version is not known.
    ///
    /// `9.0`, `10.0` and `11.0` are the names of releases and of API versions; here they are releases.
    ///
    /// ```
    /// use nbu_api::ApiVersion;
    ///
    /// assert_eq!(ApiVersion::of_release("10.5"), Some(ApiVersion::V12_0));
    /// assert_eq!(ApiVersion::of_release("12.0"), None);
    /// ```
    pub fn of_release(release: &str) -> Option<Self> {
        let is_number = |part: &str| !part.is_empty() && number(part).is_some();
        if !release.split('.').all(is_number) {
            return None;
        }
        RELEASES.into_iter().find_map(|(name, version, _)| {
            let rest = release.strip_prefix(name)?;
            (rest.is_empty() || rest.starts_with('.')).then_some(version)
        })
    }

    /// The media type for `Accept` and, with a body, `Content-Type`.
    pub fn media_type(self) -> String {
        format!("application/vnd.netbackup+json;version={self}")
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for ApiVersion {
    type Err = VersionError;

    /// Reads `12.0` or `12`; space around it is ignored, anything else is refused.
    fn from_str(text: &str) -> Result<Self, VersionError> {
        let trimmed = text.trim();
        let (major, minor) = trimmed.split_once('.').unwrap_or((trimmed, "0"));
        match (number(major), number(minor)) {
            (Some(major), Some(minor)) if major > 0 => Ok(Self { major, minor }),
            _ => Err(VersionError {
                text: text.chars().take(32).collect(),
            }),
        }
    }
}

/// Digits only: `u16::from_str` would also take a plus sign.
fn number(digits: &str) -> Option<u16> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        digits.parse().ok()
    } else {
        None
    }
}
