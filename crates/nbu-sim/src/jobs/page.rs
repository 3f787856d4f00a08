//! One page of jobs.

use nbu_api::ApiVersion;

use super::{
    field::{Field, SCHEMA},
    record::{self, Form},
    walk::{self, Order, Part, Position, Selection, select},
};
use crate::{
    filter::{self, Expression, Kind, SortKey, Value},
    json::{self, Object},
    paging::{self, Limits},
    population::{job::Job, world::World},
    query::Query,
    reply::Refusal,
};

const LIMITS: Limits = Limits {
    default: 10,
    min: 0,
    max: 100,
};
/// Before the cursor scheme no largest page was declared; real primaries had one all the same.
const OFFSET_LIMITS: Limits = Limits {
    default: 10,
    min: 1,
    max: 1_000,
};

/// `GET /admin/jobs`: by cursor from API 9.0 on, by offset before.
pub(crate) fn list(world: &World, form: Form, query: &Query) -> Result<Vec<u8>, Refusal> {
    let filter = read_filter(query, form.version)?;
    let order = read_order(query)?;
    if form.version >= ApiVersion::V9_0 {
        by_cursor(world, form, query, filter.as_ref(), &order)
    } else {
        by_offset(world, form, query, filter.as_ref(), &order)
    }
}

fn by_cursor(
    world: &World,
    form: Form,
    query: &Query,
    filter: Option<&Expression<Field>>,
    order: &Order,
) -> Result<Vec<u8>, Refusal> {
    let limit = LIMITS.read(query)?;
    let position = |name| {
        query
            .value(name)
            .filter(|text| !text.is_empty())
            .map(|text| {
                read_cursor(order, text).ok_or_else(|| Refusal::Parameter(format!("{name}={text}")))
            })
            .transpose()
    };
    let (after, before) = (position("page[after]")?, position("page[before]")?);
    let (selection, backwards) = match (&before, &after) {
        (Some(before), None) => (
            select(world, form.now, filter, order, &Part::Before(before), limit),
            true,
        ),
        _ => (
            select(
                world,
                form.now,
                filter,
                order,
                &Part::After(after.as_ref()),
                limit,
            ),
            false,
        ),
    };
    let Selection { mut jobs, more } = selection;
    // With both ends given, the page ends at the second one or is truncated.
    let range_end = before
        .as_ref()
        .filter(|_| !backwards)
        .map(|before| before.id);
    let reached = range_end.and_then(|end| jobs.iter().position(|job| job.id == end));
    let more = more && reached.is_none();
    jobs.truncate(reached.unwrap_or(jobs.len()));
    let truncated = range_end.is_some() && more;
    let cursor = |job: &Job, out: &mut Vec<u8>| {
        write_cursor(out, &walk::position(world, form.now, order, job));
    };
    let mut body = Vec::with_capacity(2200 * jobs.len() + 512);
    let mut document = Object::begin(&mut body);
    data(document.key("data"), world, &jobs, form, cursor);
    let (next, prev) = if backwards {
        (!jobs.is_empty(), more)
    } else {
        (more, after.is_some())
    };
    let names: &[&str] = if next {
        &["self", "first", "next"]
    } else {
        &["self", "first"]
    };
    paging::links(&mut document, "/admin/jobs", names);
    let mut meta = Object::begin(document.key("meta"));
    let mut pagination = Object::begin(meta.key("pagination"));
    pagination.unsigned("limit", u64::try_from(limit).unwrap_or(0));
    for (name, job) in [
        ("next", jobs.last().filter(|_| next)),
        ("prev", jobs.first().filter(|_| prev)),
    ] {
        if let Some(job) = job {
            let out = pagination.key(name);
            out.push(b'"');
            cursor(job, out);
            out.push(b'"');
        }
    }
    if truncated {
        pagination.boolean("rangeTruncated", true);
    }
    pagination.end();
    meta.end();
    document.end();
    Ok(body)
}

