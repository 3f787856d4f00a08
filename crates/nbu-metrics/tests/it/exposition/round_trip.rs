//! Whatever the snapshots hold, every format says exactly that.

use nbu_metrics::exposition::{Format, encode};
use proptest::prelude::*;

use super::arbitrary::snapshots;
use super::model::expected;
use super::protobuf;
use super::text::{Dialect, read};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn all_three_formats_say_what_the_snapshots_hold(snapshots in snapshots()) {
        let page = |format| encode(format, &snapshots).unwrap();
        let text = |format| String::from_utf8(page(format)).unwrap();

        let expected = |format| expected(&snapshots, format);

        prop_assert_eq!(read(&text(Format::Text), Dialect::Text), expected(Format::Text));
        prop_assert_eq!(
            read(&text(Format::OpenMetrics), Dialect::OpenMetrics),
            expected(Format::OpenMetrics)
        );
        prop_assert_eq!(protobuf::read(&page(Format::Protobuf)), expected(Format::Protobuf));
    }

    #[test]
    fn the_order_of_the_snapshots_does_not_matter(snapshots in snapshots()) {
        let reversed: Vec<_> = snapshots.iter().rev().cloned().collect();
        for format in Format::ALL {
            let page = encode(format, &snapshots).unwrap();
            prop_assert_eq!(page, encode(format, &reversed).unwrap());
        }
    }
}
