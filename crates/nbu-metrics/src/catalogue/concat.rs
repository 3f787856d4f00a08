//! Joins the subjects' lists into one at compile time.

use super::Family;

/// How many families the lists hold together.
pub(super) const fn len(lists: &[&[&Family]]) -> usize {
    let mut sum = 0;
    let mut list = 0;
    while list < lists.len() {
        sum += lists[list].len();
        list += 1;
    }
    sum
}

/// The families of all lists, one after the other; `N` must be their [`len`].
pub(super) const fn families<const N: usize>(lists: &[&[&'static Family]]) -> [&'static Family; N] {
    let mut joined = [lists[0][0]; N];
    let (mut next, mut list) = (0, 0);
    while list < lists.len() {
        let mut row = 0;
        while row < lists[list].len() {
            joined[next] = lists[list][row];
            next += 1;
            row += 1;
        }
        list += 1;
    }
    joined
}
