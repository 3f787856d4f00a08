//! From a request to the honest answer.

use std::sync::atomic::Ordering;

use http::{HeaderMap, Method, StatusCode};
use nbu_api::ApiVersion;

use crate::{
    catalog,
    clock::timestamp,
    config,
    credential::Principal,
    jobs,
    json::{self, Object},
    negotiation,
    paging::{self, Limits},
    primary::Primary,
    query::{self, Query},
    reply::{Refusal, Reply},
    route::{Matched, Route},
    status, storage,
};

/// One request, as far as answers depend on it.
#[derive(Debug)]
pub(crate) struct Request<'r> {
    pub(crate) matched: Matched<'r>,
    pub(crate) method: &'r Method,
    pub(crate) headers: &'r HeaderMap,
    pub(crate) query: &'r Query,
    pub(crate) body: &'r [u8],
}

/// Answers; a refusal becomes an error body here.
pub(crate) fn answer(primary: &Primary, request: &Request<'_>) -> Reply {
    honest(primary, request).unwrap_or_else(|refusal| refuse(primary, &refusal))
}

/// An error body in the primary's own version.
pub(crate) fn refuse(primary: &Primary, refusal: &Refusal) -> Reply {
    refusal.reply(negotiation::content_type(primary.version()))
}

fn honest(primary: &Primary, request: &Request<'_>) -> Result<Reply, Refusal> {
    let route = request.matched.route;
    if route == Route::Unknown
        || (route == Route::StatusCode && primary.version() < ApiVersion::V11_0)
    {
        return Err(Refusal::NotFound);
    }
    let expected = match route {
        Route::Login | Route::Logout => Method::POST,
        _ => Method::GET,
    };
    if *request.method != expected {
        return Err(Refusal::Method);
    }
    if !route.is_open() {
        authorize(primary, request)?;
    }
    let accept = header(request.headers, "accept");
    match route {
        Route::Ping => return ping(primary, accept),
        Route::SecurityPing if negotiation::json(accept, primary.version()).is_err() => {
            return ping(primary, accept);
        }
        _ => {}
    }
    let version = negotiation::json(accept, primary.version())?;
    if primary.oldest.lock().is_some_and(|oldest| version < oldest) {
        return Err(Refusal::NotAcceptable);
    }
    if let Some(limit) = *primary.page_limit.lock() {
        paging::within(limit, request.query)?;
    }
    let body = match route {
        Route::SecurityPing => primary.clock.face_ms().to_string().into_bytes(),
        Route::ServerInfo => server_info(primary),
        Route::ServerTime => server_time(primary),
        Route::CaCert => ca_certificate(primary, version),
        Route::AuthorizationContext => authorization_context(primary, request)?,
        Route::Login => return login(primary, request, version),
        Route::Logout => logout(primary, request)?,
        Route::ApiKeys => api_keys(primary, request)?,
        Route::Jobs => {
            let visible = visible(primary, request);
            primary
                .read_world(|world, now| jobs::list(world, primary.form(version, now), &visible))?
        }
        Route::Job => primary.read_world(|world, now| {
            jobs::one(world, primary.form(version, now), request.matched.argument)
        })?,
        Route::StorageUnits => storage::units(&primary.storage.read(), request.query)?,
        Route::DiskPools => storage::pools(&primary.storage.read(), request.query)?,
        Route::DiskPool => {
            let id = query::decode(request.matched.argument);
            storage::pool(&primary.storage.read(), &id)?
        }
        Route::StorageServers => storage::servers(&primary.storage.read(), request.query)?,
        Route::Policies => config::policies(&primary.configuration.read(), request.query)?,
        Route::Policy => {
            let name = query::decode(request.matched.argument);
            let generic = header(request.headers, "x-netbackup-policy-use-generic-schema");
            let generic = generic == Some("true");
            config::policy(&primary.configuration.read(), &name, generic)?
        }
        Route::UniquePolicyClients => {
            config::clients(&primary.configuration.read(), request.query)?
        }
        Route::PausedClients => {
            let now = primary.clock.face_ms();
            config::paused(&primary.configuration.read(), now, request.query)?
        }
        Route::CatalogImages => {
            primary.read_world(|world, now| catalog::images(world, now, request.query))?
        }
        Route::StatusCode => status::text(request.matched.argument)?,
        Route::Any | Route::Ping | Route::Unknown => return Err(Refusal::NotFound),
    };
    Ok(Reply::json(negotiation::content_type(version), body))
}

