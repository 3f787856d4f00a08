//! The door to environment variables.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// Where `${NAME}` is looked up: the process's variables, or a fixed set in tests.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    fixed: Option<BTreeMap<String, String>>,
}

impl Environment {
    /// The variables of this process.
    pub fn process() -> Self {
        Self { fixed: None }
    }

    /// Exactly these variables.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let fixed = variables
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Self { fixed: Some(fixed) }
    }

    /// The value of `name`; `None` when it is not set, `Err` with the raw value when it is not UTF-8.
    #[expect(clippy::disallowed_methods, reason = "this module is the door")]
    pub fn variable(&self, name: &str) -> Result<Option<String>, OsString> {
        match &self.fixed {
            Some(fixed) => Ok(fixed.get(name).cloned()),
            // The standard library may panic on a name that no variable can have.
            None if name.is_empty() || name.contains(['=', '\0']) => Ok(None),
            None => std::env::var_os(name)
                .map(OsString::into_string)
                .transpose(),
        }
    }
}
