//! Answers made of a part for many scrapes and a part for one.

use std::io::Read;
use std::sync::Arc;

use flate2::bufread::GzDecoder;
use nbu_metrics::exposition::{Document, Format, encode};
use nbu_metrics::snapshot::Snapshot;
use proptest::prelude::*;

use super::arbitrary::snapshots;
use super::text::{Dialect, read};

/// The primaries' document and the process's.
fn documents(format: Format, snapshots: &[Arc<Snapshot>]) -> (Document, Document) {
    let (process, primaries) = snapshots.split_last().unwrap();
    let shared = Document::render(format, primaries).unwrap();
    let own = Document::render(format, std::slice::from_ref(process)).unwrap();
    (shared, own)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn families_appended_for_one_scrape_stand_before_the_only_end_mark(snapshots in snapshots()) {
        let (shared, own) = documents(Format::OpenMetrics, &snapshots);
        let parts = shared.parts(&own);
        let page = String::from_utf8(parts.concat()).unwrap();
        prop_assert_eq!(parts.len(), page.len());
        prop_assert_eq!(page.lines().filter(|line| *line == "# EOF").count(), 1);
        let whole = String::from_utf8(encode(Format::OpenMetrics, &snapshots).unwrap()).unwrap();
        let dialect = Dialect::OpenMetrics;
        prop_assert_eq!(read(&page, dialect), read(&whole, dialect));
    }

    #[test]
    fn compressed_it_is_one_gzip_member_of_the_same_bytes(snapshots in snapshots()) {
        for format in Format::ALL {
            let (shared, own) = documents(format, &snapshots);
            let parts = shared.compress().parts(&shared, &own).concat();
            let mut decoder = GzDecoder::new(&parts[..]);
            let mut page = Vec::new();
            decoder.read_to_end(&mut page).unwrap();
            prop_assert_eq!(page, shared.parts(&own).concat());
            prop_assert!(decoder.into_inner().is_empty(), "bytes after the member");
        }
    }
}
