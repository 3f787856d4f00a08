//! The catalogue on paper.

use nbu_metrics::catalogue;

#[test]
fn the_documented_catalogue_is_the_table_in_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/metrics.md");
    let page = std::fs::read_to_string(path).unwrap_or_default();
    let (_, table) = page.split_once("<!-- families -->\n\n").unwrap_or_default();
    let reference = catalogue::reference();
    assert!(
        table == reference,
        "after `<!-- families -->` {path} must have:\n\n{reference}"
    );
}
