//! Finding out the version: any sequence of answers leads to an end.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nbu_api::{Answer, Detection, Progress};

fuzz_target!(|input: (Option<String>, Vec<(Option<u16>, Option<String>)>)| {
    let (configured, answers) = input;
    let configured = configured.and_then(|text| text.parse().ok());
    let mut detection = Detection::start(configured);
    for (status, version) in answers.iter().cycle().take(100) {
        let _ = detection.probe();
        let answer = match status {
            Some(status) => Answer::Response {
                status: *status,
                api_version: version.as_deref(),
            },
            None => Answer::NoResponse,
        };
        match detection.observe(&answer) {
            Progress::Ask(next) => detection = next,
            Progress::Detected(detected) => {
                assert!(configured.is_none_or(|wanted| wanted == detected.version));
                return;
            }
            Progress::Failed(error) => {
                assert!(!error.to_string().is_empty());
                return;
            }
        }
    }
    assert!(answers.is_empty(), "it asks for ever");
});
