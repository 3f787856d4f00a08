//! A page of storage units, disk pools or storage servers, as any bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nbu_api::{DiskPool, StorageServer, StorageUnit, fold_page};

fuzz_target!(|body: &[u8]| {
    let mut visited = 0;
    let units = fold_page::<StorageUnit<'_>>(body, |unit| {
        visited += 1;
        let _ = (unit.capacity(), format!("{unit:?}"));
    });
    if let Ok(info) = units {
        assert_eq!(info.records, visited);
    }
    let _ = fold_page::<DiskPool<'_>>(body, |pool| {
        let _ = (pool.capacity(), pool.sum_of_volumes(), format!("{pool:?}"));
        for volume in &pool.volumes {
            let _ = pool.volume_capacity(volume);
        }
    });
    let _ = fold_page::<StorageServer<'_>>(body, |server| {
        let _ = format!("{server:?}");
    });
});
