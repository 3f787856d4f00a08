//! The standard `process_*` families, read from `/proc` for each scrape; on other systems than Linux there are none.

use nbu_metrics::samples::Samples;

/// Adds what `/proc` tells about this process. A file that cannot be read leaves its families out: absent is honest, 0 is not.
#[cfg(target_os = "linux")]
pub(crate) fn sample(samples: &mut Samples) {
    linux::sample(samples);
}

/// Adds nothing: this system has no `/proc`.
#[cfg(not(target_os = "linux"))]
pub(crate) fn sample(_samples: &mut Samples) {}

/// The number of file descriptors that this process may have open; `None` where there is no limit or it is not known.
#[cfg(target_os = "linux")]
pub(crate) fn descriptor_limit() -> Option<usize> {
    linux::descriptor_limit()
}

/// Not known: this system has no `/proc`.
#[cfg(not(target_os = "linux"))]
pub(crate) fn descriptor_limit() -> Option<usize> {
    None
}

#[cfg(target_os = "linux")]
mod linux {
    use std::sync::OnceLock;

    use nbu_metrics::catalogue::process as families;
    use nbu_metrics::samples::Samples;
    use procfs::process::{LimitValue, Process, Stat};

    pub(super) fn sample(samples: &mut Samples) {
        let Ok(process) = Process::myself() else {
            return;
        };
        if let Ok(stat) = process.stat() {
            let ticks = procfs::ticks_per_second() as f64;
            samples.counter(
                &families::PROCESS_CPU_SECONDS_TOTAL,
                &[],
                (stat.utime + stat.stime) as f64 / ticks,
            );
            samples.gauge(
                &families::PROCESS_VIRTUAL_MEMORY_BYTES,
                &[],
                stat.vsize as f64,
            );
            samples.gauge(
                &families::PROCESS_RESIDENT_MEMORY_BYTES,
                &[],
                stat.rss.saturating_mul(procfs::page_size()) as f64,
            );
            if let Some(started) = start_time(&stat) {
                samples.gauge(&families::PROCESS_START_TIME_SECONDS, &[], started);
            }
        }
        if let Ok(open) = process.fd_count() {
            samples.gauge(&families::PROCESS_OPEN_FDS, &[], open as f64);
        }
        if let Ok(limits) = process.limits() {
            // The convention for "no limit" differs: all bits set for descriptors, -1 for memory.
            let descriptors = bound(limits.max_open_files.soft_limit).unwrap_or(u64::MAX as f64);
            samples.gauge(&families::PROCESS_MAX_FDS, &[], descriptors);
            let memory = bound(limits.max_address_space.soft_limit).unwrap_or(-1.0);
            samples.gauge(&families::PROCESS_VIRTUAL_MEMORY_MAX_BYTES, &[], memory);
        }
    }

    pub(super) fn descriptor_limit() -> Option<usize> {
        let limits = Process::myself()
            .and_then(|process| process.limits())
            .ok()?;
        match limits.max_open_files.soft_limit {
            LimitValue::Unlimited => None,
            LimitValue::Value(value) => usize::try_from(value).ok(),
        }
    }

    fn bound(limit: LimitValue) -> Option<f64> {
        match limit {
            LimitValue::Unlimited => None,
            LimitValue::Value(value) => Some(value as f64),
        }
    }

    /// Seconds since 1970. Asked once: the kernel derives its boot time from the wall clock, so that a second answer may differ.
    fn start_time(stat: &Stat) -> Option<f64> {
        static STARTED: OnceLock<Option<f64>> = OnceLock::new();
        *STARTED.get_or_init(|| {
            let boot = procfs::boot_time_secs().ok()?;
            Some(boot as f64 + stat.starttime as f64 / procfs::ticks_per_second() as f64)
        })
    }
}
