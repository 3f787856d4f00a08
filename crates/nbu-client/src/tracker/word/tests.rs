//! The word against two numbers and a flag.

use proptest::{collection::vec, prelude::*};

use super::Word;

/// What the word packs, unpacked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Plain {
    closed: bool,
    waits: bool,
    in_flight: usize,
}

impl Plain {
    fn pack(self) -> Word {
        let bits = usize::from(self.closed) | usize::from(self.waits) << 1;
        Word::from_bits(self.in_flight * 4 + bits)
    }
}

fn unpack(word: Word) -> Plain {
    Plain {
        closed: word.is_closed(),
        waits: word.someone_waits(),
        in_flight: word.in_flight(),
    }
}

fn any_word() -> impl Strategy<Value = Plain> {
    let in_flight = prop_oneof![0..5_usize, Word::MOST - 5..Word::MOST];
    (any::<bool>(), any::<bool>(), in_flight).prop_map(|(closed, waits, in_flight)| Plain {
        closed,
        waits,
        in_flight,
    })
}

proptest! {
    #[test]
    fn packing_loses_nothing(plain in any_word()) {
        prop_assert_eq!(unpack(plain.pack()), plain);
    }

    #[test]
    fn a_fast_step_is_offered_only_while_both_bits_are_clear(plain in any_word(), max in 1..5_usize) {
        let word = plain.pack();
        let clear = !plain.closed && !plain.waits;
        let entered = word.entered(max).map(unpack);
        let more = Plain { in_flight: plain.in_flight + 1, ..plain };
        prop_assert_eq!(entered, (clear && plain.in_flight < max).then_some(more));
        if plain.in_flight > 0 {
            let less = Plain { in_flight: plain.in_flight - 1, ..plain };
            prop_assert_eq!(word.left().map(unpack), clear.then_some(less));
            prop_assert_eq!(unpack(word.given_back()), less);
        }
    }

    #[test]
    fn who_arrives_is_refused_or_enters_or_waits(plain in any_word(), max in 1..5_usize) {
        let word = plain.pack();
        let expected = if plain.closed {
            None
        } else if !plain.waits && plain.in_flight < max {
            Some(Plain { in_flight: plain.in_flight + 1, ..plain })
        } else {
            Some(Plain { waits: true, ..plain })
        };
        prop_assert_eq!(word.arrived(max).map(unpack), expected);
    }

    #[test]
    fn the_other_steps_touch_one_thing_each(plain in any_word()) {
        let word = plain.pack();
        prop_assert_eq!(unpack(word.nobody_waits()), Plain { waits: false, ..plain });
        prop_assert_eq!(unpack(word.closed()), Plain { closed: true, waits: false, ..plain });
        prop_assert_eq!(word.is_drained(), plain.closed && plain.in_flight == 0);
    }

    /// The steps in the order in which the gate takes them: the invariants hold at every unlock.
    #[test]
    fn any_sequence_of_steps_keeps_the_invariants(max in 1..4_usize, steps in vec(any_step(), 0..200)) {
        let mut word = Word::from_bits(0);
        let mut line = 0_usize;
        for step in steps {
            let before = unpack(word);
            (word, line) = take(step, word, line, max);
            let after = unpack(word);
            prop_assert!(after.in_flight <= max, "{step:?}: over the limit");
            prop_assert_eq!(after.waits, line > 0, "{:?}: the bit and the line differ", step);
            prop_assert!(!after.waits || after.in_flight == max, "{step:?}: waits beside a free slot");
            prop_assert!(after.closed || !before.closed, "{step:?}: opened again");
            prop_assert!(!before.closed || after.in_flight <= before.in_flight, "{step:?}: entered late");
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Arrive,
    Leave,
    GiveUpWaiting,
    Close,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Arrive),
        4 => Just(Step::Leave),
        2 => Just(Step::GiveUpWaiting),
        1 => Just(Step::Close),
    ]
}

fn take(step: Step, word: Word, line: usize, max: usize) -> (Word, usize) {
    let shortened = |line| {
        if line == 0 {
            (word.nobody_waits(), 0)
        } else {
            (word, line)
        }
    };
    match step {
        Step::Arrive => match word.entered(max).or_else(|| word.arrived(max)) {
            Some(after) if after.someone_waits() => (after, line + 1),
            Some(after) => (after, line),
            None => (word, line),
        },
        Step::Leave if word.in_flight() == 0 => (word, line),
        Step::Leave => match word.left() {
            Some(after) => (after, line),
            None if word.someone_waits() => shortened(line - 1),
            None => (word.given_back(), line),
        },
        Step::GiveUpWaiting if line == 0 => (word, line),
        Step::GiveUpWaiting => shortened(line - 1),
        Step::Close => (word.closed(), 0),
    }
}
