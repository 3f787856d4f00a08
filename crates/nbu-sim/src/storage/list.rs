//! The three lists under `/storage`.

use std::cmp::Ordering;

use super::{DiskPool, Storage, StorageServer, StorageUnit};
use crate::{
    filter::{self, Attribute, Kind, Operators, Schema, Value},
    json::Object,
    paging::{self, Limits},
    query::Query,
    reply::Refusal,
};

/// `GET /storage/storage-units`.
pub(crate) fn units(storage: &Storage, query: &Query) -> Result<Vec<u8>, Refusal> {
    list(
        &storage.units,
        "/storage/storage-units",
        Limits::up_to(500),
        query,
    )
}

/// `GET /storage/disk-pools`.
pub(crate) fn pools(storage: &Storage, query: &Query) -> Result<Vec<u8>, Refusal> {
    list(
        &storage.pools,
        "/storage/disk-pools",
        Limits::up_to(500),
        query,
    )
}

/// `GET /storage/disk-pools/{id}`.
pub(crate) fn pool(storage: &Storage, id: &str) -> Result<Vec<u8>, Refusal> {
    let mut pools = storage.pools.iter();
    let pool = pools.find(|pool| pool.id == id).ok_or(Refusal::NotFound)?;
    let mut body = Vec::new();
    let mut document = Object::begin(&mut body);
    pool.write(document.key("data"));
    document.end();
    Ok(body)
}

/// `GET /storage/storage-servers`.
pub(crate) fn servers(storage: &Storage, query: &Query) -> Result<Vec<u8>, Refusal> {
    list(
        &storage.servers,
        "/storage/storage-servers",
        Limits::up_to(100),
        query,
    )
}

/// How a field of a record is read.
pub(crate) type Read<T> = fn(&T) -> Value<'_>;

/// One kind of record that is listed by offset.
pub(crate) trait Listed: 'static {
    const SCHEMA: &'static Schema<Read<Self>>;
    /// Whether the list tells how long it is.
    const META: bool = true;

    fn write(&self, out: &mut Vec<u8>);
}

/// One page of a list by offset.
pub(crate) fn list<T: Listed>(
    records: &[T],
    path: &str,
    limits: Limits,
    query: &Query,
) -> Result<Vec<u8>, Refusal> {
    let limit = limits.read(query)?;
    let offset = paging::offset(query)?;
    let filter = query
        .value("filter")
        .filter(|text| !text.is_empty())
        .map(|text| filter::parse(T::SCHEMA, text).map_err(Refusal::Filter))
        .transpose()?;
    let mut matching: Vec<&T> = records
        .iter()
        .filter(|record| {
            filter
                .as_ref()
                .is_none_or(|filter| filter.admits(&|read: Read<T>| read(record)))
        })
        .collect();
    if let Some(sort) = query.value("sort").filter(|text| !text.is_empty()) {
        let keys = filter::parse_sort(T::SCHEMA, sort).map_err(Refusal::Parameter)?;
        matching.sort_by(|a, b| {
            keys.iter()
                .map(|key| {
                    let order = (key.field)(a).order(&(key.field)(b));
                    if key.descending {
                        order.reverse()
                    } else {
                        order
                    }
                })
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        });
    }
    let mut body = Vec::with_capacity(1600 * limit.min(matching.len()) + 512);
    let mut document = Object::begin(&mut body);
    let data = document.key("data");
    data.push(b'[');
    for (index, record) in matching.iter().skip(offset).take(limit).enumerate() {
        if index > 0 {
            data.push(b',');
        }
        record.write(data);
    }
    data.push(b']');
    paging::links(&mut document, path, &["self", "first", "last", "next"]);
    if T::META {
        paging::offset_meta(&mut document, offset, limit, matching.len());
    }
    document.end();
    Ok(body)
}

pub(crate) const fn text<T>(
    name: &'static str,
    read: Read<T>,
    operators: Operators,
) -> Attribute<Read<T>> {
    Attribute {
        name,
        field: read,
        kind: Kind::Text,
        operators,
        sortable: true,
    }
}

const fn flag<T>(name: &'static str, read: Read<T>) -> Attribute<Read<T>> {
    Attribute {
        name,
        field: read,
        kind: Kind::Boolean,
        operators: Operators::EQ,
        sortable: true,
    }
}

const CATEGORY: Operators = Operators::EQ.and(Operators::CONTAINS).and(Operators::FOLD);

