//! The file name of a primary's state: any name of a primary gives one that every file system takes, and no two give the same.

use std::fmt::Write as _;

/// The most bytes between `state-` and the extension; file systems take 255 in all, and a file set aside needs some more.
const LONGEST: usize = 160;

/// `state-paris.redb` for `paris`. Everything but small letters, digits and hyphens is written as `_` and two digits for each
/// byte, also capital letters, which some file systems take for small ones. What becomes too long ends with a digest instead.
pub(super) fn of(primary: &str) -> String {
    let mut name = String::from("state-");
    let start = name.len();
    for byte in primary.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' => name.push(char::from(byte)),
            // Writing to a string does not fail.
            _ => {
                let _ = write!(name, "_{byte:02x}");
            }
        }
    }
    if name.len() - start > LONGEST {
        name.truncate(start + LONGEST);
        // A name of its own: no underscore is ever followed by another one.
        let _ = write!(name, "__{:032x}", digest(primary));
    }
    name.push_str(".redb");
    name
}

/// FNV-1a of 128 bits: two names of at most 400 bytes share one only by a chance that nobody lives to see.
fn digest(text: &str) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    text.bytes().fold(BASIS, |digest, byte| {
        (digest ^ u128::from(byte)).wrapping_mul(PRIME)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_names_stay_readable() {
        assert_eq!(of("paris"), "state-paris.redb");
        assert_eq!(of("nbu-2"), "state-nbu-2.redb");
        assert_eq!(of("Paris"), "state-_50aris.redb");
        assert_eq!(of("../a b"), "state-_2e_2e_2fa_20b.redb");
        assert_eq!(of("con"), "state-con.redb");
    }

    #[test]
    fn long_names_that_differ_at_the_end_have_files_of_their_own() {
        let long = "é".repeat(99);
        let names: Vec<String> = ["a", "b", "é"]
            .iter()
            .map(|end| of(&format!("{long}{end}")))
            .collect();
        assert!(names[0] != names[1] && names[1] != names[2] && names[0] != names[2]);
        assert!(names.iter().all(|name| name.len() < 220));
    }

    proptest! {
        #[test]
        fn no_two_primaries_share_a_file_even_where_case_does_not_count(
            primaries in prop::collection::vec(prop_oneof![".{1,100}", "[a-bA-B_.0-1-]{1,4}"], 2..40)
        ) {
            let mut seen: HashMap<String, String> = HashMap::new();
            for primary in primaries {
                let name = of(&primary);
                prop_assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
                prop_assert!(name.len() < 220);
                let owner = seen.entry(name.to_ascii_uppercase()).or_insert_with(|| primary.clone());
                prop_assert_eq!(&*owner, &primary);
            }
        }
    }
}
