//! Writes JSON by hand: a page of a hundred jobs must cost the simulator less than the client that is measured with it.

/// Writes one JSON object, field by field, at the end of a buffer.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl<'a> Object<'a> {
    pub(crate) fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    pub(crate) fn end(self) {
        self.out.push(b'}');
    }

    /// Writes the name; the caller writes the value into the returned buffer.
    pub(crate) fn key(&mut self, name: &str) -> &mut Vec<u8> {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// Members written in advance, without braces or a leading comma.
    pub(crate) fn raw_members(&mut self, members: &str) {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        self.out.extend_from_slice(members.as_bytes());
    }

    pub(crate) fn string(&mut self, name: &str, value: &str) {
        string(self.key(name), value);
    }

    pub(crate) fn integer(&mut self, name: &str, value: i64) {
        integer(self.key(name), value);
    }

    pub(crate) fn unsigned(&mut self, name: &str, value: u64) {
        unsigned(self.key(name), value);
    }

    pub(crate) fn boolean(&mut self, name: &str, value: bool) {
        self.key(name)
            .extend_from_slice(if value { b"true" } else { b"false" });
    }

    pub(crate) fn time(&mut self, name: &str, ms: i64) {
        time(self.key(name), ms);
    }

    /// Tenths as NetBackup prints them: an integer where nothing follows the point, a float otherwise.
    pub(crate) fn tenths(&mut self, name: &str, value: u16) {
        let out = self.key(name);
        unsigned(out, u64::from(value / 10));
        if !value.is_multiple_of(10) {
            out.push(b'.');
            unsigned(out, u64::from(value % 10));
        }
    }
}

pub(crate) fn string(out: &mut Vec<u8>, value: &str) {
    out.push(b'"');
    let plain = !value.bytes().any(|b| b < 0x20 || b == b'"' || b == b'\\');
    if plain {
        out.extend_from_slice(value.as_bytes());
    } else {
        for c in value.chars() {
            match c {
                '"' => out.extend_from_slice(b"\\\""),
                '\\' => out.extend_from_slice(b"\\\\"),
                '\n' => out.extend_from_slice(b"\\n"),
                c if u32::from(c) < 0x20 => {
                    out.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes());
                }
                c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
    }
    out.push(b'"');
}

pub(crate) fn integer(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    unsigned(out, value.unsigned_abs());
}

pub(crate) fn unsigned(out: &mut Vec<u8>, mut value: u64) {
    let start = out.len();
    loop {
        out.push(b'0' + (value % 10) as u8);
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out[start..].reverse();
}

fn padded(out: &mut Vec<u8>, value: i64, width: u32) {
    for place in (0..width).rev() {
        #[expect(clippy::cast_sign_loss, reason = "a digit")]
        out.push(b'0' + (value / 10_i64.pow(place) % 10) as u8);
    }
}

/// `"2026-03-02T06:00:00.000Z"`, quotes included.
pub(crate) fn time(out: &mut Vec<u8>, ms: i64) {
    out.push(b'"');
    instant(out, ms);
    out.push(b'"');
}

/// `2026-03-02T06:00:00.000Z`.
pub(crate) fn instant(out: &mut Vec<u8>, ms: i64) {
    let (days, of_day) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    let (year, month, day) = civil(days);
    padded(out, year, 4);
    out.push(b'-');
    padded(out, month, 2);
    out.push(b'-');
    padded(out, day, 2);
    out.push(b'T');
    padded(out, of_day / 3_600_000, 2);
    out.push(b':');
    padded(out, of_day / 60_000 % 60, 2);
    out.push(b':');
    padded(out, of_day / 1000 % 60, 2);
    out.push(b'.');
    padded(out, of_day % 1000, 3);
    out.push(b'Z');
}

/// The Gregorian date of a day counted from 1970-01-01, by counting years from March so that the leap day comes last.
pub(crate) fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// `PT1H2M3.004S`, quotes included; a part that is zero is left out.
pub(crate) fn duration(out: &mut Vec<u8>, ms: i64) {
    let ms = ms.max(0);
    out.extend_from_slice(b"\"PT");
    if ms >= 3_600_000 {
        integer(out, ms / 3_600_000);
        out.push(b'H');
    }
    if ms / 60_000 % 60 > 0 {
        integer(out, ms / 60_000 % 60);
        out.push(b'M');
    }
    let seconds = ms % 60_000;
    if seconds > 0 || ms < 60_000 {
        integer(out, seconds / 1000);
        if seconds % 1000 > 0 {
            out.push(b'.');
            padded(out, seconds % 1000, 3);
            while out.last() == Some(&b'0') {
                out.pop();
            }
        }
        out.push(b'S');
    }
    out.push(b'"');
}

/// `HH:MM:SS`, quotes included: how elapsed times looked before API 9.0.
pub(crate) fn clock_duration(out: &mut Vec<u8>, ms: i64) {
    let ms = ms.max(0);
    out.push(b'"');
    padded(out, ms / 3_600_000, if ms >= 360_000_000 { 4 } else { 2 });
    out.push(b':');
    padded(out, ms / 60_000 % 60, 2);
    out.push(b':');
    padded(out, ms / 1000 % 60, 2);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn times_agree_with_jiff() {
        for ms in [
            0,
            951_782_400_000,
            1_772_431_200_123,
            1_709_164_800_000,
            4_102_444_799_999,
        ] {
            let expected = format!("{:.3}", jiff::Timestamp::from_millisecond(ms).unwrap());
            assert_eq!(written(|out| instant(out, ms)), expected);
        }
    }

    #[test]
    fn durations_have_the_shapes_real_primaries_send() {
        assert_eq!(written(|out| duration(out, 8_416)), "\"PT8.416S\"");
        assert_eq!(written(|out| duration(out, 346_000)), "\"PT5M46S\"");
        assert_eq!(written(|out| duration(out, 3_600_000)), "\"PT1H\"");
        assert_eq!(written(|out| duration(out, 0)), "\"PT0S\"");
        assert_eq!(written(|out| clock_duration(out, 6_000)), "\"00:00:06\"");
    }

    #[test]
    fn strings_are_escaped() {
        let value = "a\"b\\c\nd\u{1}é";
        let text = written(|out| string(out, value));
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), value);
    }
}
