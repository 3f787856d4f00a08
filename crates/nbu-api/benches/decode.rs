//! Reading a page of 100 finished jobs, beside a bare check that the same bytes are JSON.
//!
//! Criterion's table says MB/s and the time of a page; behind it the same in µs a job, and as a multiple of the bare check.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench prints, and fails loudly"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nbu_api::{Job, fold_page};
use serde::de::IgnoredAny;

const JOBS: u64 = 100;
/// Pages read for one time of the second table, and how many of these times.
const PAGES: u32 = 200;
const TIMES: usize = 25;

/// What a primary writes of a job beside what monitoring reads.
const REST: &str = r#","activeProcessId":41507,"mainProcessId":20377,"transferRate":87381,"streamNumber":-1,"estimatedFiles":1000,"kilobytesToTransfer":1000000,"currentOperation":-99,"jobSubType":"SCHEDULED","dataMovement":"STANDARD","offHostType":"STANDARD","retentionLevel":4,"backupId":"client-00042.example.com_1783591266","dedupSpaceRatio":61.2,"compressionSpaceRatio":21.4,"dteMode":"OFF","auditDomainType":0,"applicationType":"NONE","controlHost":"primary.example.com","jobOwner":"root","jobGroup":"","auditUserName":"","auditDomainName":"","sourceMediaId":"","sourceStorageUnitName":"","sourceMediaServerName":"","destinationMediaId":"","copyNumber":0,"priority":0,"compression":0,"restartable":0,"suspendable":0,"resumable":0,"cancellable":0,"frozenImage":0,"transportType":"LAN","robotName":"","vaultName":"","profileName":"","sessionId":0,"numberOfTapeToEject":0,"submissionType":0,"dumpHost":"","instanceDatabaseName":"","restoreBackupIDs":"","currentFile":"""#;

/// A page as a primary of API 12 writes it: with all some seventy attributes 1.8 KB a job, else 700 B.
fn page(full: bool) -> Vec<u8> {
    let mut text = String::from(r#"{"data":["#);
    for id in 812_000..812_000 + JOBS {
        if id > 812_000 {
            text.push(',');
        }
        text.push('{');
        if full {
            write!(text, r#""links":{{"self":{{"href":"/admin/jobs/{id}"}},"file-lists":{{"href":"https://primary.example.com/netbackup/admin/jobs/{id}/file-lists"}},"try-logs":{{"href":"https://primary.example.com/netbackup/admin/jobs/{id}/try-logs"}}}},"#).expect("text");
        }
        let second = id % 60;
        write!(text, r#""type":"job","id":"{id}","attributes":{{"jobId":{id},"parentJobId":0,"jobType":"BACKUP","policyType":"MS_WINDOWS","policyName":"windows","scheduleType":"FULL_BACKUP","scheduleName":"daily","clientName":"client-00042.example.com","destinationStorageUnitName":"msdp-stu-0001","destinationMediaServerName":"media01.example.com","status":0,"state":"DONE","startTime":"2026-07-09T10:01:{second:02}.000Z","activeTryStartTime":"2026-07-09T10:01:{second:02}.000Z","endTime":"2026-07-09T10:11:{second:02}.000Z","lastUpdateTime":"2026-07-09T10:11:{second:02}.417Z","kilobytesTransferred":1000000,"kilobytesDataTransferred":388000,"numberOfFiles":1000,"percentComplete":100,"try":1,"jobQueueReason":-99,"dedupRatio":61.2,"childCount":0,"elapsedTime":"PT10M0.417S","activeElapsedTime":"PT9M58S","jobPath":"{id}""#).expect("text");
        if full {
            text.push_str(REST);
        }
        write!(text, r#"}},"meta":{{"page":{{"cursor":"{id}"}}}}}}"#).expect("text");
    }
    text.push_str(r#"],"links":{"self":{"href":"https://primary.example.com/netbackup/admin/jobs"}},"meta":{"pagination":{"limit":100,"next":"812099"}}}"#);
    text.into_bytes()
}

fn decode(body: &[u8]) -> u64 {
    let mut sum = 0;
    let page = fold_page::<Job<'_>>(body, |job| sum += job.kilobytes_transferred.unwrap_or(0));
    assert_eq!(page.expect("a page").records, 100);
    sum
}

fn validate(body: &[u8]) -> IgnoredAny {
    serde_json::from_slice(body).expect("JSON")
}

fn pages(criterion: &mut Criterion) {
    let bodies = [("1.8 KB", page(true)), ("700 B", page(false))];
    for (record, body) in &bodies {
        let mut group = criterion.benchmark_group(format!("decode {record}"));
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function("jobs", |bencher| bencher.iter(|| decode(black_box(body))));
        group.bench_function("bare", |bencher| bencher.iter(|| validate(black_box(body))));
        group.finish();
    }
    println!(
        "{:>8} {:>9} {:>8} {:>9} {:>8} {:>9} {:>6}",
        "record", "bytes/job", "µs/job", "MB/s", "bare µs", "bare MB/s", "ratio"
    );
    for (record, body) in &bodies {
        let (ours, bare) = both(body);
        let bytes = body.len() as f64 / JOBS as f64;
        println!(
            "{record:>8} {bytes:>9.0} {ours:>8.3} {:>9.0} {bare:>8.3} {:>9.0} {:>6.2}",
            bytes / ours,
            bytes / bare,
            ours / bare
        );
    }
}

/// Microseconds a job, decoded and bare: the best of many times, taken in turns, so that what else the machine does hits both.
fn both(body: &[u8]) -> (f64, f64) {
    let (mut ours, mut bare) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..TIMES {
        ours = ours.min(micros(|| _ = black_box(decode(black_box(body)))));
        bare = bare.min(micros(|| _ = black_box(validate(black_box(body)))));
    }
    (ours, bare)
}

fn micros(page: impl Fn()) -> f64 {
    let began = Instant::now();
    (0..PAGES).for_each(|_| page());
    began.elapsed().as_secs_f64() * 1e6 / f64::from(PAGES) / JOBS as f64
}

criterion_group!(benches, pages);
criterion_main!(benches);
