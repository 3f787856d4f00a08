use super::*;
use crate::catalogue::{jobs, storage};

fn values(samples: &Samples) -> Vec<(Vec<String>, f64)> {
    samples
        .families()
        .flat_map(|(_, series)| series)
        .map(|series| {
            let labels = series.labels.values().map(str::to_owned).collect();
            match series.value {
                Value::Number(value) => (labels, value),
                Value::Histogram(_) => (labels, f64::NAN),
            }
        })
        .collect()
}

#[test]
fn odd_label_values_come_back_unchanged() {
    let odd = "a\u{1}b\n\"\\\u{10ffff} é";
    let long = "x".repeat(3000);
    let mut samples = Samples::new();
    samples.gauge(&jobs::JOBS, &[odd, &long], 1.0);
    assert_eq!(values(&samples), [(vec![odd.to_owned(), long], 1.0)]);
}

#[test]
fn a_nul_that_would_end_the_page_for_prometheus_is_replaced() {
    let mut samples = Samples::new();
    samples.gauge(&jobs::JOBS, &["a\0b\0", "ACTIVE"], 1.0);
    assert_eq!(values(&samples)[0].0, ["a\u{fffd}b\u{fffd}", "ACTIVE"]);
}

#[test]
fn an_empty_label_becomes_none() {
    let mut samples = Samples::new();
    samples.gauge(&jobs::JOBS, &["", "ACTIVE"], 1.0);
    assert_eq!(values(&samples)[0].0, ["none", "ACTIVE"]);
}

#[test]
fn a_value_too_long_to_pack_is_cut_and_its_neighbours_live() {
    let mut samples = Samples::new();
    samples.gauge(&jobs::JOBS, &[&"é".repeat(100_000), "ACTIVE"], 1.0);
    let (labels, _) = &values(&samples)[0];
    assert!(labels[0].len() > 50_000);
    assert_eq!(labels[1], "ACTIVE");
}

#[test]
fn a_state_set_shows_every_known_state_and_an_unknown_one_under_its_name() {
    let mut samples = Samples::new();
    samples.state_set(&storage::DISK_POOL_STATE, &["dp"], &["UP", "DOWN"], "DOWN");
    samples.state_set(&storage::DISK_POOL_STATE, &["dp2"], &["UP", "DOWN"], "ODD");
    let states: Vec<_> = values(&samples)
        .into_iter()
        .map(|(labels, value)| (labels.join("/"), value))
        .collect();
    let expected = [
        ("dp/UP", 0.0),
        ("dp/DOWN", 1.0),
        ("dp2/UP", 0.0),
        ("dp2/DOWN", 0.0),
        ("dp2/ODD", 1.0),
    ];
    assert_eq!(
        states,
        expected.map(|(labels, value)| (labels.to_owned(), value))
    );
}

#[test]
fn counters_that_no_format_allows_are_left_out() {
    let mut samples = Samples::new();
    for value in [-1.0, f64::NAN] {
        samples.counter(&jobs::JOBS_GAP_SECONDS_TOTAL, &[], value);
    }
    assert!(samples.is_empty());
}

#[test]
fn labels_are_cut_by_characters_and_marked() {
    let mut samples = Samples::new();
    samples.gauge(&jobs::JOBS, &["ééééé", "ACTIVE"], 1.0);
    let (_, series) = samples.families().next().unwrap();
    let cut = series[0].labels.cut(4).unwrap();
    assert_eq!(cut.values().collect::<Vec<_>>(), ["ééé…", "ACT…"]);
    assert_eq!(series[0].labels.cut(6), None);
}

#[test]
fn labels_sort_value_by_value() {
    let labels = |values: &[&str]| Labels::new(&jobs::JOBS, values);
    assert!(labels(&["a", "z"]) < labels(&["aa", "a"]));
    assert!(labels(&["b", "a"]) > labels(&["aaaa", "z"]));
}
