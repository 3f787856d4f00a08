//! Filters: what the builder writes, the simulated primary's parser reads as what was meant.
#![no_main]

use arbitrary::Arbitrary;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use nbu_api::filter::job;
use nbu_api::{Filter, JobState};

/// An expression, and so deep that the parser's bound is never the matter.
#[derive(Arbitrary, Debug)]
enum Tree {
    Leaf(Leaf),
    And(Vec<Leaf>),
    Or(Vec<Leaf>),
    Not(Leaf),
    AndOfOrs(Vec<Leaf>, Vec<Leaf>),
    OrOfAnds(Vec<Leaf>, Vec<Leaf>),
}

#[derive(Arbitrary, Debug)]
enum Leaf {
    Text(u8, String),
    Number(u8, i64),
    Time(u8, i64),
    State(String, bool),
}

fuzz_target!(|tree: Tree| {
    let Some((filter, meant)) = tree.build() else {
        return;
    };
    let read = nbu_sim::fuzzing::job_filter(&filter.to_string());
    assert_eq!(read.as_ref(), Ok(&meant), "{filter}");
});

impl Tree {
    fn build(&self) -> Option<(Filter, String)> {
        match self {
            Self::Leaf(leaf) => leaf.build(),
            Self::Not(leaf) => {
                let (filter, meant) = leaf.build()?;
                Some((!filter, format!("not[{meant}]")))
            }
            Self::And(leaves) => all(leaves, "and", Filter::and),
            Self::Or(leaves) => all(leaves, "or", Filter::or),
            Self::AndOfOrs(left, right) => {
                both(all(left, "or", Filter::or)?, all(right, "or", Filter::or)?, "and", Filter::and)
            }
            Self::OrOfAnds(left, right) => {
                both(all(left, "and", Filter::and)?, all(right, "and", Filter::and)?, "or", Filter::or)
            }
        }
    }
}

type Built = (Filter, String);

fn all(leaves: &[Leaf], word: &str, join: fn(Filter, Filter) -> Filter) -> Option<Built> {
    let mut built = leaves.iter().take(20).filter_map(Leaf::build);
    let (mut filter, first) = built.next()?;
    let mut meant = vec![first];
    for (next, next_meant) in built {
        filter = join(filter, next);
        meant.push(next_meant);
    }
    let meant = match &meant[..] {
        [one] => one.clone(),
        many => format!("{word}[{}]", many.join(", ")),
    };
    Some((filter, meant))
}

fn both(left: Built, right: Built, word: &str, join: fn(Filter, Filter) -> Filter) -> Option<Built> {
    let meant = format!("{word}[{}, {}]", left.1, right.1);
    Some((join(left.0, right.0), meant))
}

impl Leaf {
    fn build(&self) -> Option<Built> {
        Some(match self {
            Self::Text(operator, text) => match operator % 5 {
                0 => (job::CLIENT_NAME.eq(text), format!("ClientName Eq {text:?}")),
                1 => (job::CLIENT_NAME.ne(text), format!("ClientName Ne {text:?}")),
                2 => (job::POLICY_NAME.contains(text), format!("PolicyName Contains {text:?}")),
                3 => (job::POLICY_NAME.starts_with(text), format!("PolicyName StartsWith {text:?}")),
                _ => (job::POLICY_NAME.ends_with(text), format!("PolicyName EndsWith {text:?}")),
            },
            Self::Number(operator, number) => match operator % 6 {
                0 => (job::JOB_ID.eq(*number), format!("JobId Eq {number}")),
                1 => (job::JOB_ID.ne(*number), format!("JobId Ne {number}")),
                2 => (job::JOB_ID.lt(*number), format!("JobId Lt {number}")),
                3 => (job::STATUS.le(*number), format!("Status Le {number}")),
                4 => (job::STATUS.gt(*number), format!("Status Gt {number}")),
                _ => (job::STATUS.ge(*number), format!("Status Ge {number}")),
            },
            Self::Time(operator, millis) => {
                // The years 0001 to 9999, as the API writes them.
                let millis = millis.rem_euclid(315_537_897_600_000) - 62_135_596_800_000;
                let at = Timestamp::from_millisecond(millis).ok()?;
                match operator % 2 {
                    0 => (job::END_TIME.ge(at), format!("EndTime Ge {millis}")),
                    _ => (job::LAST_UPDATE_TIME.lt(at), format!("LastUpdateTime Lt {millis}")),
                }
            }
            Self::State(word, equal) => {
                let state = JobState::from(word.as_str());
                let text = state.as_str().to_owned();
                match equal {
                    true => (job::STATE.eq(state), format!("State Eq {text:?}")),
                    false => (job::STATE.ne(state), format!("State Ne {text:?}")),
                }
            }
        })
    }
}
