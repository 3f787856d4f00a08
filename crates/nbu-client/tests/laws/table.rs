//! Each law with the bugs that it must notice.
//!
//! The names are those of `mutant` and `weakened` in the tracker's source. `cargo xtask loom
//! --mutants` reads the table from the output of the test below, one pair a line, and compares it
//! with the list of tests and with the source: no law without a row, no row without a law, no bug in
//! the source that is not in a row.

const LAWS: &[(&str, &[&str])] = &[
    (
        "entry::late_entrants_are_excluded",
        &["late-entrant-admitted"],
    ),
    (
        "entry::who_is_refused_sees_what_the_closer_did",
        &["close-releases-nothing", "outsider-acquires-nothing"],
    ),
    (
        "entry::who_sees_the_close_sees_what_the_closer_did",
        &["close-releases-nothing", "outsider-acquires-nothing"],
    ),
    (
        "entry::a_slot_carries_what_its_last_owner_did_to_the_next",
        &["leaver-releases-nothing", "entrant-acquires-nothing"],
    ),
    (
        "entry::a_slot_waited_for_carries_what_its_last_owner_did",
        &["leaver-releases-nothing", "arrival-acquires-nothing"],
    ),
    (
        "line::saturation_never_loses_a_wake_up",
        &[
            "waiting-bit-never-set",
            "waiting-bit-never-cleared",
            "waits-without-looking-again",
            "leaver-ignores-waiters",
            "hand-over-wakes-nobody",
        ],
    ),
    (
        "line::two_waiters_both_get_their_turn",
        &["waiting-bit-never-set", "hand-over-wakes-nobody"],
    ),
    (
        "line::the_limit_is_never_exceeded",
        &["limit-ignored", "hand-over-frees-the-slot"],
    ),
    ("line::the_oldest_waiter_goes_first", &["newest-goes-first"]),
    (
        "line::nobody_overtakes_a_waiter",
        &["hand-over-frees-the-slot"],
    ),
    (
        "line::a_cancelled_waiter_leaks_no_slot",
        &[
            "cancelled-waiter-stays-in-line",
            "cancelled-owner-keeps-slot",
            "waiting-bit-never-cleared",
        ],
    ),
    (
        "line::a_waiter_dropped_before_taking_its_slot_passes_it_on",
        &["cancelled-owner-keeps-slot"],
    ),
    (
        "line::waiting_callers_are_refused_on_close",
        &["close-forgets-the-line", "waiter-joins-after-close"],
    ),
    (
        "line::a_waiter_that_owns_a_slot_when_the_close_begins_is_in_flight",
        &["close-revokes-owned-slots"],
    ),
    (
        "close::the_last_one_out_wakes_the_closers_and_what_it_did_is_visible",
        &[
            "leaver-ignores-close",
            "leaver-releases-nothing",
            "close-acquires-nothing",
        ],
    ),
    (
        "close::an_idle_client_closes_at_once",
        &["close-looks-at-nothing"],
    ),
    (
        "close::concurrent_closers_agree",
        &["one-closer-woken", "looks-before-registering"],
    ),
    (
        "close::drain_and_cut_agree_on_one_outcome",
        &["last-outcome-wins"],
    ),
    (
        "close::an_abandoned_close_can_be_resumed",
        &["one-gone-all-gone"],
    ),
    (
        "close::who_listens_hears_the_close_begin",
        &["close-tells-no-listener", "looks-before-registering"],
    ),
    (
        "close::zero_on_a_closed_tracker_is_final_and_visible",
        &["late-leaver-releases-nothing", "outsider-acquires-nothing"],
    ),
    (
        "attempt::the_cut_reaches_every_attempt",
        &["cut-wakes-no-attempt"],
    ),
    (
        "attempt::the_cut_reaches_an_attempt_that_registers_during_it",
        &["late-attempt-misses-the-cut", "looks-before-registering"],
    ),
    (
        "attempt::an_attempt_that_comes_after_the_cut_never_starts",
        &["late-attempt-misses-the-cut"],
    ),
    (
        "attempt::an_attempt_that_finished_before_it_saw_the_cut_delivers",
        &["cut-discards-a-finished-answer"],
    ),
    (
        "attempt::an_attempt_in_flight_when_the_close_begins_is_delivered",
        &["close-cuts-attempts"],
    ),
    (
        "attempt::a_slot_is_free_only_when_its_future_is_gone",
        &["slot-freed-before-its-future"],
    ),
    (
        "attempt::zero_after_the_cut_says_that_every_future_is_gone",
        &[
            "slot-freed-before-its-future",
            "late-leaver-releases-nothing",
        ],
    ),
    (
        "waker::the_latest_waker_is_the_one_that_is_called",
        &["first-waker-kept"],
    ),
    (
        "waker::a_waker_may_come_back_into_the_tracker",
        &["wakes-under-the-lock"],
    ),
    (
        "waker::the_last_waker_of_a_task_may_drop_what_the_task_held",
        &["drops-under-the-lock"],
    ),
];

/// Prints the table: `law`, a tab, `mutant`, one pair a line.
#[test]
fn every_law_names_a_bug_that_breaks_it() {
    for (law, mutants) in LAWS {
        assert!(!mutants.is_empty(), "{law} lists no bug: what is it for?");
        for mutant in *mutants {
            println!("laws::{law}\t{mutant}");
        }
    }
}