/// The query, narrowed to what the credential may see.
fn visible(primary: &Primary, request: &Request<'_>) -> Query {
    let credentials = primary.credentials.read();
    let sent = header(request.headers, "authorization");
    let theirs = credentials
        .principal(sent, primary.clock.face_ms())
        .and_then(Principal::sees_only);
    let mut query = request.query.clone();
    if let Some(theirs) = theirs {
        match query.0.iter_mut().find(|(name, _)| name == "filter") {
            Some((_, filter)) if !filter.is_empty() => *filter = format!("({filter}) and {theirs}"),
            _ => query.0.push(("filter".to_owned(), theirs.to_owned())),
        }
    }
    query
}

/// The real primary answers 401 for a missing credential, a dead one and a missing permission alike.
fn authorize(primary: &Primary, request: &Request<'_>) -> Result<(), Refusal> {
    let credentials = primary.credentials.read();
    credentials
        .principal(
            header(request.headers, "authorization"),
            primary.clock.face_ms(),
        )
        .filter(|principal| principal.may(request.matched.route))
        .map(|_| ())
        .ok_or(Refusal::Unauthorized)
}

fn ping(primary: &Primary, accept: Option<&str>) -> Result<Reply, Refusal> {
    negotiation::plain(accept, primary.version())?;
    let content_type = format!("text/vnd.netbackup+plain;version={}", primary.version());
    let mut reply = Reply::text(&content_type, primary.clock.face_ms().to_string());
    if primary.ping_header.load(Ordering::Relaxed) {
        reply
            .headers
            .push(("x-netbackup-api-version", primary.version().to_string()));
    }
    Ok(reply)
}

fn server_info(primary: &Primary) -> Vec<u8> {
    let version = primary.version();
    let mut body = Vec::new();
    let mut to = Object::begin(&mut body);
    to.string("serverName", "primary.example.com");
    to.string("nbuVersion", version.release().unwrap_or("99.9"));
    to.integer("cacpivConnectorPort", 8443);
    to.integer("nbuKeySize", 2048);
    to.string("masterHostId", "5f0a6c1e-7d1b-4a51-9f7e-0c5b2f6f5a10");
    to.integer("externalCaUsage", 0);
    to.integer("cacpivEnabled", 0);
    to.boolean("ssoEnabled", false);
    to.string("domainType", "vx");
    if version >= ApiVersion::V14_0 {
        to.boolean("freezeModeEnabled", false);
    }
    to.end();
    body
}

fn server_time(primary: &Primary) -> Vec<u8> {
    let mut body = Vec::new();
    let mut to = Object::begin(&mut body);
    to.integer("serverTime", primary.clock.face_ms());
    to.string("timeZoneName", "Coordinated Universal Time");
    to.string("timeZoneId", "UTC");
    to.end();
    body
}

/// Two forms: flat before API 10.0, and with details since.
fn ca_certificate(primary: &Primary, version: ApiVersion) -> Vec<u8> {
    let mut body = Vec::new();
    let mut to = Object::begin(&mut body);
    let list = |out: &mut Vec<u8>, write: &dyn Fn(&mut Vec<u8>)| {
        out.push(b'[');
        write(out);
        out.push(b']');
    };
    if version < ApiVersion::V10_0 {
        to.string("webRootCert", &primary.ca_pem);
        list(to.key("cacert"), &|out| {
            json::string(out, &primary.ca_pem);
        });
    } else {
        to.string("trustVersion", "1");
        for (name, action) in [
            ("webRootCertificateData", false),
            ("caCertificateData", true),
        ] {
            list(to.key(name), &|out| {
                let mut certificate = Object::begin(out);
                if action {
                    certificate.string("caCertAction", "ADD");
                }
                let mut details = Object::begin(certificate.key("caCertDetails"));
                details.string("subjectCN", "nbatd");
                details.string("subjectOU", "root@primary.example.com");
                details.string("subjectName", "CN=nbatd,OU=root@primary.example.com,O=vx");
                details.string("notBefore", "2020-01-01T00:00:00.000Z");
                details.string("notAfter", "2099-01-01T00:00:00.000Z");
                if version >= ApiVersion::V14_0 {
                    details.integer("keyStrength", 256);
                    details.string("issuedBy", "CN=nbatd,OU=root@primary.example.com,O=vx");
                }
                details.end();
                certificate.string("caCert", &primary.ca_pem);
                certificate.end();
            });
        }
    }
    to.end();
    body
}

