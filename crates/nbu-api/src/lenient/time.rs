//! Points in time.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::{Quantity, Read, Scalar, believed};

impl Scalar<'_> for Timestamp {
    /// Only 0, the epoch, is told by a number; the unit of any other would be a guess.
    fn integer(value: i128) -> Read<Self> {
        if value == 0 {
            Read::Absent
        } else {
            Read::Mismatch
        }
    }

    fn text(text: &str) -> Read<Self> {
        if let Some(time) = utc(text.as_bytes()) {
            return present(time);
        }
        let text = text.trim();
        if text.is_empty() {
            return Read::Absent;
        }
        text.parse()
            .or_else(|_| zoneless(text))
            .map_or(Read::Mismatch, present)
    }
}

/// The last second that 31 bits hold: the product's word for "never expires".
const INFINITY: i64 = 0x7fff_ffff;

/// The epoch says "not yet" or "never": an unfinished job has it as its end.
fn present(time: Timestamp) -> Read<Timestamp> {
    let seconds = time.as_second();
    if time <= Timestamp::UNIX_EPOCH || seconds == INFINITY {
        Read::Absent
    } else {
        believed(time, seconds.unsigned_abs(), Quantity::Time)
    }
}

/// A time without offset: the API promises UTC everywhere.
fn zoneless(text: &str) -> Result<Timestamp, jiff::Error> {
    Offset::UTC.to_timestamp(text.parse::<DateTime>()?)
}

/// The form nearly all times have, `YYYY-MM-DDTHH:MM:SS[.fff]Z`, without the general parser.
///
/// `None` for anything else, valid or not.
fn utc(text: &[u8]) -> Option<Timestamp> {
    let (head, tail) = text.split_at_checked(19)?;
    let [
        y1,
        y2,
        y3,
        y4,
        b'-',
        mo1,
        mo2,
        b'-',
        d1,
        d2,
        b'T',
        h1,
        h2,
        b':',
        mi1,
        mi2,
        b':',
        s1,
        s2,
    ] = *head
    else {
        return None;
    };
    let nanoseconds = match tail {
        [b'Z'] => 0,
        [b'.', fraction @ .., b'Z'] => nanoseconds(fraction)?,
        _ => return None,
    };
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    let (month, day) = (two(mo1, mo2)?, two(d1, d2)?);
    let (hour, minute, second) = (two(h1, h2)?, two(mi1, mi2)?, two(s1, s2)?);
    // Days past the 28th are left to the general parser unless the month has them for certain.
    if !(1..=12).contains(&month)
        || day < 1
        || day > days_in(month)
        || hour > 23
        || minute > 59
        || second > 59
    {
        return None;
    }
    let seconds = days(year, month, day) * 86_400 + i64::from(hour * 3600 + minute * 60 + second);
    Timestamp::new(seconds, nanoseconds).ok()
}

/// Days of a month in every year: 29 February goes the long way.
const fn days_in(month: i32) -> i32 {
    match month {
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01, counted in years that begin in March so that the leap day is the last.
const fn days(year: i32, month: i32, day: i32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let shifted = (month + 9) % 12;
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era as i64 * 146_097 + day_of_era as i64 - 719_468
}

fn two(tens: u8, ones: u8) -> Option<i32> {
    Some(digit(tens)? * 10 + digit(ones)?)
}

fn digit(byte: u8) -> Option<i32> {
    byte.is_ascii_digit().then(|| i32::from(byte - b'0'))
}

/// One to nine digits after the point.
fn nanoseconds(fraction: &[u8]) -> Option<i32> {
    if !(1..=9).contains(&fraction.len()) {
        return None;
    }
    let value = fraction
        .iter()
        .try_fold(0, |value, &byte| Some(value * 10 + digit(byte)?))?;
    Some((fraction.len()..9).fold(value, |value, _| value * 10))
}
