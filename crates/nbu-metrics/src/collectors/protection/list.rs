//! A list that is read to its end, and whether that was all of it.

use nbu_api::{Endpoint, Query, Record};
use nbu_client::{Client, Error};

/// Hands every record of a list to `visit`, some perhaps twice. `false` if some may be missing: records that cannot be read,
/// or a list whose length changed while it was read by offsets, so that one may have slipped from one page to another.
pub(super) async fn read<R: Record>(
    client: &Client,
    endpoint: &'static Endpoint,
    query: Query,
    mut visit: impl FnMut(R::Of<'_>) + Send,
) -> Result<bool, Error> {
    let mut walk = client.walk(endpoint, query);
    let (mut is_complete, mut length) = (true, None);
    while let Some(page) = walk.next_page().await {
        match page?.fold::<R>(&mut visit) {
            Ok(info) => {
                is_complete &= info.skipped.total() == 0;
                is_complete &= length.is_none() || info.count.is_none() || length == info.count;
                length = info.count.or(length);
            }
            // The next page is this one again, or the error.
            Err(Error::Decode { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(is_complete)
}
