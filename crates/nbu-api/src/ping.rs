//! The answer to `GET /ping`.

use jiff::Timestamp;

use crate::lenient::Quantity;

/// The header of the ping that tells the primary's API version.
pub const API_VERSION_HEADER: &str = "X-NetBackup-API-Version";

/// Reads the primary's clock from the body of a ping: milliseconds since the epoch, in decimal.
///
/// `None` for anything else, a zero or a time after 2100 included: a ping without a clock is still a ping.
///
/// ```
/// assert_eq!(nbu_api::parse_ping(b"1700000000123\n").map(|clock| clock.as_millisecond()), Some(1_700_000_000_123));
/// assert_eq!(nbu_api::parse_ping(b"<html>"), None);
/// ```
pub fn parse_ping(body: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(body).ok()?.trim().trim_matches('"');
    let milliseconds = text
        .parse()
        .ok()
        .filter(|&milliseconds: &i64| milliseconds > 0)?;
    let clock = Timestamp::from_millisecond(milliseconds).ok()?;
    let is_believed = clock.as_second().unsigned_abs() <= Quantity::Time.largest();
    is_believed.then_some(clock)
}
