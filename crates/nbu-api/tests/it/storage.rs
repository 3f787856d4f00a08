//! Storage units, disk pools, storage servers and what is said about the primary itself.

use nbu_api::{
    AuthorizationContext, Capacity, DecodeError, DiskPool, ServerInfo, StorageCategory,
    StorageServer, StorageUnit, UpDown, VolumeSum, decode_object, fold_page,
};

const UNITS: &[u8] = br#"{"data":[
    {"type":"storageUnit","id":"stu-msdp","attributes":{"name":"stu-msdp","storageCategory":"MSDP","isCloudSTU":false,
     "totalCapacityBytes":109951162777600,"freeCapacityBytes":"9","maxConcurrentJobs":50,"useWorm":"true"},
     "relationships":{"diskPool":{"data":{"type":"diskPool","id":"PureDisk:dp1"}}}},
    {"type":"storageUnit","id":"stu-cloud","attributes":{"storageCategory":"CLOUD","totalCapacityBytes":8796093022207,"freeCapacityBytes":0}},
    {"type":"storageUnit","id":"stu-cc","attributes":{"storageCategory":"CLOUD_CATALYST","usedCapacityBytes":1}},
    {"type":"storageUnit","id":"stu-flag","attributes":{"storageCategory":"OPEN_STORAGE","isCloudSTU":1,"usedCapacityBytes":1}},
    {"type":"storageUnit","id":"stu-tape","attributes":{"storageCategory":"TAPE","maxConcurrentDrives":4}},
    {"type":"storageUnit","id":"stu-new","attributes":{"storageCategory":"HOLOGRAM"}}
]}"#;

#[test]
fn a_cloud_unit_s_capacity_does_not_apply() {
    let mut units = Vec::new();
    fold_page::<StorageUnit<'_>>(UNITS, |unit| {
        let pool = unit.disk_pool.as_deref().map(str::to_owned);
        units.push((
            unit.name.clone().unwrap().into_owned(),
            unit.capacity(),
            pool,
        ));
    })
    .unwrap();
    let msdp = Capacity {
        total: Some(109_951_162_777_600),
        free: Some(9),
        used: None,
    };
    assert_eq!(
        units,
        [
            (
                "stu-msdp".to_owned(),
                Some(msdp),
                Some("PureDisk:dp1".to_owned())
            ),
            ("stu-cloud".to_owned(), None, None),
            ("stu-cc".to_owned(), None, None),
            ("stu-flag".to_owned(), None, None),
            ("stu-tape".to_owned(), None, None),
            ("stu-new".to_owned(), Some(Capacity::default()), None),
        ]
    );
}

#[test]
fn without_a_category_the_types_tell_what_has_no_capacity() {
    let has_capacity = |attributes: &str| {
        let body = format!(
            r#"{{"data":[{{"id":"u","attributes":{{"totalCapacityBytes":7,"freeCapacityBytes":7,{attributes}}}}}]}}"#
        );
        let mut has = false;
        fold_page::<StorageUnit<'_>>(body.as_bytes(), |unit| has = unit.capacity().is_some())
            .unwrap();
        has
    };
    for meaningless in [
        r#""storageType":"Tape""#,
        r#""storageType":"TAPE","storageCategory":null"#,
        r#""storageType":"Media Manager""#,
        r#""storageType":"MEDIA_MANAGER""#,
        r#""storageType":"NDMP""#,
        r#""storageType":"Cloud""#,
        r#""storageType":"CLOUD_CATALYST""#,
        r#""storageType":"Disk","storageSubType":"CloudCatalyst""#,
        r#""storageType":"DISK","storageServerType":"amazon_raw""#,
        r#""storageServerType":"azure_cryptc""#,
        r#""storageServerType":"hitachi_rawc""#,
        r#""storageServerType":"swiftstack_crypt""#,
        r#""storageServerType":"Google_Nearline""#,
        r#""storageServerType":"s3""#,
        r#""storageServerType":"PureDisk_amazon_raw""#,
        r#""storageCategory":"OF_TOMORROW","storageServerType":"amazon_raw""#,
        r#""storageType":"Disk","isCloudSTU":true"#,
    ] {
        assert!(!has_capacity(meaningless), "{meaningless}");
    }
    for meaningful in [
        r#""storageType":"Disk""#,
        r#""storageType":"DISK","storageServerType":"PureDisk""#,
        r#""storageServerType":"AdvancedDisk""#,
        r#""storageServerType":"DataDomain""#,
        r#""storageCategory":"MSDP","storageServerType":"amazon_raw""#,
        r#""storageCategory":"of tomorrow""#,
    ] {
        assert!(has_capacity(meaningful), "{meaningful}");
    }
}

