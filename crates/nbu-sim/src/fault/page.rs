//! Faults that change an honest page.

use serde_json::{Map, Value, json};

use super::{Fault, Malformed};

mod words;

/// Stands in the edited JSON where bytes must come that a JSON library would not write.
const MARK: &str = "\u{e000}";

/// Changes the body of an honest answer; what is not JSON, or not a page, stays as it is.
pub(crate) fn disturb(body: Vec<u8>, fault: &Fault, request: u64) -> Vec<u8> {
    if let Fault::Edit(edit) = fault {
        return edit.apply(body);
    }
    let Ok(mut document) = serde_json::from_slice::<Value>(&body) else {
        return body;
    };
    let raw = match fault {
        Fault::RepeatCursor => {
            let here = document
                .pointer("/data/0/meta/page/cursor")
                .cloned()
                .unwrap_or(json!("1"));
            let this = offset_of(&document);
            promise(&mut document, &here, this);
            Vec::new()
        }
        Fault::AlternateCursors => {
            let turn = 1 + request % 2;
            promise(&mut document, &json!(turn.to_string()), json!(turn - 1));
            Vec::new()
        }
        Fault::EndlessCursors => {
            let this = offset_of(&document);
            promise(&mut document, &json!(request.to_string()), this);
            Vec::new()
        }
        Fault::EmptyPageWithNext => {
            let far = json!(offset_of(&document).as_u64().unwrap_or(0) + 1000);
            document["data"] = json!([]);
            promise(&mut document, &json!(request.to_string()), far);
            Vec::new()
        }
        Fault::Shift(by) => {
            unshift(&mut document, *by);
            Vec::new()
        }
        Fault::Repeated(times) => {
            if let Some(records) = document.get_mut("data").and_then(Value::as_array_mut) {
                *records = vec![std::mem::take(records); *times].concat();
            }
            Vec::new()
        }
        Fault::CountLies(by) => {
            if let Some(count) = document.pointer_mut("/meta/pagination/count") {
                *count = json!(count.as_i64().unwrap_or(0) + by);
            }
            Vec::new()
        }
        Fault::Malformed { every, how } => malform(&mut document, *every, how),
        _ => return body,
    };
    let text = document.to_string();
    if raw.is_empty() {
        return text.into_bytes();
    }
    replace_marks(&text, &raw)
}

/// Where the page stands in its list; null where pages are not numbered.
fn offset_of(document: &Value) -> Value {
    document
        .pointer("/meta/pagination/offset")
        .cloned()
        .unwrap_or_default()
}

/// Puts a `next` into the pagination: of the kind the page already speaks.
fn promise(document: &mut Value, cursor: &Value, offset: Value) {
    let by_offset = !offset_of(document).is_null();
    if let Some(pagination) = document.pointer_mut("/meta/pagination") {
        pagination["next"] = if by_offset { offset } else { cursor.clone() };
    }
}

/// Lets a page that begins elsewhere say what it was asked for.
fn unshift(document: &mut Value, by: i64) {
    if offset_of(document)
        .as_i64()
        .is_none_or(|offset| offset == 0)
    {
        return;
    }
    for name in ["offset", "next"] {
        if let Some(number) = document.pointer_mut(&format!("/meta/pagination/{name}")) {
            *number = json!(number.as_i64().unwrap_or(0).saturating_sub(by));
        }
    }
}

/// Spoils every n-th record, or the only one of an answer that is no list; returns what must replace the marks.
fn malform(document: &mut Value, every: usize, how: &Malformed) -> Vec<u8> {
    match document.get_mut("data") {
        Some(Value::Array(records)) => {
            let first = records.first().cloned();
            let chosen = records.iter_mut().skip(every.saturating_sub(1));
            for record in chosen.step_by(every.max(1)) {
                spoil(record, how, first.as_ref());
            }
        }
        Some(record @ Value::Object(_)) if every == 1 => spoil(record, how, None),
        _ => return Vec::new(),
    }
    match how {
        Malformed::InvalidUtf8 => b"\xff\xfe\xc3\x28".to_vec(),
        Malformed::HugeNumbers => b"123456789012345678901234567890".to_vec(),
        Malformed::NumbersAsFloats => b".0".to_vec(),
        Malformed::Deep(levels) => [b"[".repeat(*levels), b"]".repeat(*levels)].concat(),
        Malformed::DuplicateKeys => b"twice".to_vec(),
        _ => Vec::new(),
    }
}