fn authorization_context(primary: &Primary, request: &Request<'_>) -> Result<Vec<u8>, Refusal> {
    let credentials = primary.credentials.read();
    let principal = credentials
        .principal(
            header(request.headers, "authorization"),
            primary.clock.face_ms(),
        )
        .ok_or(Refusal::Unauthorized)?;
    let mut body = Vec::new();
    let mut document = Object::begin(&mut body);
    let mut data = Object::begin(document.key("data"));
    data.string("type", "authorizationContextResponse");
    data.string("id", &principal.user);
    let mut to = Object::begin(data.key("attributes"));
    to.string(
        "subject",
        &format!("vx:primary.example.com:{}", principal.user),
    );
    to.string("issuer", "primary.example.com");
    to.time("issuedAt", principal.issued_ms);
    if let Some(expires) = principal.expires() {
        to.time("expireDate", expires.as_millisecond());
    }
    to.boolean("isAdmin", false);
    to.boolean("isMachine", true);
    let permissions = to.key("permissions");
    permissions.push(b'[');
    for (index, permission) in principal.permissions.iter().enumerate() {
        if index > 0 {
            permissions.push(b',');
        }
        let mut entry = Object::begin(permissions);
        entry.string("permission", permission.operation());
        let namespaces = entry.key("collections");
        namespaces.push(b'[');
        json::string(namespaces, permission.namespace());
        namespaces.push(b']');
        entry.end();
    }
    permissions.push(b']');
    to.end();
    data.end();
    document.end();
    Ok(body)
}

/// The key that asks: what is told to everybody. Nobody here may see the keys of others, and a session has none.
fn api_keys(primary: &Primary, request: &Request<'_>) -> Result<Vec<u8>, Refusal> {
    let limit = Limits::up_to(100).read(request.query)?;
    let offset = paging::offset(request.query)?;
    let credentials = primary.credentials.read();
    let principal = credentials
        .principal(
            header(request.headers, "authorization"),
            primary.clock.face_ms(),
        )
        .ok_or(Refusal::Unauthorized)?;
    let count = usize::from(principal.is_key);
    let mut body = Vec::new();
    let mut document = Object::begin(&mut body);
    let data = document.key("data");
    data.push(b'[');
    if offset < count {
        let mut key = Object::begin(data);
        key.string("type", "apiKeyDetails");
        key.string("id", "A4sim");
        let mut to = Object::begin(key.key("attributes"));
        to.string("userName", &principal.user);
        to.string("userDomain", "primary.example.com");
        to.string("userDomainType", "vx");
        to.time("createdDateTime", principal.issued_ms);
        if let Some(expires) = principal.expires() {
            to.time("expiryDateTime", expires.as_millisecond());
        }
        to.time("lastModifiedDateTime", principal.issued_ms);
        to.boolean("samlSessionValidated", false);
        to.end();
        key.end();
    }
    data.push(b']');
    paging::links(
        &mut document,
        "/security/api-keys",
        &["self", "first", "last"],
    );
    paging::offset_meta(&mut document, offset, limit, count);
    document.end();
    Ok(body)
}

fn login(primary: &Primary, request: &Request<'_>, version: ApiVersion) -> Result<Reply, Refusal> {
    if !negotiation::accepts_body(header(request.headers, "content-type"), primary.version()) {
        return Err(Refusal::UnsupportedMediaType);
    }
    let form: serde_json::Value = serde_json::from_slice(request.body)
        .map_err(|error| Refusal::Parameter(error.to_string()))?;
    let field = |name: &str| form.get(name).and_then(serde_json::Value::as_str);
    let (Some(user), Some(password)) = (field("userName"), field("password")) else {
        return Err(Refusal::Parameter(
            "userName and password are required".to_owned(),
        ));
    };
    let mut credentials = primary.credentials.write();
    let token = credentials
        .login(user, password, primary.clock.face_ms())
        .ok_or(Refusal::Unauthorized)?;
    let mut body = Vec::new();
    let mut to = Object::begin(&mut body);
    to.string("token", &token);
    to.string("tokenType", "BEARER");
    to.integer("validity", credentials.token_validity);
    to.end();
    Ok(Reply {
        status: StatusCode::CREATED,
        ..Reply::json(negotiation::content_type(version), body)
    })
}

/// Without a body, as the documents have it. An API key has no session that could end.
fn logout(primary: &Primary, request: &Request<'_>) -> Result<Vec<u8>, Refusal> {
    let sent = header(request.headers, "authorization");
    let now = primary.clock.face_ms();
    let ended = primary.credentials.write().logout(sent, now);
    ended.then(Vec::new).ok_or(Refusal::Unauthorized)
}

/// The `Date` of every answer: the primary's clock, not the computer's.
pub(crate) fn date(primary: &Primary) -> String {
    timestamp(primary.clock.face_ms())
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string()
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