impl Listed for StorageUnit {
    const SCHEMA: &'static Schema<Read<Self>> = &[
        text("name", |unit| words(&unit.name), Operators::FULL),
        text("storageCategory", |unit| words(&unit.category), CATEGORY),
        text("storageType", |unit| words(&unit.storage_type), CATEGORY),
        flag("useWorm", |unit| Value::Boolean(unit.use_worm)),
        flag("accelerator", |unit| Value::Boolean(unit.accelerator)),
        flag("replicationCapable", |unit| {
            Value::Boolean(unit.replication)
        }),
        flag("instantAccessEnabled", |unit| {
            Value::Boolean(unit.instant_access)
        }),
        flag("isCloudSTU", |unit| Value::Boolean(unit.is_cloud)),
    ];

    fn write(&self, out: &mut Vec<u8>) {
        let tape = self.category == "TAPE";
        let mut element = Object::begin(out);
        head(&mut element, "storageUnit", "storage-units", &self.name);
        let mut to = Object::begin(element.key("attributes"));
        to.string("name", &self.name);
        to.string("storageType", &self.storage_type);
        to.string(
            "storageSubType",
            if tape { "Media Manager" } else { "Basic" },
        );
        to.string(
            "storageServerType",
            if self.category == "MSDP" {
                "PureDisk"
            } else {
                &self.category
            },
        );
        to.string("storageCategory", &self.category);
        to.unsigned(
            if tape {
                "maxConcurrentDrives"
            } else {
                "maxConcurrentJobs"
            },
            self.max_concurrent.into(),
        );
        if let Some(capacity) = self.capacity {
            to.unsigned("totalCapacityBytes", capacity.total);
            to.unsigned("usedCapacityBytes", capacity.used);
            to.unsigned("freeCapacityBytes", capacity.free);
        }
        to.boolean("useAnyAvailableMediaServer", true);
        to.boolean("accelerator", self.accelerator);
        to.boolean("replicationCapable", self.replication);
        to.boolean("replicationSourceCapable", self.replication);
        to.boolean("replicationTargetCapable", self.replication);
        to.boolean("instantAccessEnabled", self.instant_access);
        to.boolean("scaleOutEnabled", false);
        to.boolean("isCloudSTU", self.is_cloud);
        to.unsigned("maxFragmentSizeMegabytes", self.max_fragment_mib.into());
        to.boolean("onDemandOnly", self.on_demand_only);
        to.boolean("wormCapable", self.use_worm);
        to.boolean("useWorm", self.use_worm);
        to.raw_members(
            r#""mediaServerDetails":[{"name":"media01.example.com","operatingSystem":"linux","netbackupVersion":"10.5"}]"#,
        );
        if tape {
            to.raw_members(
                r#""robotType":"TLD","robotNumber":0,"density":"DHCART","multiplexing":1"#,
            );
        }
        to.end();
        match &self.pool {
            Some(pool) => relation(&mut element, "diskPool", "diskPool", pool, false),
            None => element.raw_members(r#""relationships":{}"#),
        }
        element.end();
    }
}

