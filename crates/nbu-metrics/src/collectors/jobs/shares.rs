//! Who reads which stretch of ids. Pure.
//!
//! One reader begins with everything. Whenever there is a cursor to spare, the widest stretch is halved and its far half
//! given to a new reader, as long as there are probably some pages for each of the two. Jobs are not spread evenly
//! over the ids, so this goes on to the end: who has finished early takes from who has most left.

use std::collections::BTreeMap;

use super::pages::Tally;
use super::span::{Direction, Span};

/// Halvings per cursor. What is halved more often has large holes in its ids, and a request finds nothing in a hole.
const HALVINGS: usize = 8;

/// The fewest pages that are worth dividing. Each division costs about one request, for its stretches seldom end where a page
/// does; not to divide costs half the pages of one cursor, and only at the end, when the others have nothing left.
const WORTH: u64 = 4;

/// The stretches that are being read, by reader.
#[derive(Debug)]
pub(super) struct Shares {
    direction: Direction,
    left: BTreeMap<usize, Span>,
    readers: usize,
    halvings: usize,
    /// Records and ids of the densest page.
    densest: Tally,
}

impl Shares {
    /// Everything, for reader 0.
    pub(super) fn new(direction: Direction, cursors: usize) -> Self {
        Self {
            direction,
            left: BTreeMap::from([(0, Span::default())]),
            readers: 1,
            halvings: if cursors > 1 {
                HALVINGS.saturating_mul(cursors)
            } else {
                0
            },
            densest: Tally::default(),
        }
    }

    /// Whether it was ever divided.
    pub(super) fn are_divided(&self) -> bool {
        self.readers > 1
    }

    /// Divides no more.
    pub(super) fn stay(&mut self) {
        self.halvings = 0;
    }

    /// Whether it may be divided again.
    pub(super) fn may_be_divided(&self) -> bool {
        self.halvings > 0
    }

    /// A page was read; `left` is what its reader has not read of what it had when it asked.
    pub(super) fn read(&mut self, reader: usize, left: Span, page: Tally) {
        self.weigh(page);
        self.keep_to(reader, left);
    }

    /// Somebody has read, or will read, what lies outside of `span`.
    pub(super) fn keep_to(&mut self, reader: usize, span: Span) {
        if let Some(left) = self.left.get_mut(&reader) {
            *left = left.meet(span);
        }
    }

    /// Notes how dense a page was.
    pub(super) fn weigh(&mut self, page: Tally) {
        let product = |one: u64, other: u64| u128::from(one) * u128::from(other);
        let denser =
            product(page.records, self.densest.ids) > product(self.densest.records, page.ids);
        if page.ids > 0 && (denser || self.densest.ids == 0) {
            self.densest = page;
        }
    }

    /// The reader has nothing more to read.
    pub(super) fn end(&mut self, reader: usize) {
        self.left.remove(&reader);
    }

    /// What the reader is to read.
    pub(super) fn of(&self, reader: usize) -> Span {
        self.left.get(&reader).copied().unwrap_or_default()
    }

    /// Takes the far half of the widest stretch for a new reader, unless that is not worth a request. A page holds at most
    /// `page` records.
    pub(super) fn divide(&mut self, page: u64) -> Option<(usize, Span)> {
        if self.halvings == 0 || self.densest.ids == 0 {
            return None;
        }
        let sizes = self
            .left
            .iter()
            .filter_map(|(reader, span)| Some((span.size()?, *reader)));
        let (size, reader) = sizes.max()?;
        let records =
            u128::from(size) * u128::from(self.densest.records) / u128::from(self.densest.ids);
        if records < u128::from(WORTH) * u128::from(page) {
            return None;
        }
        let (near, far) = self.direction.halves(self.of(reader))?;
        let newcomer = self.readers;
        self.left.insert(reader, near);
        self.left.insert(newcomer, far);
        self.readers += 1;
        self.halvings -= 1;
        Some((newcomer, far))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PAGE: usize = 10;

    fn play(ids: &[u64], direction: Direction, steps: &[(usize, bool)]) -> (Vec<u64>, usize) {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        if direction == Direction::Down {
            ids.reverse();
        }
        let mut shares = Shares::new(direction, 4);
        // What a request with these bounds gives.
        let page = |span: Span| -> Vec<u64> {
            let held = ids.iter().copied().filter(|id| span.holds(*id));
            held.take(PAGE).collect()
        };
        let far: Vec<u64> = ids.iter().rev().take(PAGE).copied().collect();
        let mut read = far.clone();
        if let Some(last) = far.last() {
            shares.keep_to(0, direction.opposite().rest(Span::default(), *last));
        }
        let (mut requests, mut steps) = (1, steps.iter().cycle());
        while !shares.left.is_empty() {
            let (choice, divides) = *steps.next().unwrap();
            if divides {
                shares.divide(PAGE as u64);
            }
            let reader = *shares.left.keys().nth(choice % shares.left.len()).unwrap();
            // A page is asked for, and somebody takes from its reader before it comes.
            let page = page(shares.of(reader));
            requests += 1;
            if divides {
                shares.divide(PAGE as u64);
            }
            read.extend(&page);
            match page.last() {
                Some(last) if page.len() == PAGE => {
                    let tally = Tally {
                        records: PAGE as u64,
                        ids: page[0].abs_diff(*last) + 1,
                    };
                    let left = direction.rest(shares.of(reader), *last);
                    shares.read(reader, left, tally);
                    if shares.of(reader).is_empty() {
                        shares.end(reader);
                    }
                }
                _ => shares.end(reader),
            }
        }
        read.sort_unstable();
        read.dedup();
        (read, requests)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_id_is_read_whoever_takes_from_whom(
            ids in prop::collection::vec(prop_oneof![1..400_u64, 10_000..10_300_u64, 1..=u64::MAX], 0..600),
            down: bool,
            steps in prop::collection::vec((0..8_usize, any::<bool>()), 1..40),
        ) {
            let direction = if down { Direction::Down } else { Direction::Up };
            let (read, requests) = play(&ids, direction, &steps);
            let mut expected = ids.clone();
            expected.sort_unstable();
            expected.dedup();
            let pages = expected.len().div_ceil(PAGE);
            prop_assert_eq!(read, expected);
            prop_assert!(requests <= pages + 2 + 2 * HALVINGS * 4, "{} requests for {} pages", requests, pages);
        }
    }

    #[test]
    fn what_fits_few_pages_is_not_divided() {
        let mut shares = Shares::new(Direction::Up, 4);
        let page = Tally {
            records: 100,
            ids: 100,
        };
        let left = |below| Span {
            above: Some(100),
            below: Some(below),
        };
        shares.read(0, left(501), page);
        assert!(shares.divide(100).is_some(), "400 ids are four pages");
        let mut shares = Shares::new(Direction::Up, 4);
        shares.read(0, left(500), page);
        assert_eq!(shares.divide(100), None);
        // A stretch that is open to one side has no half.
        let mut shares = Shares::new(Direction::Up, 4);
        let open = Span {
            above: Some(100),
            below: None,
        };
        shares.read(0, open, page);
        assert_eq!(shares.divide(100), None);
    }
}
