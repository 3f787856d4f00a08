//! Processor time, as the kernel counts it.

use std::time::Duration;

/// What one tick of the counters in `/proc` is; the kernel shows them in this unit on every architecture.
const TICK: Duration = Duration::from_millis(10);

/// Processor time that a process has used, in user and kernel mode; Linux only.
pub fn of_process(pid: u32) -> Duration {
    read(&format!("/proc/{pid}/stat"))
}

/// Processor time that the calling thread has used.
pub fn of_this_thread() -> Duration {
    read("/proc/thread-self/stat")
}

fn read(path: &str) -> Duration {
    let stat = std::fs::read_to_string(path).expect("the counters of a process that lives");
    // The second field is the program's name in brackets, which may hold anything.
    let (_, fields) = stat.rsplit_once(')').expect("a name in brackets");
    let ticks: u32 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|field| field.parse::<u32>().expect("a number of ticks"))
        .sum();
    TICK * ticks
}
