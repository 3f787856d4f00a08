//! Pages that are longer than a piece.

use std::io::Read;
use std::sync::Arc;

use flate2::bufread::GzDecoder;
use nbu_metrics::catalogue::{process, storage};
use nbu_metrics::exposition::{Document, Format, PIECE, Parts};
use nbu_metrics::samples::Samples;
use nbu_metrics::snapshot::Snapshot;

use super::model::expected;
use super::protobuf;
use super::text::{Dialect, read};

/// One family of `series` series, with characters of one to four bytes, escaped and not, behind a line
/// that shifts all others by `pad` bytes; and the process.
fn snapshots(series: u32, pad: usize, value: f64) -> [Arc<Snapshot>; 2] {
    let mut found = Samples::new();
    let used = &storage::STORAGE_UNIT_USED_BYTES;
    found.gauge(used, &["", &"x".repeat(pad)], 1.0);
    for n in 0..series {
        let unit = format!("stu \n\"é\\…\u{10ffff} {n:05}");
        found.gauge(used, &[&unit, "BasicDisk"], value);
    }
    let mut own = Samples::new();
    own.gauge(&process::PROCESS_OPEN_FDS, &[], 12.0);
    [
        Snapshot::builder(Some("paris".into())).add(&found).build(),
        Snapshot::builder(None).add(&own).build(),
    ]
    .map(Arc::new)
}

fn documents(format: Format, snapshots: &[Arc<Snapshot>; 2]) -> [Document; 2] {
    snapshots
        .each_ref()
        .map(|snapshot| Document::render(format, std::slice::from_ref(snapshot)).unwrap())
}

/// The answer in one block, once its pieces were looked at.
fn checked(parts: &Parts) -> Vec<u8> {
    for piece in parts.pieces() {
        assert!((1..=PIECE).contains(&piece.len()), "{}", piece.len());
    }
    let page = parts.concat();
    assert_eq!(parts.len(), page.len());
    page
}

fn inflate(compressed: &[u8]) -> Vec<u8> {
    let mut decoder = GzDecoder::new(compressed);
    let mut plain = Vec::new();
    decoder.read_to_end(&mut plain).unwrap();
    assert!(decoder.into_inner().is_empty(), "bytes after the member");
    plain
}

#[test]
fn long_pages_say_what_the_snapshots_hold() {
    // Each page is cut at other places; that one may be cut anywhere, pieces of a few bytes show, beside the code.
    for pad in 0..20 {
        let snapshots = snapshots(1_600, pad, 0.5);
        for format in Format::ALL {
            let [shared, own] = documents(format, &snapshots);
            assert!(shared.pieces().len() >= 3, "{format:?} is too short");
            let parts = shared.parts(&own);
            let page = checked(&parts);
            let text = || std::str::from_utf8(&page).unwrap();
            let said = match format {
                Format::Text => read(text(), Dialect::Text),
                Format::OpenMetrics => read(text(), Dialect::OpenMetrics),
                Format::Protobuf => protobuf::read(&page),
            };
            let expected = expected(&snapshots, format);
            assert!(said == expected, "{format:?} shifted by {pad}");
            let compressed = shared.compress().parts(&shared, &own);
            assert!(
                inflate(&checked(&compressed)) == page,
                "{format:?} by {pad}"
            );
        }
    }
}

#[test]
fn an_infinity_is_spelt_alike_on_both_sides_of_a_boundary() {
    let mut over = 0;
    for pad in 0..150 {
        for (value, spelt) in [(f64::INFINITY, "+Inf"), (f64::NEG_INFINITY, "-Inf")] {
            let snapshots = snapshots(650, pad, value);
            let [shared, own] = documents(Format::OpenMetrics, &snapshots);
            let pieces = shared.pieces();
            assert_eq!(pieces.len(), 2);
            over +=
                usize::from(pieces[0].ends_with(b" ") && pieces[1].starts_with(spelt.as_bytes()));
            let page = String::from_utf8(checked(&shared.parts(&own))).unwrap();
            let line = format!("\"}} {spelt}\n");
            assert_eq!(page.matches(&line).count(), 650, "shifted by {pad}");
        }
    }
    assert!(over >= 2, "no boundary was before an infinity: {over}");
}

#[test]
fn a_part_for_one_scrape_may_be_long_too() {
    let [large, _] = snapshots(1_600, 0, 0.5);
    for format in Format::ALL {
        let nothing = Document::render(format, &[]).unwrap();
        let large = Document::render(format, std::slice::from_ref(&large)).unwrap();
        assert!(nothing.pieces().is_empty());
        let page = checked(&nothing.parts(&large));
        let compressed = nothing.compress().parts(&nothing, &large);
        assert!(inflate(&checked(&compressed)) == page, "{format:?}");
        assert!(page.starts_with(&large.pieces().concat()));
    }
}
