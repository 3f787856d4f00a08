//! Durations: ISO-8601 (`PT8.416S`, `P1DT2H`) and, in old versions, `HH:MM:SS`.

use std::time::Duration;

use super::{Quantity, Read, Scalar, believed};

impl Scalar<'_> for Duration {
    fn text(text: &str) -> Read<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Read::Absent;
        }
        let duration = iso(text).or_else(|| clock(text));
        duration.map_or(Read::Mismatch, |duration| {
            believed(duration, duration.as_secs(), Quantity::Seconds)
        })
    }
}

/// `P[nW][nD][T[nH][nM][n[.n]S]]`: units in order, at least one. Years and months have no fixed length.
fn iso(text: &str) -> Option<Duration> {
    let (days, time) = match text.strip_prefix('P')?.split_once('T') {
        Some((_, "")) => return None,
        Some((days, time)) => (days, time),
        None => (text.strip_prefix('P')?, ""),
    };
    if days.is_empty() && time.is_empty() {
        return None;
    }
    let days = units(days, &[('W', 604_800), ('D', 86_400)])?;
    days.checked_add(units(time, &[('H', 3600), ('M', 60), ('S', 1)])?)
}

/// A run of numbers, each with its unit; every unit at most once and in the order given.
fn units(mut text: &str, mut known: &[(char, u64)]) -> Option<Duration> {
    let mut sum = Duration::ZERO;
    while !text.is_empty() {
        let end = text.find(|c: char| c.is_ascii_alphabetic())?;
        let unit = text[end..].chars().next()?;
        let position = known.iter().position(|&(name, _)| name == unit)?;
        let seconds = known[position].1;
        sum = sum.checked_add(amount(&text[..end], seconds)?)?;
        known = &known[position + 1..];
        text = &text[end + unit.len_utf8()..];
    }
    Some(sum)
}

/// `number` times `seconds`; a fraction is allowed on seconds only.
fn amount(number: &str, seconds: u64) -> Option<Duration> {
    let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, ""));
    if !digits(whole) || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if whole.len() != number.len() && (fraction.is_empty() || seconds != 1) {
        return None;
    }
    let whole = whole.parse::<u64>().ok()?.checked_mul(seconds)?;
    let nanoseconds = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    Some(Duration::new(
        whole,
        nanoseconds.fold(0, |value, byte| value * 10 + u32::from(byte - b'0')),
    ))
}

/// `HH:MM:SS`, with as many hours as it takes.
fn clock(text: &str) -> Option<Duration> {
    let mut parts = text.split(':');
    let mut part = || {
        parts
            .next()
            .filter(|part| digits(part))?
            .parse::<u64>()
            .ok()
    };
    let (hours, minutes, seconds) = (part()?, part()?, part()?);
    if parts.next().is_some() || minutes > 59 || seconds > 59 {
        return None;
    }
    hours
        .checked_mul(3600)?
        .checked_add(minutes * 60 + seconds)
        .map(Duration::from_secs)
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