fn by_offset(
    world: &World,
    form: Form,
    query: &Query,
    filter: Option<&Expression<Field>>,
    order: &Order,
) -> Result<Vec<u8>, Refusal> {
    let limit = OFFSET_LIMITS.read(query)?;
    let offset = paging::offset(query)?;
    let selection = select(world, form.now, filter, order, &Part::Skip(offset), limit);
    let count = walk::count(world, form.now, filter);
    let mut body = Vec::with_capacity(2200 * selection.jobs.len() + 512);
    let mut document = Object::begin(&mut body);
    data(
        document.key("data"),
        world,
        &selection.jobs,
        form,
        |_, _| (),
    );
    paging::links(
        &mut document,
        "/admin/jobs",
        &["self", "first", "last", "next"],
    );
    paging::offset_meta(&mut document, offset, limit, count);
    document.end();
    Ok(body)
}

fn data(
    out: &mut Vec<u8>,
    world: &World,
    jobs: &[&Job],
    form: Form,
    cursor: impl Fn(&Job, &mut Vec<u8>),
) {
    out.push(b'[');
    for (index, job) in jobs.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        record::write(out, &world.names, job, form, |out| cursor(job, out));
    }
    out.push(b']');
}

fn read_filter(query: &Query, version: ApiVersion) -> Result<Option<Expression<Field>>, Refusal> {
    let Some(text) = query.value("filter").filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    // The 8.3 documents do not list it, and later ones do.
    if version < ApiVersion::V9_0 && text.contains("lastUpdateTime") {
        return Err(Refusal::Filter(
            "'lastUpdateTime' cannot be filtered".to_owned(),
        ));
    }
    filter::parse(SCHEMA, text)
        .map(Some)
        .map_err(Refusal::Filter)
}

fn read_order(query: &Query) -> Result<Order, Refusal> {
    let text = query
        .value("sort")
        .filter(|text| !text.is_empty())
        .unwrap_or("-startTime,jobId");
    let keys = filter::parse_sort(SCHEMA, text).map_err(Refusal::Parameter)?;
    Ok(match keys.as_slice() {
        [
            SortKey {
                field: Field::JobId,
                descending,
            },
            ..,
        ] => Order::Id {
            descending: *descending,
        },
        _ => Order::Keys(keys),
    })
}

/// `key:…:jobId`, the values of the sort keys; just the id where the sort is by id.
fn write_cursor(out: &mut Vec<u8>, position: &Position) {
    for key in &position.keys {
        match key {
            Value::Integer(n) => json::integer(out, *n),
            Value::Number(n) => out.extend_from_slice(n.to_string().as_bytes()),
            Value::Text(text) => out.extend(
                text.bytes()
                    .flat_map(|byte| [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]),
            ),
            Value::Boolean(_) | Value::Absent => {}
        }
        out.push(b':');
    }
    json::unsigned(out, position.id);
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn read_cursor(order: &Order, text: &str) -> Option<Position> {
    let mut parts = text.split(':');
    let keys = match order {
        Order::Id { .. } => Vec::new(),
        Order::Keys(keys) => keys
            .iter()
            .map(|key| read_key(key.field, parts.next()?))
            .collect::<Option<_>>()?,
    };
    let id = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some(Position { keys, id })
}

fn read_key(field: Field, text: &str) -> Option<Value<'static>> {
    if text.is_empty() {
        return Some(Value::Absent);
    }
    let kind = SCHEMA
        .iter()
        .find(|attribute| attribute.field == field)?
        .kind;
    match kind {
        Kind::Integer | Kind::Time => text.parse().ok().map(Value::Integer),
        Kind::Number => text.parse().ok().map(Value::Number),
        Kind::Text | Kind::Boolean => {
            let bytes: Option<Vec<u8>> = (0..text.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
                .collect();
            Some(Value::Text(String::from_utf8(bytes?).ok()?.into()))
        }
    }
}
