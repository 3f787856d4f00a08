//! Values that no field can have: wherever they stand they are absent and counted, and the record stays.

use nbu_api::{
    ApiKey, DiskPool, Image, Job, JobEnding, PausedClient, Policy, PolicyClient, PolicyDetail,
    Quantity, Record, ServerInfo, StorageServer, StorageUnit, decode_object, fold_page,
    read_object,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::pages::values;

/// Numbers that say "no limit" or "not known", and that are larger than anything.
const SENTINELS: [&str; 14] = [
    "-1",
    "-2147483648",
    "-9223372036854775808",
    "9223372036854775807",
    "9223372036854775806",
    "18446744073709551615",
    "4611686018427387904",
    "9007199254740993000",
    "\"9223372036854775807\"",
    "\"-1\"",
    "9.223372036854775807e18",
    "-0.5e3",
    "1e300",
    "1e999",
];

/// A place for a value: what stands before and behind it, and the name of its field.
struct Place {
    before: String,
    behind: &'static str,
    field: &'static str,
}

/// Fields whose numbers measure nothing, so that each is as good as another.
const OPAQUE: [&str; 2] = ["priority", "generationId"];

fn places<R: Record>() -> Vec<Place> {
    let within = |before: &'static str, behind: &'static str, fields: &'static [&'static str]| {
        fields.iter().map(move |field| Place {
            before: format!("{{\"id\":\"7\",\"type\":\"x\",\"attributes\":{{{before}\"{field}\":"),
            behind,
            field,
        })
    };
    within("", "}}", R::FIELDS).collect()
}

/// Places further down: in volumes, attributes of deduplication, schedules.
fn nested(
    before: &'static str,
    behind: &'static str,
    fields: &'static [&'static str],
) -> Vec<Place> {
    let place = |field: &&'static str| Place {
        before: format!("{{\"id\":\"7\",\"attributes\":{{{before}\"{field}\":"),
        behind,
        field,
    };
    fields.iter().map(place).collect()
}

