//! A reader of delimited protobuf families.

use prometheus_client::encoding::prometheus_protobuf::prometheus_data_model as data;
use prost::Message;

use super::model::{Family, Model, Reading, bits};

/// The families, one after the other.
pub(super) fn families(mut page: &[u8]) -> Vec<data::MetricFamily> {
    let mut families = Vec::new();
    while !page.is_empty() {
        families.push(data::MetricFamily::decode_length_delimited(&mut page).expect("a family"));
    }
    families
}

/// Reads a whole exposition, and checks each native histogram against its count.
pub(super) fn read(page: &[u8]) -> Model {
    let mut model = Model::new();
    for message in families(page) {
        let kind = message.r#type().as_str_name().to_lowercase();
        let family = Family {
            help: message.help,
            kind,
            unit: message.unit,
            ..Family::default()
        };
        let before = model.insert(message.name.clone(), family);
        assert!(before.is_none(), "{} has two blocks", message.name);
        let family = model.get_mut(&message.name).expect("just inserted");
        for metric in message.metric {
            let reading = reading(&metric);
            let labels = metric
                .label
                .into_iter()
                .map(|pair| (pair.name, pair.value))
                .collect();
            assert!(
                family.series.insert(labels, reading).is_none(),
                "{} twice",
                message.name
            );
        }
    }
    model
}

fn reading(metric: &data::Metric) -> Reading {
    if let Some(gauge) = &metric.gauge {
        return Reading::Number(bits(gauge.value));
    }
    if let Some(counter) = &metric.counter {
        return Reading::Number(bits(counter.value));
    }
    let histogram = metric
        .histogram
        .as_ref()
        .expect("gauge, counter or histogram");
    check_native(histogram);
    let buckets = histogram.bucket.iter();
    Reading::Histogram {
        sum: bits(histogram.sample_sum),
        count: histogram.sample_count,
        buckets: buckets
            .map(|b| (bits(b.upper_bound), b.cumulative_count))
            .collect(),
    }
}

fn check_native(histogram: &data::Histogram) {
    assert_eq!(histogram.schema, 3);
    assert!(
        histogram.zero_threshold > 0.0,
        "or Prometheus takes it for a classic one"
    );
    let length: u32 = histogram.positive_span.iter().map(|span| span.length).sum();
    assert_eq!(length as usize, histogram.positive_delta.len());
    let (mut count, mut all) = (0, 0);
    for delta in &histogram.positive_delta {
        count += delta;
        assert!(count > 0, "a bucket that is there is not empty");
        all += count;
    }
    let all = u64::try_from(all).expect("not negative") + histogram.zero_count;
    assert_eq!(all, histogram.sample_count);
}
