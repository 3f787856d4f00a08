//! Problems and warnings, gathered while everything is read.

use std::cell::RefCell;

use super::problem::{Place, Problem, Warning};
use super::value::Fault;

/// Most problems told: beyond it something more fundamental is wrong.
const PROBLEMS: usize = 100;

/// Where problems and warnings are gathered.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// What a problem with the form of the file begins with.
    mark: &'static str,
    problems: RefCell<Vec<Problem>>,
    warnings: RefCell<Vec<Warning>>,
}

impl Findings {
    /// For a file whose users look for this word where its form is wrong.
    pub(super) fn marked(mark: &'static str) -> Self {
        Self {
            mark,
            ..Self::default()
        }
    }

    /// Tells a problem with the form of the file: what it is made of, whatever its values mean.
    pub(super) fn malformed(&self, place: &Place, key: &str, fault: Fault) {
        let what = format!("{}{}", self.mark, fault.what);
        self.problem(place, key, Fault { what, ..fault });
    }

    /// Tells a problem; the same one again (common settings are read once per primary) is not repeated.
    pub(super) fn problem(&self, place: &Place, key: &str, fault: Fault) {
        let problem = Problem {
            place: place.clone(),
            key: key.to_owned(),
            what: fault.what,
            remedy: fault.remedy,
        };
        let mut problems = self.problems.borrow_mut();
        if problems.len() < PROBLEMS && !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    /// Tells a warning, once.
    pub(super) fn warning(&self, place: &Place, key: &str, what: impl Into<String>) {
        let warning = Warning {
            place: place.clone(),
            key: key.to_owned(),
            what: what.into(),
        };
        let mut warnings = self.warnings.borrow_mut();
        if warnings.len() < PROBLEMS && !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }

    /// Tells problems that were found while the text was read.
    pub(super) fn extend(&self, problems: Vec<Problem>) {
        for Problem {
            place,
            key,
            what,
            remedy,
        } in problems
        {
            self.malformed(&place, &key, Fault { what, remedy });
        }
    }

    /// All problems and warnings, each in the order of the files.
    pub(super) fn into_sorted(self) -> (Vec<Problem>, Vec<Warning>) {
        let (mut problems, mut warnings) = (self.problems.into_inner(), self.warnings.into_inner());
        problems.sort_by(|one, two| one.place.cmp(&two.place));
        warnings.sort_by(|one, two| one.place.cmp(&two.place));
        (problems, warnings)
    }
}