#[test]
fn a_pool_tells_its_totals_under_more_than_one_name() {
    let read = |attributes: &str| {
        let body = format!(r#"{{"data":[{{"id":"p","attributes":{{{attributes}}}}}]}}"#);
        let mut read = None;
        fold_page::<DiskPool<'_>>(body.as_bytes(), |pool| {
            read = Some((pool.capacity(), pool.sum_of_volumes()));
        })
        .unwrap();
        read.unwrap()
    };
    let all = Capacity {
        total: Some(10),
        free: Some(4),
        used: Some(6),
    };
    for names in [
        [
            "usableSizeBytes",
            "availableSpaceBytes",
            "usedCapacityBytes",
        ],
        [
            "totalCapacityBytes",
            "freeCapacityBytes",
            "usedCapacityBytes",
        ],
        ["sizeBytes", "freeSizeBytes", "usedSpaceBytes"],
    ] {
        let [total, free, used] = names;
        let (capacity, _) = read(&format!(r#""{total}":10,"{free}":4,"{used}":6"#));
        assert_eq!(capacity, Some(all), "{names:?}");
    }
    let volumes = r#""diskVolumes":[{"rawSizeBytes":5,"freeSizeBytes":2},{"rawSizeBytes":7,"freeSizeBytes":-1}]"#;
    let sum = VolumeSum {
        raw: Some(12),
        free: None,
    };
    assert_eq!(read(volumes), (Some(Capacity::default()), Some(sum)));
    let none = Some(VolumeSum::default());
    assert_eq!(read(r#""diskVolumes":[]"#).1, none);
    for without in [
        r#""sType":"amazon_raw""#,
        r#""storageCategory":"CLOUD""#,
        r#""sType":"Tape""#,
        r#""storageCategory":"TAPE""#,
    ] {
        let pool = format!(r#"{volumes},"usableSizeBytes":9,{without}"#);
        assert_eq!(read(&pool), (None, None), "{without}");
    }
}

#[test]
fn units_have_jobs_or_drives() {
    let mut limits = Vec::new();
    fold_page::<StorageUnit<'_>>(UNITS, |unit| {
        limits.push((
            unit.max_concurrent_jobs,
            unit.max_concurrent_drives,
            unit.use_worm,
        ));
    })
    .unwrap();
    assert_eq!(limits[0], (Some(50), None, Some(true)));
    assert_eq!(limits[4], (None, Some(4), None));
}

#[test]
fn a_pool_keeps_its_good_volumes() {
    let body = br#"{"data":[{"id":"PureDisk:dp1","attributes":{"name":"dp1","sType":"PureDisk","storageCategory":"MSDP",
        "diskPoolState":"UP","usableSizeBytes":100,"availableSpaceBytes":40,"usedCapacityBytes":60,"highWaterMark":98,
        "maximumIoStreams":{"limitIoStreams":true,"streamsPerVolume":30},
        "diskVolumes":[{"name":"PureDiskVolume","id":"v1","state":"DOWN","rawSizeBytes":100,"freeSizeBytes":30},7,null,{"state":"MOVING"}]}},
        {"id":"cloud","attributes":{"storageCategory":"CLOUD","usableSizeBytes":5,"diskVolumes":{"no":"list"},
        "maximumIoStreams":{"limitIoStreams":false,"streamsPerVolume":2}}}]}"#;
    let mut seen = 0;
    let page = fold_page::<DiskPool<'_>>(body, |pool| {
        seen += 1;
        let streams = pool.maximum_io_streams.as_ref().unwrap().limit();
        if pool.name.as_deref() == Some("dp1") {
            assert_eq!(pool.id.as_deref(), Some("PureDisk:dp1"));
            assert!(pool.state.as_ref().is_some_and(UpDown::is_up));
            assert_eq!(streams, Some(30));
            assert_eq!(pool.volumes.len(), 2);
            assert_eq!(pool.volumes[0].state, Some(UpDown::Down));
            assert_eq!(pool.volumes[1].state, Some(UpDown::Other("MOVING".into())));
            let volume = pool.volume_capacity(&pool.volumes[0]).unwrap();
            assert_eq!(volume.used, Some(70));
            assert_eq!(pool.capacity().unwrap().free, Some(40));
        } else {
            assert_eq!(
                (pool.capacity(), streams, pool.volumes.len()),
                (None, None, 0)
            );
        }
    })
    .unwrap();
    assert_eq!(
        (seen, page.mismatches.count(), page.mismatches.first()),
        (2, 2, Some("diskVolumes"))
    );
}