/// The record with this value, as text, and the fields that were counted.
fn read<R: Record>(place: &Place, value: &str) -> (String, Vec<(&'static str, u32)>) {
    let body = format!(r#"{{"data":[{}{value}{}]}}"#, place.before, place.behind);
    let mut record = None;
    let page = fold_page::<R>(body.as_bytes(), |found| record = Some(format!("{found:?}")));
    assert!(page.is_ok(), "{body}: {page:?}");
    let page = page.unwrap();
    assert_eq!((page.records, page.skipped.total()), (1, 0), "{body}");
    (record.unwrap(), page.mismatches.iter().collect())
}

/// The name that a number is: a float, whichever field it stands in, without its exponent.
fn written_out(sentinel: &str) -> String {
    let bare = sentinel.trim_matches('"');
    match bare.parse::<i128>() {
        Ok(_) => bare.to_owned(),
        Err(_) => bare.parse::<f64>().unwrap().to_string(),
    }
}

fn no_sentinel_is_a_number<R: Record>(places: &[Place]) {
    assert!(!places.is_empty());
    for place in places {
        let (absent, _) = read::<R>(place, "null");
        for sentinel in SENTINELS {
            let (record, counted) = read::<R>(place, sentinel);
            let field = place.field;
            if sentinel == "1e999" {
                // No type holds it: the whole attribute is lost.
                let counts: Vec<u32> = counted.iter().map(|(_, count)| *count).collect();
                assert_eq!(counts, [1], "{} {field} {sentinel}", R::KIND);
                continue;
            }
            if OPAQUE.contains(&field) {
                continue;
            }
            if record == absent {
                assert_eq!(counted, [(field, 1)], "{} {field} {sentinel}", R::KIND);
            } else {
                // A name may look like a number; a number it is not.
                assert_eq!(counted, [], "{} {field} {sentinel}", R::KIND);
                let name = written_out(sentinel);
                let is_name = record.contains(&format!("Some({name:?})"));
                assert!(is_name, "{} {field} {sentinel}: {record}", R::KIND);
            }
        }
    }
}

const VOLUME: &[&str] = &[
    "name",
    "id",
    "diskMediaId",
    "state",
    "rawSizeBytes",
    "freeSizeBytes",
];
const MSDP: &[&str] = &[
    "deduplicationRatioPercentage",
    "catalogLogicalSizeBytes",
    "catalogFilesCount",
    "availDiskspaceCapacityInBytes",
    "defaultCloudCacheCapacityInBytes",
    "requestCloudCacheCapacityInBytes",
    "fipsEnabled",
];
const STORAGE_POOL: &[&str] = &[
    "rawSizeBytes",
    "reservedSpaceBytes",
    "sizeBytes",
    "usedSpaceBytes",
    "availableSpaceBytes",
];
const SCHEDULE: &[&str] = &[
    "scheduleName",
    "scheduleType",
    "backupType",
    "frequencySeconds",
    "snapshotOnly",
];
const WINDOW: &[&str] = &["dayOfWeek", "startSeconds", "durationSeconds"];

fn volume() -> Vec<Place> {
    nested(r#""diskVolumes":[{"#, "}]}}", VOLUME)
}

fn msdp() -> Vec<Place> {
    nested(r#""msdpAttributes":{"#, "}}}", MSDP)
}

fn storage_pool() -> Vec<Place> {
    nested(
        r#""msdpAttributes":{"storagePoolDetails":{"#,
        "}}}}",
        STORAGE_POOL,
    )
}

fn schedule() -> Vec<Place> {
    nested(r#""policyStandard":{"schedules":[{"#, "}]}}}", SCHEDULE)
}

fn window() -> Vec<Place> {
    nested(
        r#""policyStandard":{"schedules":[{"startWindow":[{"#,
        "}]}]}}}",
        WINDOW,
    )
}

#[test]
fn no_limit_and_not_known_are_never_numbers() {
    no_sentinel_is_a_number::<Job<'_>>(&places::<Job<'_>>());
    no_sentinel_is_a_number::<JobEnding<'_>>(&places::<JobEnding<'_>>());
    no_sentinel_is_a_number::<StorageUnit<'_>>(&places::<StorageUnit<'_>>());
    no_sentinel_is_a_number::<DiskPool<'_>>(&places::<DiskPool<'_>>());
    no_sentinel_is_a_number::<DiskPool<'_>>(&volume());
    no_sentinel_is_a_number::<StorageServer<'_>>(&places::<StorageServer<'_>>());
    no_sentinel_is_a_number::<StorageServer<'_>>(&msdp());
    no_sentinel_is_a_number::<StorageServer<'_>>(&storage_pool());
    no_sentinel_is_a_number::<Policy<'_>>(&places::<Policy<'_>>());
    no_sentinel_is_a_number::<PolicyDetail<'_>>(&schedule());
    no_sentinel_is_a_number::<PolicyDetail<'_>>(&window());
    no_sentinel_is_a_number::<PolicyClient<'_>>(&places::<PolicyClient<'_>>());
    no_sentinel_is_a_number::<PausedClient<'_>>(&places::<PausedClient<'_>>());
    no_sentinel_is_a_number::<Image<'_>>(&places::<Image<'_>>());
    no_sentinel_is_a_number::<ApiKey<'_>>(&places::<ApiKey<'_>>());
}

