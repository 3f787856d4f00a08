//! Upper bounds of the classic buckets, ascending, without `+Inf`.

const MIB: f64 = 1024.0 * 1024.0;
const GIB: f64 = 1024.0 * MIB;
const TIB: f64 = 1024.0 * GIB;

/// What a job protected, in bytes: 1 MiB to 16 TiB, each four times the one before.
pub const JOB_SIZE_BYTES: &[f64] = &[
    MIB,
    4.0 * MIB,
    16.0 * MIB,
    64.0 * MIB,
    256.0 * MIB,
    GIB,
    4.0 * GIB,
    16.0 * GIB,
    64.0 * GIB,
    256.0 * GIB,
    TIB,
    4.0 * TIB,
    16.0 * TIB,
];

/// How long a job took, in seconds: one minute to one day.
pub const JOB_DURATION_SECONDS: &[f64] = &[
    60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 14400.0, 28800.0, 43200.0, 86400.0,
];

/// One request to a primary, in seconds: from what a primary on a fast network takes, less than half a millisecond, up to the
/// largest timeout that makes sense.
pub const API_REQUEST_SECONDS: &[f64] = &[
    0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
    10.0, 30.0, 60.0,
];

/// One request to the exporter, in seconds: answers come from memory.
pub const HTTP_REQUEST_SECONDS: &[f64] = &[
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];