fn spoil(record: &mut Value, how: &Malformed, first: Option<&Value>) {
    match how {
        Malformed::NotAnObject => *record = json!("not an object"),
        Malformed::NoAttributes => {
            if let Some(record) = record.as_object_mut() {
                record.remove("attributes");
            }
        }
        Malformed::SameAsFirst => {
            if let Some(first) = first {
                for path in ["/id", "/attributes/name", "/attributes/jobId"] {
                    if let (Some(to), Some(from)) = (record.pointer_mut(path), first.pointer(path))
                    {
                        *to = from.clone();
                    }
                }
            }
        }
        Malformed::Sentinel(number) => {
            if let Some(attributes) = record.get_mut("attributes") {
                set_numbers(attributes, *number);
            }
        }
        Malformed::OtherSpellings => words::respell(record),
        Malformed::StatesAsNumbers => words::number_states(record),
        Malformed::NoTotals => remove(record, &TOTALS),
        Malformed::NoCategory => remove(record, &["storageCategory", "isCloudSTU"]),
        Malformed::Deep(_) => record["attributes"]["extra"] = json!(MARK),
        Malformed::LongString(bytes) => {
            for name in ["name", "policyName"] {
                if let Some(name) = record["attributes"].get_mut(name) {
                    *name = json!("x".repeat(*bytes));
                }
            }
        }
        _ => {
            if let Some(attributes) = record.get_mut("attributes").and_then(Value::as_object_mut) {
                attributes
                    .values_mut()
                    .for_each(|value| spoil_value(value, how));
                if *how == Malformed::DuplicateKeys {
                    duplicate(attributes);
                }
            }
        }
    }
}

/// The attributes that tell how large a disk pool is.
const TOTALS: [&str; 4] = [
    "rawSizeBytes",
    "usableSizeBytes",
    "availableSpaceBytes",
    "usedCapacityBytes",
];

fn remove(record: &mut Value, names: &[&str]) {
    if let Some(attributes) = record.get_mut("attributes").and_then(Value::as_object_mut) {
        attributes.retain(|name, _| !names.contains(&name.as_str()));
    }
}

fn set_numbers(value: &mut Value, number: i128) {
    match value {
        Value::Number(_) => {
            let signed = i64::try_from(number).map(Value::from);
            let unsigned = || u64::try_from(number).map(Value::from);
            if let Ok(sentinel) = signed.or_else(|_| unsigned()) {
                *value = sentinel;
            }
        }
        Value::Array(values) => values
            .iter_mut()
            .for_each(|value| set_numbers(value, number)),
        Value::Object(fields) => {
            for (name, value) in fields {
                if !matches!(name.as_str(), "jobId" | "parentJobId" | "dayOfWeek") {
                    set_numbers(value, number);
                }
            }
        }
        _ => {}
    }
}

fn spoil_value(value: &mut Value, how: &Malformed) {
    let number = value.is_number();
    let time = value
        .as_str()
        .is_some_and(|text| text.len() == 24 && text.ends_with('Z'));
    let text = value.as_str().map(str::to_owned);
    match (how, text) {
        (Malformed::WrongTypes, _) => *value = json!([value.clone(), {}]),
        (Malformed::Nulls, _) => *value = Value::Null,
        (Malformed::NumbersAsStrings, _) if number => *value = json!(value.to_string()),
        (Malformed::NumbersAsFloats, _) if value.is_u64() => {
            *value = json!(format!("{MARK}{value}"));
        }
        (Malformed::HugeNumbers, _) if number => *value = json!(MARK),
        (Malformed::NegativeNumbers, _) if value.is_u64() => {
            *value = json!(-value.as_i64().unwrap_or(1));
        }
        (Malformed::NotANumber, _) if number => *value = json!("NaN"),
        (Malformed::BadTimes, Some(text)) if time => {
            *value = json!(text.replace('T', " ").replace(".000Z", "+25:00"));
        }
        (Malformed::InvalidUtf8, Some(text)) => *value = json!(format!("{text}{MARK}")),
        (Malformed::ControlCharacters, Some(text)) => {
            *value = json!(format!("{text}\n\"\\\0{{}}=\t"));
        }
        _ => {}
    }
}

