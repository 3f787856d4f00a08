//! Records with something wrong in them.

use nbu_sim::{Fault, Malformed, Route};

use super::Plan;

const LISTS: [Route; 4] = [
    Route::Jobs,
    Route::StorageUnits,
    Route::DiskPools,
    Route::StorageServers,
];

pub(super) fn plans() -> Vec<Plan> {
    let lists = |name: &str, how: Malformed, reason| {
        let fault = Fault::Malformed { every: 2, how };
        LISTS
            .into_iter()
            .fold(Plan::new(name), |plan, route| {
                plan.always(route, fault.clone())
            })
            .says(["ok", reason, reason])
    };
    let deep = |every| Fault::Malformed {
        every,
        how: Malformed::Deep(200_000),
    };
    // One of a page, or the page itself is too large.
    let long = Fault::Malformed {
        every: 4,
        how: Malformed::LongString(10 << 20),
    };
    vec![
        lists("record-not-an-object", Malformed::NotAnObject, "ok"),
        lists("record-without-attributes", Malformed::NoAttributes, "ok"),
        lists("record-of-wrong-types", Malformed::WrongTypes, "ok"),
        lists("record-of-nulls", Malformed::Nulls, "ok"),
        lists("numbers-as-strings", Malformed::NumbersAsStrings, "ok"),
        lists("numbers-as-floats", Malformed::NumbersAsFloats, "ok"),
        lists("numbers-huge", Malformed::HugeNumbers, "ok"),
        lists("numbers-negative", Malformed::NegativeNumbers, "ok"),
        lists("numbers-nan", Malformed::NotANumber, "ok"),
        lists("times-wrong", Malformed::BadTimes, "ok"),
        lists("not-utf-8", Malformed::InvalidUtf8, "parse"),
        lists("control-characters", Malformed::ControlCharacters, "ok"),
        Plan::new("nested-200k-deep")
            .always(Route::Jobs, deep(60))
            .always(Route::StorageUnits, deep(2))
            .says(["ok", "ok|parse", "ok|parse"]),
        lists("keys-twice", Malformed::DuplicateKeys, "ok"),
        LISTS[1..]
            .iter()
            .fold(Plan::new("names-twice"), |plan, route| {
                let how = Malformed::SameAsFirst;
                plan.always(*route, Fault::Malformed { every: 2, how })
            }),
        lists(
            "numbers-no-limit",
            Malformed::Sentinel(i64::MAX.into()),
            "ok",
        ),
        lists(
            "numbers-unsigned-no-limit",
            Malformed::Sentinel(u64::MAX.into()),
            "ok",
        ),
        lists("numbers-not-known", Malformed::Sentinel(-1), "ok"),
        lists("words-in-other-spellings", Malformed::OtherSpellings, "ok"),
        lists("states-as-numbers", Malformed::StatesAsNumbers, "ok"),
        lists("without-totals", Malformed::NoTotals, "ok"),
        lists("without-category", Malformed::NoCategory, "ok"),
        Plan::new("string-of-10-mb").always(Route::DiskPools, long),
    ]
}