#[test]
fn a_ratio_that_is_not_told_is_absent() {
    let body = br#"{"data":[{"id":"PureDisk:media1.example.com","attributes":{"storageServerState":"UP","storageCategory":"MSDP",
        "msdpAttributes":{"deduplicationRatioPercentage":97.25,"catalogLogicalSizeBytes":9007199254740993,
        "storagePoolDetails":{"sizeBytes":10,"usedSpaceBytes":"4"}}}},
        {"id":"b","attributes":{"name":"b","msdpAttributes":{"storagePoolDetails":null}}},{"id":"c","attributes":{"msdpAttributes":null}}]}"#;
    let mut servers = Vec::new();
    let page = fold_page::<StorageServer<'_>>(body, |server| {
        let category = server.category.map(StorageCategory::into_owned);
        servers.push((category, server.msdp));
    })
    .unwrap();
    assert_eq!(page.mismatches.count(), 0);
    let msdp = servers[0].1.clone().unwrap();
    assert_eq!(servers[0].0, Some(StorageCategory::Msdp));
    assert_eq!(msdp.deduplication_ratio, Some(97.25));
    assert_eq!(msdp.catalog_logical_size_bytes, Some(9_007_199_254_740_993));
    assert_eq!(msdp.storage_pool.unwrap().used_space_bytes, Some(4));
    assert_eq!(servers[1].1.clone().unwrap().deduplication_ratio, None);
    assert_eq!(servers[2].1, None);
}

#[test]
fn what_a_primary_says_about_itself() {
    let info: ServerInfo<'_> =
        decode_object(br#"{"serverName":"primary.example.com","nbuVersion":"11.2","nbuKeySize":2048,"freezeModeEnabled":false,"new":[]}"#)
            .unwrap();
    assert_eq!(
        (info.nbu_version.as_deref(), info.freeze_mode),
        (Some("11.2"), Some(false))
    );
    assert!(matches!(
        decode_object::<ServerInfo<'_>>(b"[]"),
        Err(DecodeError::NotAnObject)
    ));
    assert!(matches!(
        decode_object::<ServerInfo<'_>>(b"{"),
        Err(DecodeError::Syntax(_))
    ));
}

#[test]
fn who_the_credential_is_without_its_token() {
    let body = br#"{"data":{"type":"x","id":"1","attributes":{"subject":"vx:backup:example.com","authToken":"secret-token",
        "isAdmin":false,"isMachine":true,"expireDate":"2027-01-01T00:00:00.000Z"}}}"#;
    let context: AuthorizationContext<'_> = decode_object(body).unwrap();
    assert_eq!(
        (context.is_admin, context.is_machine),
        (Some(false), Some(true))
    );
    assert_eq!(
        context.expires_at.unwrap().to_string(),
        "2027-01-01T00:00:00Z"
    );
    assert!(!format!("{context:?}").contains("secret-token"));
    assert!(matches!(
        decode_object::<AuthorizationContext<'_>>(b"{}"),
        Err(DecodeError::NoData)
    ));
}

#[test]
fn whether_the_credential_sees_everything_is_told_by_its_grants() {
    let sees = |attributes: &str| {
        let body = format!(r#"{{"data":{{"attributes":{{{attributes}}}}}}}"#);
        let context: AuthorizationContext<'_> = decode_object(body.as_bytes()).unwrap();
        context.sees_all("|MANAGE|JOBS|")
    };
    let granted = |operation: &str, namespace: &str| {
        sees(&format!(
            r#""permissions":[{{"permission":"{operation}","collections":["|X|","{namespace}"]}},7,{{"permission":null}}]"#
        ))
    };
    for namespace in ["|MANAGE|JOBS|", "|MANAGE|", "|"] {
        assert_eq!(
            granted("|OPERATIONS|VIEW|", namespace),
            Some(true),
            "{namespace}"
        );
    }
    for namespace in ["|MANAGE|JOBS|X|", "|MANAGE|JO", "|STORAGE|", ""] {
        assert_eq!(
            granted("|OPERATIONS|VIEW|", namespace),
            Some(false),
            "{namespace}"
        );
    }
    let some = granted("|OPERATIONS|MANAGE|JOBS|VIEW|", "|MANAGE|JOBS|");
    assert_eq!(some, Some(false), "of some jobs only");
    assert_eq!(sees(r#""isAdmin":true"#), Some(true));
    for untold in [
        "",
        r#""permissions":[]"#,
        r#""permissions":null"#,
        r#""permissions":[{"permission":"|MANAGE|JOBS|"}]"#,
    ] {
        assert_eq!(sees(untold), None, "{untold}");
    }
}