/// Every attribute once more under a marked name, which becomes the same name in the bytes.
fn duplicate(attributes: &mut Map<String, Value>) {
    let twice: Vec<_> = attributes
        .keys()
        .map(|key| (format!("{MARK}{key}"), json!("twice")))
        .collect();
    attributes.extend(twice);
}

/// Replaces the marks, and the quotes around them where a string must become something else.
fn replace_marks(text: &str, raw: &[u8]) -> Vec<u8> {
    let bare = !raw.is_ascii() || raw == b"twice";
    let (quoted, replacement): (String, &[u8]) = match raw {
        b"twice" => (MARK.to_owned(), b""),
        _ if bare => (MARK.to_owned(), raw),
        b".0" => return floats(text),
        _ => (format!("\"{MARK}\""), raw),
    };
    let mut out = Vec::with_capacity(text.len());
    for (index, part) in text.split(quoted.as_str()).enumerate() {
        if index > 0 {
            out.extend_from_slice(replacement);
        }
        out.extend_from_slice(part.as_bytes());
    }
    out
}

/// `"<mark>12"` becomes `12.0`.
fn floats(text: &str) -> Vec<u8> {
    let open = format!("\"{MARK}");
    let mut out = String::with_capacity(text.len());
    for (index, part) in text.split(open.as_str()).enumerate() {
        match part.split_once('"').filter(|_| index > 0) {
            Some((digits, rest)) => {
                out.push_str(digits);
                out.push_str(".0");
                out.push_str(rest);
            }
            None => out.push_str(part),
        }
    }
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"{"data":[{"id":"1","attributes":{"jobId":1,"name":"a","endTime":"2026-03-02T06:00:00.000Z"}},
        {"id":"2","attributes":{"jobId":2,"name":"b"}}],"meta":{"pagination":{"limit":2,"count":9}}}"#;

    fn malformed(how: Malformed) -> String {
        let fault = Fault::Malformed { every: 2, how };
        String::from_utf8_lossy(&disturb(PAGE.as_bytes().to_vec(), &fault, 1)).into_owned()
    }

    #[test]
    fn only_the_chosen_records_are_spoiled() {
        assert!(malformed(Malformed::NumbersAsFloats).contains(r#""jobId":2.0"#));
        assert!(malformed(Malformed::NumbersAsFloats).contains(r#""jobId":1,"#));
        assert!(malformed(Malformed::NumbersAsStrings).contains(r#""jobId":"2""#));
        assert!(
            malformed(Malformed::HugeNumbers).contains(r#""jobId":123456789012345678901234567890"#)
        );
        assert!(malformed(Malformed::DuplicateKeys).contains(r#""jobId":"twice""#));
        assert!(malformed(Malformed::Deep(300)).contains(&"[".repeat(300)));
        assert!(malformed(Malformed::InvalidUtf8).contains('\u{fffd}'));
        assert!(
            malformed(Malformed::SameAsFirst)
                .matches(r#""id":"1""#)
                .count()
                == 2
        );
    }

    #[test]
    fn pages_lie_about_what_follows() {
        let lied = |fault: Fault| -> Value {
            serde_json::from_slice(&disturb(PAGE.as_bytes().to_vec(), &fault, 3)).unwrap()
        };
        assert_eq!(lied(Fault::CountLies(5))["meta"]["pagination"]["count"], 14);
        assert_eq!(lied(Fault::EmptyPageWithNext)["data"], json!([]));
        assert_eq!(
            lied(Fault::AlternateCursors)["meta"]["pagination"]["next"],
            "2"
        );
    }
}
