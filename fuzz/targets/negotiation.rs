//! `Accept` and `Accept-Encoding` of a scrape.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nbu_metrics::negotiation::{Encoding, encoding, exposition};

fuzz_target!(|header: &str| {
    let answer = exposition(Some(header));
    assert!(answer.content_type.contains('/'));
    // What nobody asked for is not given.
    let asked = header.to_ascii_lowercase();
    if !asked.contains('*') {
        let (kind, _) = answer.content_type.split_once(';').expect("parameters");
        assert!(kind == "text/plain" || asked.contains(kind), "{kind}");
        assert!(encoding(Some(header)) == Encoding::Identity || asked.contains("gzip"));
    }
});