#[test]
fn each_quantity_has_a_largest_value() {
    let counted = |attributes: &str| {
        let body = format!(r#"{{"data":[{{"id":"7","attributes":{{{attributes}}}}}]}}"#);
        let page = fold_page::<StorageUnit<'_>>(body.as_bytes(), |_| {}).unwrap();
        page.mismatches.iter().collect::<Vec<_>>()
    };
    for (field, quantity) in [
        ("totalCapacityBytes", Quantity::Bytes),
        ("maxFragmentSizeMegabytes", Quantity::Megabytes),
        ("maxConcurrentJobs", Quantity::Setting),
    ] {
        let largest = quantity.largest();
        assert_eq!(counted(&format!(r#""{field}":{largest}"#)), [], "{field}");
        let beyond = format!(r#""{field}":{}"#, largest + 1);
        assert_eq!(counted(&beyond), [(field, 1)]);
    }
    // No kilobyte that is believed overflows as bytes.
    let bytes = [Quantity::Kilobytes, Quantity::Megabytes].map(Quantity::largest);
    assert_eq!(bytes[0] * 1024, Quantity::Bytes.largest());
    assert_eq!(bytes[1] * 1024, bytes[0]);
}

#[test]
fn the_values_of_all_records_are_counted_by_field() {
    let body = br#"{"data":[{"id":"1","attributes":{"status":-1,"state":3}},{"id":"2","attributes":{"status":"x","endTime":5}},
        {"id":"3","attributes":{"status":0}}],"meta":{"pagination":{"count":-1}}}"#;
    let page = fold_page::<Job<'_>>(body, |_| {}).unwrap();
    let counted: Vec<_> = page.mismatches.iter().collect();
    assert_eq!(
        counted,
        [("status", 2), ("state", 1), ("endTime", 1), ("count", 1)]
    );
    assert_eq!(
        (page.mismatches.count(), page.mismatches.first()),
        (5, Some("status"))
    );
}

#[test]
fn an_object_tells_its_unusable_values_too() {
    let body = br#"{"serverName":"p","nbuKeySize":2147483647,"freezeModeEnabled":"perhaps"}"#;
    let (info, unusable) = read_object::<ServerInfo<'_>>(body).unwrap();
    assert_eq!((info.key_size, info.freeze_mode), (None, None));
    let unusable: Vec<_> = unusable.iter().collect();
    assert_eq!(unusable, [("nbuKeySize", 1), ("freezeModeEnabled", 1)]);
    assert_eq!(decode_object::<ServerInfo<'_>>(body).unwrap(), info);
}

#[test]
fn a_state_that_is_a_number_is_none() {
    for state in ["2", "\"2\"", "2.5", "true", "[]", "{}"] {
        let body = format!(
            r#"{{"data":[{{"id":"a","attributes":{{"diskPoolState":{state},"diskVolumes":[{{"state":{state}}}]}}}}]}}"#
        );
        let mut states = Vec::new();
        let page = fold_page::<DiskPool<'_>>(body.as_bytes(), |pool| {
            states.push((pool.state.is_some(), pool.volumes[0].state.is_some()));
        });
        assert_eq!(states, [(false, false)], "{state}");
        let counted: Vec<_> = page.unwrap().mismatches.iter().collect();
        assert_eq!(counted, [("diskPoolState", 1), ("state", 1)], "{state}");
    }
}

/// Whether a value says "none", as some primaries do.
fn says_none(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => {
            let text = text.trim();
            !text.chars().any(char::is_alphanumeric)
                || text.starts_with("1970-01-01T00:00:00")
                || matches!(text, "-99" | "0")
        }
        Value::Number(number) => {
            matches!(number.as_f64(), Some(0.0 | -99.0))
        }
        Value::Array(values) => values.iter().all(says_none),
        Value::Bool(_) | Value::Object(_) => false,
    }
}

/// Whatever stands in a field: the record is read, and a value that left no trace in it was counted.
fn is_read_or_counted<R: Record>(place: &Place, value: &Value) -> Result<(), TestCaseError> {
    let (absent, _) = read::<R>(place, "null");
    let (record, counted) = read::<R>(place, &value.to_string());
    let is_used = record != absent || says_none(value);
    prop_assert!(
        is_used || !counted.is_empty(),
        "{} {} {value}: {record}",
        R::KIND,
        place.field
    );
    Ok(())
}

proptest! {
    #[test]
    fn any_value_in_any_field_is_used_or_counted(value in values(), at in any::<prop::sample::Index>()) {
        is_read_or_counted::<Job<'_>>(at.get(&places::<Job<'_>>()), &value)?;
        is_read_or_counted::<JobEnding<'_>>(at.get(&places::<JobEnding<'_>>()), &value)?;
        is_read_or_counted::<StorageUnit<'_>>(at.get(&places::<StorageUnit<'_>>()), &value)?;
        is_read_or_counted::<DiskPool<'_>>(at.get(&places::<DiskPool<'_>>()), &value)?;
        is_read_or_counted::<DiskPool<'_>>(at.get(&volume()), &value)?;
        is_read_or_counted::<StorageServer<'_>>(at.get(&places::<StorageServer<'_>>()), &value)?;
        is_read_or_counted::<StorageServer<'_>>(at.get(&msdp()), &value)?;
        is_read_or_counted::<StorageServer<'_>>(at.get(&storage_pool()), &value)?;
        is_read_or_counted::<Policy<'_>>(at.get(&places::<Policy<'_>>()), &value)?;
        is_read_or_counted::<PolicyDetail<'_>>(at.get(&schedule()), &value)?;
        is_read_or_counted::<PolicyDetail<'_>>(at.get(&window()), &value)?;
        is_read_or_counted::<PolicyClient<'_>>(at.get(&places::<PolicyClient<'_>>()), &value)?;
        is_read_or_counted::<PausedClient<'_>>(at.get(&places::<PausedClient<'_>>()), &value)?;
        is_read_or_counted::<Image<'_>>(at.get(&places::<Image<'_>>()), &value)?;
        is_read_or_counted::<ApiKey<'_>>(at.get(&places::<ApiKey<'_>>()), &value)?;
    }
}
