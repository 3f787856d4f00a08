//! Processor time, as the kernel counts it.

/// Seconds in one tick of the counters in `/proc`; the kernel shows them in this unit on every architecture.
const TICK: f64 = 0.01;

/// Processor time that a process has used in seconds, in user and kernel mode; Linux only.
pub fn of_process(pid: u32) -> f64 {
    read(&format!("/proc/{pid}/stat"))
}

/// Processor time that the calling thread has used, in seconds.
pub fn of_this_thread() -> f64 {
    read("/proc/thread-self/stat")
}

fn read(path: &str) -> f64 {
    let stat = std::fs::read_to_string(path).expect("the counters of a process that lives");
    // The second field is the program's name in brackets, which may hold anything.
    let (_, fields) = stat.rsplit_once(')').expect("a name in brackets");
    let ticks: u32 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|field| field.parse::<u32>().expect("a number of ticks"))
        .sum();
    TICK * f64::from(ticks)
}
