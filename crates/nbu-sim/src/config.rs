//! `/config`: policies, the clients they name, and clients that are paused.

use crate::{
    json::Object,
    paging::{self, Limits},
    population::{cast::Policy, name::Name, world::World},
    query::Query,
    reply::Refusal,
};

/// `GET /config/policies/`.
pub(crate) fn policies(world: &World, query: &Query) -> Result<Vec<u8>, Refusal> {
    page(
        &world.cast.policies,
        "/config/policies/",
        Limits::up_to(500),
        query,
        |policy, out| {
            let mut element = Object::begin(out);
            head(&mut element, world, policy);
            attributes(&mut element, world, policy);
            element.end();
        },
    )
}

/// `GET /config/policies/{name}`: with schedules and clients.
pub(crate) fn policy(world: &World, name: &str) -> Result<Vec<u8>, Refusal> {
    let policy = world
        .cast
        .policies
        .iter()
        .find(|policy| word(world, policy.name) == name)
        .ok_or(Refusal::NotFound)?;
    let mut body = Vec::new();
    let mut document = Object::begin(&mut body);
    let mut data = Object::begin(document.key("data"));
    head(&mut data, world, policy);
    let mut outer = Object::begin(data.key("attributes"));
    let mut to = Object::begin(outer.key("policy"));
    to.string("policyName", name);
    to.string("policyType", config_type(word(world, policy.policy_type)));
    let mut of_policy = Object::begin(to.key("policyAttributes"));
    of_policy.boolean("active", policy.active);
    of_policy.string("storage", word(world, policy.unit));
    of_policy.end();
    array(to.key("clients"), &policy.clients, |&client, out| {
        let mut to = Object::begin(out);
        to.string("hostName", word(world, client));
        to.end();
    });
    array(
        to.key("schedules"),
        &policy.schedules,
        |&(schedule, kind, _), out| {
            let kind = word(world, kind);
            let mut to = Object::begin(out);
            to.string("scheduleName", word(world, schedule));
            to.string("scheduleType", config_schedule(kind));
            to.string("backupType", config_schedule(kind));
            to.integer(
                "frequencySeconds",
                if kind == "FULL_BACKUP" {
                    604_800
                } else {
                    86_400
                },
            );
            to.end();
        },
    );
    to.end();
    outer.end();
    data.end();
    document.end();
    Ok(body)
}

/// `GET /config/unique-policy-clients`.
pub(crate) fn clients(world: &World, query: &Query) -> Result<Vec<u8>, Refusal> {
    let mut clients: Vec<(&str, Vec<&Policy>)> = Vec::new();
    let mut known = std::collections::HashMap::new();
    for policy in &world.cast.policies {
        for &client in &policy.clients {
            let at = *known.entry(client).or_insert_with(|| {
                clients.push((word(world, client), Vec::new()));
                clients.len() - 1
            });
            clients[at].1.push(policy);
        }
    }
    page(
        &clients,
        "/config/unique-policy-clients",
        Limits::up_to(5000),
        query,
        |(client, policies), out| {
            let mut element = Object::begin(out);
            element.string("type", "uniqueClient");
            element.string("id", client);
            let mut to = Object::begin(element.key("attributes"));
            to.string("hardware", "Linux");
            to.string("OS", "RedHat4.18.0");
            to.integer("priority", 0);
            to.string("clientInfoType", "HOST");
            array(to.key("policyTypes"), policies, |policy, out| {
                crate::json::string(out, config_type(word(world, policy.policy_type)));
            });
            array(to.key("policyNames"), policies, |policy, out| {
                crate::json::string(out, word(world, policy.name));
            });
            to.end();
            element.end();
        },
    )
}

/// `GET /config/paused-clients`: every fiftieth client.
pub(crate) fn paused(world: &World, now: i64, query: &Query) -> Result<Vec<u8>, Refusal> {
    let clients: Vec<Name> = world
        .cast
        .policies
        .iter()
        .flat_map(|policy| policy.clients.iter().copied())
        .step_by(50)
        .collect();
    page(
        &clients,
        "/config/paused-clients",
        Limits::up_to(100),
        query,
        |&client, out| {
            let name = word(world, client);
            let mut element = Object::begin(out);
            element.string("type", "pausedClient");
            element.string("id", name);
            let mut to = Object::begin(element.key("attributes"));
            to.string("clientUniqueIdentifier", name);
            to.string("displayName", name);
            to.time("blockedTime", now - 86_400_000);
            to.string("triggerMethod", "MANUAL");
            to.end();
            element.end();
        },
    )
}

fn head(element: &mut Object<'_>, world: &World, policy: &Policy) {
    element.string("type", config_type(word(world, policy.policy_type)));
    element.string("id", word(world, policy.name));
}

fn attributes(element: &mut Object<'_>, world: &World, policy: &Policy) {
    let mut to = Object::begin(element.key("attributes"));
    to.string("storage", word(world, policy.unit));
    to.string("volumePool", "NetBackup");
    to.string("mediaOwner", "*ANY*");
    to.boolean("active", policy.active);
    to.raw_members(r#""effectiveDateUTC":"2024-01-01T00:00:00Z","jobLimit":100,"priority":0,"autoManagedType":0"#);
    to.end();
}

fn page<T>(
    records: &[T],
    path: &str,
    limits: Limits,
    query: &Query,
    write: impl Fn(&T, &mut Vec<u8>),
) -> Result<Vec<u8>, Refusal> {
    let limit = limits.read(query)?;
    let offset = paging::offset(query)?;
    let mut body = Vec::new();
    let mut document = Object::begin(&mut body);
    let of_page = records.get(offset.min(records.len())..(offset + limit).min(records.len()));
    array(document.key("data"), of_page.unwrap_or_default(), write);
    paging::links(&mut document, path, &["self", "first", "last", "next"]);
    paging::offset_meta(&mut document, offset, limit, records.len());
    document.end();
    Ok(body)
}

fn array<T>(out: &mut Vec<u8>, items: &[T], write: impl Fn(&T, &mut Vec<u8>)) {
    out.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}

/// The configuration API has other words than the jobs API.
fn config_type(jobs_word: &str) -> &str {
    match jobs_word {
        "STANDARD" => "Standard",
        "WINDOWS_NT" => "MS-Windows",
        "VMWARE" => "VMware",
        "OBACKUP" => "Oracle",
        "SQL_SERVER" => "MS-SQL-Server",
        "NBU_CATALOG" => "NBU-Catalog",
        "HYPERV" => "Hyper-V",
        other => other,
    }
}

fn config_schedule(jobs_word: &str) -> &str {
    match jobs_word {
        "FULL_BACKUP" => "Full Backup",
        "DIFFERENTIAL_INCREMENTAL_BACKUP" => "Differential Incremental Backup",
        "CUMULATIVE_INCREMENTAL_BACKUP" => "Cumulative Incremental Backup",
        "AUTOMATIC_BACKUP" => "Automatic Backup",
        "APPLICATION_BACKUP" => "Application Backup",
        other => other,
    }
}

fn word(world: &World, name: Name) -> &str {
    world.names.word(name).map_or("", |word| word)
}
