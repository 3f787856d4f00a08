//! "Did you mean …?" for words that are not known.

/// What to do about `word`, which is none of `known`: the closest one, else all of them.
pub(super) fn remedy<'a>(word: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match closest(word, known.clone()) {
        Some(close) => format!("did you mean {close}?"),
        None => format!("known here: {}", known.collect::<Vec<_>>().join(", ")),
    }
}

/// The known word with the fewest edits, if they are few for its length.
fn closest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > 64 {
        return None;
    }
    let folded = fold(word);
    let best = known
        .map(|candidate| (distance(&folded, &fold(candidate)), candidate))
        .min_by_key(|(edits, _)| *edits)?;
    (best.0 <= best.1.len() / 3).then_some(best.1)
}

/// Case and the choice of separator are no difference.
fn fold(word: &str) -> Vec<char> {
    word.chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
fn distance(one: &[char], two: &[char]) -> usize {
    let width = two.len() + 1;
    let mut rows = vec![0; (one.len() + 1) * width];
    for i in 0..=one.len() {
        for j in 0..=two.len() {
            let cell = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced =
                    rows[(i - 1) * width + j - 1] + usize::from(one[i - 1] != two[j - 1]);
                let mut cell = replaced
                    .min(rows[(i - 1) * width + j] + 1)
                    .min(rows[i * width + j - 1] + 1);
                if i > 1 && j > 1 && one[i - 1] == two[j - 2] && one[i - 2] == two[j - 1] {
                    cell = cell.min(rows[(i - 2) * width + j - 2] + 1);
                }
                cell
            };
            rows[i * width + j] = cell;
        }
    }
    rows[one.len() * width + two.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_words_are_suggested_and_far_ones_are_not() {
        let known = [
            "name",
            "url",
            "api_key",
            "api_key_file",
            "request_timeout",
            "max_in_flight",
        ];
        let remedy = |word: &str| remedy(word, known.into_iter());
        assert_eq!(remedy("api_kye"), "did you mean api_key?");
        assert_eq!(remedy("apiKeyFile"), "did you mean api_key_file?");
        assert_eq!(remedy("request-timeout"), "did you mean request_timeout?");
        assert_eq!(remedy("nmae"), "did you mean name?");
        assert!(remedy("password").starts_with("known here: name, url"));
        assert!(remedy("").starts_with("known here"));
        assert!(remedy(&"a".repeat(1000)).starts_with("known here"));
    }
}
