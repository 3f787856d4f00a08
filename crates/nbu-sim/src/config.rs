//! `/config`: policies, the clients they name, and clients that are paused.

use std::collections::BTreeMap;

use crate::{
    configuration::{Configuration, DetailAnswer, Policy, Rhythm, Schedule},
    filter::{Operators, Schema, Value},
    json::{self, Object},
    paging::Limits,
    query::Query,
    reply::Refusal,
    storage::{Listed, Read, list, text},
};

/// A client and what names it.
struct Client {
    name: String,
    kind: String,
    types: Vec<String>,
    policies: Vec<String>,
}

/// `GET /config/policies/`.
pub(crate) fn policies(configuration: &Configuration, query: &Query) -> Result<Vec<u8>, Refusal> {
    let mut policies = configuration.policies.clone();
    policies.sort_by(|one, other| one.name.cmp(&other.name));
    list(&policies, "/config/policies/", Limits::up_to(500), query)
}

/// `GET /config/policies/{name}`: with schedules and clients, under an attribute that is named after the type.
pub(crate) fn policy(
    configuration: &Configuration,
    name: &str,
    generic: bool,
) -> Result<Vec<u8>, Refusal> {
    let policy = configuration
        .policies
        .iter()
        .find(|policy| policy.name == name)
        .ok_or(Refusal::NotFound)?;
    match policy.detail {
        DetailAnswer::Refused(status) => return Err(Refusal::Scripted(status)),
        DetailAnswer::OnlyGeneric(status) if !generic => return Err(Refusal::Scripted(status)),
        DetailAnswer::Garbage => return Ok(b"{\"data\":".to_vec()),
        DetailAnswer::OnlyGeneric(_) | DetailAnswer::Told => {}
    }
    let mut body = Vec::new();
    let mut document = Object::begin(&mut body);
    let mut data = Object::begin(document.key("data"));
    data.string("type", "policy");
    data.string("id", name);
    let mut outer = Object::begin(data.key("attributes"));
    let of_type = attribute(&policy.policy_type);
    let mut to = Object::begin(outer.key(if generic { "policyGeneric" } else { of_type }));
    to.string("policyName", name);
    to.string("policyType", config_type(&policy.policy_type));
    let mut of_policy = Object::begin(to.key("policyAttributes"));
    of_policy.boolean("active", policy.active);
    of_policy.string("storage", &policy.storage);
    of_policy.end();
    array(to.key("clients"), &policy.clients, |client, out| {
        let mut to = Object::begin(out);
        to.string("hostName", client);
        to.string("OS", "RedHat4.18.0");
        to.string("hardware", "Linux");
        to.end();
    });
    array(to.key("schedules"), &policy.schedules, schedule);
    to.end();
    outer.end();
    data.end();
    document.end();
    Ok(body)
}

fn schedule(schedule: &Schedule, out: &mut Vec<u8>) {
    let mut to = Object::begin(out);
    to.string("scheduleName", &schedule.name);
    to.string("backupType", config_schedule(&schedule.schedule_type));
    match &schedule.rhythm {
        Rhythm::Every(seconds) => {
            to.string("scheduleType", "Frequency");
            to.unsigned("frequencySeconds", *seconds);
        }
        Rhythm::DaysOfWeek(days) => {
            to.string("scheduleType", "Calendar");
            let mut include = Object::begin(to.key("includeDates"));
            include.raw_members(
                r#""lastDayOfMonth":false,"recurringDaysOfMonth":[],"specificDates":[]"#,
            );
            array(include.key("recurringDaysOfWeek"), days, |day, out| {
                json::string(out, day);
            });
            include.end();
        }
    }
    to.boolean("storageIsSLP", false);
    to.boolean("snapshotOnly", false);
    let days: Vec<u64> = (1..=7).collect();
    array(to.key("startWindow"), &days, |day, out| {
        let mut to = Object::begin(out);
        to.unsigned("dayOfWeek", *day);
        to.unsigned("startSeconds", 64_800);
        to.unsigned("durationSeconds", 43_200);
        to.end();
    });
    to.end();
}

/// `GET /config/unique-policy-clients`.
pub(crate) fn clients(configuration: &Configuration, query: &Query) -> Result<Vec<u8>, Refusal> {
    let mut clients: BTreeMap<&str, Vec<&Policy>> = BTreeMap::new();
    for policy in &configuration.policies {
        for client in &policy.clients {
            clients.entry(client).or_default().push(policy);
        }
    }
    let clients: Vec<Client> = clients
        .into_iter()
        .map(|(name, policies)| Client::of(name, &policies))
        .collect();
    list(
        &clients,
        "/config/unique-policy-clients",
        Limits::up_to(5000),
        query,
    )
}

