//! Processor time, in seconds, as the kernel counts it: to the nanosecond, in user and kernel mode.

use nix::time::ClockId;
use nix::unistd::Pid;
use std::thread::JoinHandle;

/// What a process has used so far; Linux only.
pub fn of_process(pid: u32) -> f64 {
    let pid = i32::try_from(pid).expect("a process id");
    read(ClockId::pid_cpu_clock_id(Pid::from_raw(pid)).expect("the clock of a process that lives"))
}

/// What the calling thread has used so far.
fn of_this_thread() -> f64 {
    read(ClockId::CLOCK_THREAD_CPUTIME_ID)
}

/// What a task uses, on a thread and in a runtime of its own; the thread ends with it.
pub fn of_task<F: Future>(task: impl FnOnce() -> F + Send + 'static) -> JoinHandle<f64> {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let began = of_this_thread();
        runtime.block_on(task());
        of_this_thread() - began
    })
}

fn read(clock: ClockId) -> f64 {
    let time = clock.now().expect("the clock of something that lives");
    std::time::Duration::from(time).as_secs_f64()
}
