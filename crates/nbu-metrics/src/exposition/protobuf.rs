//! Prometheus protobuf: each family behind its length, with classic and native buckets.

use std::sync::Arc;

use prometheus_client::encoding::prometheus_protobuf::{EncodeError, encode_to_vec};

use super::bridge::registry;
use crate::snapshot::Snapshot;

pub(super) fn render(snapshots: &[Arc<Snapshot>]) -> Result<Vec<u8>, EncodeError> {
    encode_to_vec(&registry(snapshots))
}
