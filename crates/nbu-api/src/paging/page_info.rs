//! What a page said about itself.

/// What one page held and what its `meta.pagination` said. All of it as told, nothing checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageInfo {
    /// Records handed to the visitor.
    pub records: u32,
    /// Elements that were no readable record, by reason.
    pub skipped: Skipped,
    /// Values of another kind or size than the field can have; the fields were read as absent.
    pub mismatches: Mismatches,
    /// `limit`: the page size the server used.
    pub limit: Option<u64>,
    /// `offset`: position of the first record of this page.
    pub offset: Option<u64>,
    /// `count`: records in the whole list.
    pub count: Option<u64>,
    /// `next`: where the next page begins. `None` on the last page.
    pub next: Option<Next>,
    /// `hasNext` of look-ahead lists.
    pub has_next: Option<bool>,
    /// `rangeTruncated` of cursor lists.
    pub range_truncated: Option<bool>,
}

impl PageInfo {
    /// Elements of the page, read or skipped.
    pub const fn elements(&self) -> u32 {
        self.records.saturating_add(self.skipped.total())
    }

    /// Counts an element and hands it on if it is a record.
    pub(crate) fn take<T>(&mut self, element: Result<T, SkipReason>, visit: &mut impl FnMut(T)) {
        match element {
            Ok(record) => {
                self.records = self.records.saturating_add(1);
                visit(record);
            }
            Err(reason) => self.skipped.add(reason),
        }
    }
}

/// Where the next page begins: a cursor where the server gave text, else a record offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// An opaque cursor for `page[after]`.
    Cursor(String),
    /// A record offset for `page[offset]`.
    Offset(u64),
}

/// Why an element of a page is no readable record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SkipReason {
    /// It is not a JSON object.
    NotAnObject,
    /// Its identity is missing or cannot be read.
    Id,
    /// It is valid JSON that cannot be represented, such as a number beyond every range.
    Unreadable,
}

impl SkipReason {
    /// All reasons.
    pub const ALL: [Self; 3] = [Self::NotAnObject, Self::Id, Self::Unreadable];

    /// The word for labels and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAnObject => "not_an_object",
            Self::Id => "id",
            Self::Unreadable => "unreadable",
        }
    }
}

/// How many elements were skipped, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    counts: [u32; SkipReason::ALL.len()],
}

impl Skipped {
    /// The number skipped for one reason.
    pub const fn count(&self, reason: SkipReason) -> u32 {
        self.counts[reason as usize]
    }

    /// The number skipped for any reason.
    pub const fn total(&self) -> u32 {
        self.counts[0]
            .saturating_add(self.counts[1])
            .saturating_add(self.counts[2])
    }

    /// The reasons that occurred, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (SkipReason, u32)> {
        SkipReason::ALL
            .into_iter()
            .zip(self.counts)
            .filter(|&(_, count)| count > 0)
    }

    /// Counts one more.
    pub fn add(&mut self, reason: SkipReason) {
        let count = &mut self.counts[reason as usize];
        *count = count.saturating_add(1);
    }

    /// Adds the counts of another page.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count = count.saturating_add(more);
        }
    }
}

/// Values that could not be used, by the name that the vendor gives the field. Their fields are absent.
///
/// Empty, and without an allocation, for nearly every page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mismatches {
    fields: Vec<(&'static str, u32)>,
}

impl Mismatches {
    /// The number of values, in all fields.
    pub fn count(&self) -> u32 {
        let counts = self.fields.iter().map(|(_, count)| *count);
        counts.fold(0, u32::saturating_add)
    }

    /// The field of the first one.
    pub fn first(&self) -> Option<&'static str> {
        self.fields.first().map(|(field, _)| *field)
    }

    /// The fields in the order in which they first occurred, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u32)> {
        self.fields.iter().copied()
    }

    /// Counts so many more of a field.
    pub fn add(&mut self, field: &'static str, count: u32) {
        match self.fields.iter_mut().find(|(name, _)| *name == field) {
            Some((_, counted)) => *counted = counted.saturating_add(count),
            None => self.fields.push((field, count)),
        }
    }

    /// Adds the counts of another page.
    pub fn merge(&mut self, other: &Self) {
        for (field, count) in other.iter() {
            self.add(field, count);
        }
    }
}