/// A paused client, and since when.
struct Paused {
    name: String,
    since: i64,
}

/// `GET /config/paused-clients`. Of this list the documents declare no page information.
pub(crate) fn paused(
    configuration: &Configuration,
    now: i64,
    query: &Query,
) -> Result<Vec<u8>, Refusal> {
    let since = now - 86_400_000;
    let names = configuration.paused.iter().cloned();
    let paused: Vec<Paused> = names.map(|name| Paused { name, since }).collect();
    list(&paused, "/config/paused-clients", Limits::up_to(100), query)
}

impl Client {
    fn of(name: &str, policies: &[&Policy]) -> Self {
        let mut types: Vec<&str> = policies
            .iter()
            .map(|policy| config_type(&policy.policy_type))
            .collect();
        types.dedup();
        Self {
            name: name.to_owned(),
            kind: policies
                .first()
                .map_or_else(|| "HOST".to_owned(), |policy| policy.client_kind.clone()),
            types: types.into_iter().map(str::to_owned).collect(),
            policies: policies.iter().map(|policy| policy.name.clone()).collect(),
        }
    }
}

impl Listed for Policy {
    const SCHEMA: &'static Schema<Read<Self>> = &[
        text(
            "policyName",
            |policy| words(&policy.name),
            Operators::CONTAINS,
        ),
        text(
            "policyType",
            |policy| words(config_type(&policy.policy_type)),
            Operators::CONTAINS,
        ),
        text(
            "storage",
            |policy| words(&policy.storage),
            Operators::CONTAINS,
        ),
    ];

    fn write(&self, out: &mut Vec<u8>) {
        let mut element = Object::begin(out);
        element.string("type", config_type(&self.policy_type));
        element.string("id", &self.name);
        let mut to = Object::begin(element.key("attributes"));
        to.string("storage", &self.storage);
        to.string("volumePool", "NetBackup");
        to.string("mediaOwner", "*ANY*");
        to.boolean("active", self.active);
        to.integer("generationId", self.generation);
        to.raw_members(
            r#""effectiveDateUTC":"2024-01-01T00:00:00Z","jobLimit":100,"priority":0,"autoManagedType":0,"storageIsSLP":false"#,
        );
        to.end();
        element.end();
    }
}

impl Listed for Client {
    const SCHEMA: &'static Schema<Read<Self>> =
        &[text("id", |client| words(&client.name), Operators::TEXT)];

    fn write(&self, out: &mut Vec<u8>) {
        let mut element = Object::begin(out);
        element.string("type", "uniqueClient");
        element.string("id", &self.name);
        let mut to = Object::begin(element.key("attributes"));
        to.string("hardware", "Linux");
        to.string("OS", "RedHat4.18.0");
        to.integer("priority", 0);
        to.string("clientInfoType", &self.kind);
        array(to.key("policyTypes"), &self.types, |kind, out| {
            json::string(out, kind);
        });
        array(to.key("policyNames"), &self.policies, |policy, out| {
            json::string(out, policy);
        });
        to.end();
        element.end();
    }
}

impl Listed for Paused {
    const SCHEMA: &'static Schema<Read<Self>> = &[
        text(
            "clientUniqueIdentifier",
            |client| words(&client.name),
            Operators::EQ,
        ),
        text("displayName", |client| words(&client.name), Operators::EQ),
    ];
    const META: bool = false;

    fn write(&self, out: &mut Vec<u8>) {
        let mut element = Object::begin(out);
        element.string("type", "pausedClient");
        element.string("id", &self.name);
        let mut to = Object::begin(element.key("attributes"));
        to.string("clientUniqueIdentifier", &self.name);
        to.string("displayName", &self.name);
        to.time("blockedTime", self.since);
        to.string("triggerMethod", "MANUAL");
        to.end();
        element.end();
    }
}

fn words(text: &str) -> Value<'_> {
    Value::Text(text.into())
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
pub(crate) fn config_type(jobs_word: &str) -> &str {
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

/// The attribute under which a policy of this type keeps everything.
fn attribute(jobs_word: &str) -> &'static str {
    match jobs_word {
        "STANDARD" => "policyStandard",
        "WINDOWS_NT" => "policyWindows",
        "VMWARE" => "policyVMware",
        "OBACKUP" => "policyOracle",
        "SQL_SERVER" => "policySQLServer",
        "NBU_CATALOG" => "policyNBUCatalog",
        "HYPERV" => "policyHyperV",
        "NDMP" => "policyNDMP",
        _ => "policyGeneric",
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
