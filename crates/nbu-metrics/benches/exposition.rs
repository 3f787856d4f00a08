//! Rendering 100,000 series in each format, and what a scrape costs once they are rendered.

#![expect(clippy::expect_used, reason = "a bench fails loudly")]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use nbu_metrics::catalogue::{jobs, process, storage};
use nbu_metrics::{Document, Format, Histogram, Samples, Snapshot};

/// One of eight primaries: some 12,700 series, of which 20 are histograms.
fn samples() -> Samples {
    let mut samples = Samples::new();
    for n in 0..4_000 {
        let status = (n % 400).to_string();
        let job_type = format!("JOB_TYPE_{}", n / 400);
        let labels = [&*job_type, "VMWARE", &status, "failed"];
        samples.counter(&jobs::JOBS_FINISHED_TOTAL, &labels, f64::from(n * 7));
    }
    for n in 0..2_900 {
        let name = format!("stu_media-server-{n}.example.com");
        let bytes = f64::from(n) * 1.7e11;
        samples.gauge(&storage::STORAGE_UNIT_USED_BYTES, &[&name, "DISK"], bytes);
        let labels = [&*name];
        samples.state_set(&storage::DISK_POOL_STATE, &labels, &["UP", "DOWN"], "UP");
    }
    for n in 0..20 {
        let mut seconds = Histogram::new(jobs::JOB_DURATION_SECONDS.buckets);
        (0..200).for_each(|k| seconds.observe(f64::from(k * n) * 1.3));
        let policy_type = format!("TYPE_{n}");
        samples.histogram(
            &jobs::JOB_DURATION_SECONDS,
            &["BACKUP", &policy_type],
            &seconds,
        );
    }
    samples
}

fn snapshots() -> Vec<Arc<Snapshot>> {
    let samples = samples();
    let one = |n| {
        Snapshot::builder(Some(format!("primary-{n}").into()))
            .add(&samples)
            .build()
    };
    (0..8).map(one).map(Arc::new).collect()
}

fn process() -> Arc<Snapshot> {
    let mut own = Samples::new();
    own.counter(&process::PROCESS_CPU_SECONDS_TOTAL, &[], 12.5);
    own.gauge(&process::PROCESS_OPEN_FDS, &[], 20.0);
    Arc::new(Snapshot::builder(None).add(&own).build())
}

fn rendering(criterion: &mut Criterion) {
    let snapshots = snapshots();
    let series: usize = snapshots.iter().map(|snapshot| snapshot.len()).sum();
    let mut group = criterion.benchmark_group("render");
    group
        .sample_size(10)
        .throughput(Throughput::Elements(series as u64));
    for format in Format::ALL {
        group.bench_function(format!("{format:?}"), |bencher| {
            bencher.iter(|| Document::render(format, black_box(&snapshots)));
        });
    }
    let document = Document::render(Format::OpenMetrics, &snapshots).expect("a document");
    group.bench_function("gzip", |bencher| bencher.iter(|| document.compress()));
    group.finish();
}

fn scraping(criterion: &mut Criterion) {
    let shared = Document::render(Format::OpenMetrics, &snapshots()).expect("a document");
    let compressed = shared.compress();
    let process = process();
    let mut group = criterion.benchmark_group("scrape");
    group.bench_function("plain", |bencher| {
        bencher.iter(|| {
            let own = Document::render(Format::OpenMetrics, std::slice::from_ref(&process));
            own.map(|own| shared.parts(&own))
        });
    });
    group.bench_function("gzip", |bencher| {
        bencher.iter(|| {
            let own = Document::render(Format::OpenMetrics, std::slice::from_ref(&process));
            own.map(|own| compressed.parts(&shared, &own))
        });
    });
    group.finish();
}

fn building(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("snapshot");
    group
        .sample_size(10)
        .throughput(Throughput::Elements(samples().len() as u64));
    let build = |samples| Snapshot::builder(Some("p".into())).add(&samples).build();
    group.bench_function("build", |bencher| {
        bencher.iter_batched(samples, build, BatchSize::LargeInput);
    });
    group.finish();
}

criterion_group!(benches, rendering, scraping, building);
criterion_main!(benches);
