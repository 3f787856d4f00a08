//! Sizes in bytes: `64MiB`, `64KiB`, `1GB`, `65536`.

/// Unit and bytes, largest binary unit first, so that writing finds the shortest form.
const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1000),
    ("B", 1),
];

/// Reads a size; without a unit it is bytes. `None` when the text is no size or too large.
pub(super) fn parse(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let scale = match unit {
        "" => 1,
        unit => UNITS.iter().find(|(name, _)| *name == unit)?.1,
    };
    number.parse::<u64>().ok()?.checked_mul(scale)
}

/// Writes a size in the largest binary unit that divides it.
pub(super) fn format(bytes: u64) -> String {
    let unit = UNITS[..4]
        .iter()
        .find(|(_, scale)| bytes > 0 && bytes.is_multiple_of(*scale));
    match unit {
        Some((name, scale)) => format!("{}{name}", bytes / scale),
        None => bytes.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(parse("64MiB"), Some(64 << 20));
        assert_eq!(parse("1GB"), Some(1_000_000_000));
        assert_eq!(parse("65536"), Some(65_536));
        for text in [
            "",
            "MiB",
            "64 MiB",
            "64mib",
            "-1",
            "1.5MiB",
            "99999999999TiB",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(format(64 << 10), "64KiB");
        assert_eq!(format(1000), "1000");
        assert_eq!(format(0), "0");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(bytes in any::<u64>()) {
            prop_assert_eq!(parse(&format(bytes)), Some(bytes));
        }
    }
}
