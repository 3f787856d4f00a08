//! What is asked of the primary, whatever attempts it takes.

use nbu_api::endpoint::{LOGIN, LOGOUT};
use nbu_api::{ApiVersion, Endpoint, Probe, Query};

use super::shared::Shared;
use crate::credential::Form;
use crate::error::Call;
use crate::sync::Arc;

#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) endpoint: &'static Endpoint,
    pub(crate) query: Query,
    /// The version for `Accept`; `None` for the endpoints that answer in plain text.
    pub(crate) version: Option<ApiVersion>,
    pub(crate) authenticated: bool,
    /// What is sent in the body, in the same version.
    pub(crate) form: Option<Form>,
}

impl Ask {
    pub(crate) fn new(
        endpoint: &'static Endpoint,
        query: Query,
        version: Option<ApiVersion>,
    ) -> Self {
        Self {
            endpoint,
            query,
            version,
            authenticated: endpoint.authenticated,
            form: None,
        }
    }

    /// A login.
    pub(crate) fn login(version: ApiVersion, form: Form) -> Self {
        Self {
            form: Some(form),
            ..Self::new(&LOGIN, Query::new(), Some(version))
        }
    }

    /// The end of a session.
    pub(crate) fn logout(version: ApiVersion) -> Self {
        Self::new(&LOGOUT, Query::new(), Some(version))
    }

    pub(crate) fn probe(probe: Probe) -> Self {
        let Probe {
            endpoint,
            version,
            query,
            authenticated,
        } = probe;
        Self {
            endpoint,
            query,
            version,
            authenticated,
            form: None,
        }
    }

    /// The address: `base` has no slash at its end, a path begins with one.
    pub(crate) fn address(&self, base: &str) -> String {
        let mut address = String::with_capacity(base.len() + self.endpoint.path.len() + 64);
        address.push_str(base);
        address.push_str(&self.query.path(self.endpoint));
        self.query.append_to(&mut address);
        address
    }

    /// How errors speak of it.
    #[expect(
        clippy::unnecessary_box_returns,
        reason = "errors hold it boxed, to stay small"
    )]
    pub(crate) fn call(&self, shared: &Shared, request_id: Option<&str>) -> Box<Call> {
        // It comes from the primary's own lists.
        let argument = self.query.argument();
        Box::new(Call {
            primary: Arc::clone(&shared.primary),
            endpoint: self.endpoint.name,
            argument: argument.map(|argument| shared.keyring.clean(argument)),
            version: self.version,
            request_id: request_id.map(str::to_owned),
        })
    }
}
