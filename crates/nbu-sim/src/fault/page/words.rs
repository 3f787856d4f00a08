//! Words of a vocabulary in other spellings, as other parts of the API, other releases and gateways have them.

use serde_json::{Value, json};

/// The attributes whose values are words.
const WORDS: [&str; 6] = [
    "jobType",
    "policyType",
    "scheduleType",
    "backupType",
    "storageCategory",
    "policyTypes",
];

/// The attributes whose values are states.
const STATES: [&str; 4] = ["state", "diskPoolState", "storageServerState", "jobState"];

/// Words that are spelled in another way than with other separators.
const OTHERS: [(&str, &str); 8] = [
    ("FULL_BACKUP", "Full"),
    ("FULL", "Full Backup"),
    ("Full Backup", "FULL"),
    (
        "DIFFERENTIAL_INCREMENTAL_BACKUP",
        "DIFFERENTIAL_INCREMENTAL",
    ),
    (
        "DIFFERENTIAL_INCREMENTAL",
        "Differential Incremental Backup",
    ),
    (
        "Differential Incremental Backup",
        "differential-incremental",
    ),
    ("WINDOWS_NT", "MS-Windows"),
    ("MS-Windows", "MS_WINDOWS"),
];

/// Spells every word and state of a record in another way, and its own type, which for a policy is a word.
pub(super) fn respell(record: &mut Value) {
    if let Some(word) = record.get_mut("type") {
        respell_value(word);
    }
    if let Some(attributes) = record.get_mut("attributes") {
        visit(
            attributes,
            &[&WORDS[..], &STATES[..]].concat(),
            &respell_value,
        );
    }
}

/// Makes every state of a record a number.
pub(super) fn number_states(record: &mut Value) {
    if let Some(attributes) = record.get_mut("attributes") {
        visit(attributes, &STATES, &|state| *state = json!(2));
    }
}

fn visit(value: &mut Value, names: &[&str], change: &dyn Fn(&mut Value)) {
    match value {
        Value::Array(values) => {
            for value in values {
                visit(value, names, change);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                if names.contains(&name.as_str()) {
                    change(value);
                } else {
                    visit(value, names, change);
                }
            }
        }
        _ => {}
    }
}

fn respell_value(value: &mut Value) {
    match value {
        Value::String(word) => *word = other_spelling(word),
        Value::Array(words) => words.iter_mut().for_each(respell_value),
        _ => {}
    }
}

fn other_spelling(word: &str) -> String {
    let other = OTHERS.iter().find(|(one, _)| *one == word);
    other.map_or_else(
        || word.to_lowercase().replace(['_', '-'], " "),
        |(_, other)| (*other).to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_respelled_at_every_depth_and_names_are_not() {
        let mut record = json!({"id": "FULL", "attributes": {
            "policyName": "FULL_BACKUP", "policyType": "WINDOWS_NT", "state": "DONE",
            "schedules": [{"backupType": "Full Backup", "scheduleName": "FULL"}], "policyTypes": ["NBU_CATALOG"],
        }});
        respell(&mut record);
        let expected = json!({"id": "FULL", "attributes": {
            "policyName": "FULL_BACKUP", "policyType": "MS-Windows", "state": "done",
            "schedules": [{"backupType": "FULL", "scheduleName": "FULL"}], "policyTypes": ["nbu catalog"],
        }});
        assert_eq!(record, expected);
        number_states(&mut record);
        assert_eq!(record["attributes"]["state"], 2);
    }
}
