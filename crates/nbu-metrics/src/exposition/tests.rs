use std::io::Read;

use flate2::bufread::GzDecoder;

use super::*;
use crate::catalogue::{collection, jobs, process, storage};
use crate::histogram::Histogram;
use crate::samples::Samples;

/// Every kind of value, infinities, and labels of characters with one to four bytes, escaped and not.
fn snapshots() -> [Arc<Snapshot>; 2] {
    let mut found = Samples::new();
    found.gauge(&collection::UP, &[], 1.0);
    found.counter(
        &jobs::JOBS_FINISHED_TOTAL,
        &["BACKUP", "é…\u{10ffff}a", "0", "\\\"\n"],
        12.0,
    );
    for (unit, bytes) in [
        ("a inf", f64::INFINITY),
        ("\n\"é\\", f64::NEG_INFINITY),
        (" \ninf", 0.25),
    ] {
        found.gauge(&storage::STORAGE_UNIT_USED_BYTES, &[unit, ""], bytes);
    }
    found.state_set(&storage::DISK_POOL_STATE, &["dp1"], &["UP", "DOWN"], "UP");
    let mut seconds = Histogram::new(&[60.0, 3600.0]);
    for value in [0.0, 61.5, 62.0, 1e6] {
        seconds.observe(value);
    }
    found.histogram(&jobs::JOB_DURATION_SECONDS, &["BACKUP", "é"], &seconds);
    let mut own = Samples::new();
    own.counter(&process::PROCESS_CPU_SECONDS_TOTAL, &[], 1.5);
    [
        Snapshot::builder(Some("päris".into())).add(&found).build(),
        Snapshot::builder(None).add(&own).build(),
    ]
    .map(Arc::new)
}

#[test]
fn a_page_is_the_same_wherever_its_pieces_end() {
    let [primary, process] = snapshots();
    for format in Format::ALL {
        let documents = |most| {
            [&primary, &process].map(|snapshot| {
                Document::render_in(format, std::slice::from_ref(snapshot), most).unwrap()
            })
        };
        let [shared, own] = documents(PIECE);
        let whole = shared.parts(&own).concat();
        assert_eq!(
            shared.pieces().len(),
            1,
            "the reference is not cut anywhere"
        );
        for most in 1..=40 {
            let [shared, own] = documents(most);
            let parts = shared.parts(&own);
            assert_eq!(parts.concat(), whole, "{format:?} by {most}");
            assert_eq!(parts.len(), whole.len());
            let lengths = shared.pieces().iter().map(Bytes::len);
            assert!(lengths.rev().skip(1).all(|length| length == most));

            let compressed = Compressor::default()
                .compress_to(shared.pieces(), most)
                .parts(&shared, &own);
            assert!(compressed.head.iter().all(|piece| piece.len() <= most));
            let compressed = compressed.concat();
            let mut decoder = GzDecoder::new(&*compressed);
            let mut plain = Vec::new();
            decoder.read_to_end(&mut plain).unwrap();
            assert_eq!(plain, whole, "{format:?} by {most}");
            assert!(decoder.into_inner().is_empty(), "one member");
        }
    }
}