impl Listed for DiskPool {
    const SCHEMA: &'static Schema<Read<Self>> = &[
        text("name", |pool| words(&pool.name), Operators::FULL),
        text("sType", |pool| words(&pool.server_type), Operators::FULL),
        text("storageCategory", |pool| words(&pool.category), CATEGORY),
        flag("wormCapable", |_| Value::Boolean(false)),
    ];

    fn write(&self, out: &mut Vec<u8>) {
        let mut element = Object::begin(out);
        head(&mut element, "diskPool", "disk-pools", &self.id);
        let mut to = Object::begin(element.key("attributes"));
        to.string("name", &self.name);
        to.string("sType", &self.server_type);
        to.string("storageCategory", &self.category);
        let volumes = to.key("diskVolumes");
        volumes.push(b'[');
        for (index, volume) in self.volumes.iter().enumerate() {
            if index > 0 {
                volumes.push(b',');
            }
            let mut to = Object::begin(volumes);
            to.string("name", &volume.name);
            to.string("id", &volume.id);
            to.string("diskMediaId", &volume.id);
            to.string("state", &volume.state);
            if let Some((raw, free)) = volume.size {
                to.unsigned("rawSizeBytes", raw);
                to.unsigned("freeSizeBytes", free);
            }
            to.raw_members(concat!(
                r#""isReplicationSource":false,"isReplicationTarget":false,"#,
                r#""wormIndelibleMinimumInterval":0,"wormIndelibleMaximumInterval":0"#
            ));
            to.end();
        }
        volumes.push(b']');
        to.unsigned("highWaterMark", self.high_water_mark.into());
        to.unsigned("lowWaterMark", self.low_water_mark.into());
        to.raw_members(r#""maximumIoStreams":{"limitIoStreams":false}"#);
        to.string("diskPoolState", &self.state);
        if let Some(size) = self.size {
            to.unsigned("rawSizeBytes", size.raw);
            to.unsigned("usableSizeBytes", size.usable);
            to.unsigned("availableSpaceBytes", size.available);
            to.unsigned("usedCapacityBytes", size.used);
        }
        to.boolean("wormCapable", false);
        to.boolean("readOnly", self.read_only);
        to.raw_members(r#""diskPoolCapabilities":["ADMIN_UP","INTERNAL_UP","LIFE_CYCLE"],"mediaServersCount":1"#);
        to.end();
        relation(
            &mut element,
            "storageServers",
            "storageServer",
            &self.server,
            true,
        );
        element.end();
    }
}

impl Listed for StorageServer {
    const SCHEMA: &'static Schema<Read<Self>> = &[
        text("name", |server| words(&server.name), Operators::FULL),
        text(
            "sType",
            |server| words(&server.server_type),
            Operators::FULL,
        ),
        text(
            "storageCategory",
            |server| words(&server.category),
            CATEGORY,
        ),
        flag("isWormSupported", |_| Value::Boolean(false)),
    ];

    fn write(&self, out: &mut Vec<u8>) {
        let mut element = Object::begin(out);
        head(&mut element, "storageServer", "storage-servers", &self.id);
        let mut to = Object::begin(element.key("attributes"));
        to.string("name", &self.name);
        to.string("storageCategory", &self.category);
        to.string("sType", &self.server_type);
        to.string("storageServerState", &self.state);
        to.raw_members(concat!(
            r#""encryptionEnabled":false,"kmsEnabled":false,"isSnapshotSupported":false,"#,
            r#""isAcceleratorSupported":true,"isAIRSupported":true,"isWormSupported":false,"isUshareSupported":false,"#,
            r#""storageServerCapabilities":["OPEN_STORAGE","LIFE_CYCLE"],"storageUnits":[],"#,
            r#""additionalMediaServersDetails":[]"#
        ));
        if let Some(msdp) = self.msdp {
            let mut to = Object::begin(to.key("msdpAttributes"));
            to.raw_members(concat!(
                r#""storagePath":"/msdp","spaLogPath":"/msdp/log","deduplicationDBPath":"/msdp/db","#,
                r#""specificNetworkInterface":"","spaLogRetention":90,"verboseLevel":3,"replicationTargets":[],"#,
                r#""fipsEnabled":false"#
            ));
            let mut pool = Object::begin(to.key("storagePoolDetails"));
            pool.unsigned("rawSizeBytes", msdp.raw);
            pool.unsigned("reservedSpaceBytes", msdp.raw - msdp.size);
            pool.unsigned("sizeBytes", msdp.size);
            pool.unsigned("usedSpaceBytes", msdp.used);
            pool.unsigned("availableSpaceBytes", msdp.available);
            pool.end();
            to.unsigned("catalogLogicalSizeBytes", msdp.logical);
            to.unsigned("catalogFilesCount", msdp.files);
            to.tenths("deduplicationRatioPercentage", msdp.dedup_tenths);
            to.end();
        }
        to.end();
        element.end();
    }
}

fn words(text: &str) -> Value<'_> {
    Value::Text(text.into())
}

fn head(element: &mut Object<'_>, kind: &str, path: &str, id: &str) {
    let mut links = Object::begin(element.key("links"));
    let mut own = Object::begin(links.key("self"));
    own.string("href", &format!("/storage/{path}/{id}"));
    own.end();
    links.end();
    element.string("type", kind);
    element.string("id", id);
}

fn relation(element: &mut Object<'_>, name: &str, kind: &str, id: &str, many: bool) {
    let mut relations = Object::begin(element.key("relationships"));
    let mut relation = Object::begin(relations.key(name));
    relation.raw_members(r#""links":{"related":{"href":""}}"#);
    let data = relation.key("data");
    if many {
        data.push(b'[');
    }
    let mut target = Object::begin(data);
    target.string("type", kind);
    target.string("id", id);
    target.end();
    if many {
        data.push(b']');
    }
    relation.end();
    relations.end();
}
