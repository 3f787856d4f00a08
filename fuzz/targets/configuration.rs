//! A configuration file: read or refused with a place and a remedy, and no secret in either.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use nbu_exporter::config::Config;
use nbu_exporter::environment::Environment;

const SECRET: &str = "s3cr3t-0f-the-environment";

fuzz_target!(|text: &str| {
    let environment = Environment::of([("KEY", SECRET), ("NAME", "paris"), ("EMPTY", "")]);
    match Config::parse(Path::new("fuzz.yml"), text, &environment) {
        Ok(config) => {
            // Keys that hold no secret may show it; `Debug` of the others may not.
            if text.matches("${KEY").count() == text.matches("api_key: ${KEY}").count() {
                assert!(!format!("{config:?}").contains(SECRET));
            }
            for primary in &config.primaries {
                assert!(!primary.name.is_empty());
                assert_eq!(config.primary(&primary.name).map(|found| &found.name), Some(&primary.name));
            }
            let same = Config::diff(&config, &config);
            assert_eq!(same.unchanged.len(), config.primaries.len());
        }
        Err(error) => {
            let told = error.to_string();
            assert!(!told.is_empty());
            assert!(!told.contains(SECRET), "{told}");
        }
    }
});
