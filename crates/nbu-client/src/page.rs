//! One page of a list, or one object, as the primary sent it.

use bytes::Bytes;
use http::header::DATE;
use jiff::Timestamp;
use nbu_api::{
    ApiVersion, DecodeError, Job, Mismatches, Object, PageInfo, Record, fold_page, read_object,
};

use crate::Error;
use crate::client::{Answered, Ask, Shared};
use crate::observer::Event;
use crate::retry::http_date;
use crate::sync::{Arc, Mutex, lock};

/// A complete answer, not read yet. It holds the body, no permit and no connection; it may be moved to another thread.
pub struct Page {
    shared: Arc<Shared>,
    ask: Ask,
    request_id: String,
    date: Option<Timestamp>,
    body: Bytes,
    /// Shared with the walk that handed the page out, which goes on from what is found here.
    reading: Arc<Mutex<Reading>>,
}

/// What reading the page brought to light.
#[derive(Debug, Clone)]
pub(crate) enum Reading {
    /// Nobody has read it.
    Unread,
    /// It was read to its end.
    Read(PageInfo),
    /// It cannot be read, or must not be.
    Failed(Error),
}

impl Page {
    pub(crate) fn new(shared: Arc<Shared>, ask: Ask, answered: Answered) -> Self {
        let date = answered.answer.header(DATE).and_then(http_date);
        let Answered {
            request_id, answer, ..
        } = answered;
        Self {
            shared,
            ask,
            request_id,
            date,
            body: answer.body,
            reading: Arc::new(Mutex::new(Reading::Unread)),
        }
    }

    /// Hands each record to `visit`, in order and borrowing from the page, and tells what the page says about itself.
    ///
    /// Records that cannot be read are skipped, values that cannot be used are read as absent; both are counted and reported to the
    /// observer. A page that is broken further down
    /// gives [`Error::Decode`] after the records before that place have been visited; so does a page of more than
    /// [`records_per_page`](crate::Limits::records_per_page) records, as [`Error::Limit`].
    pub fn fold<R: Record>(&self, visit: impl FnMut(R::Of<'_>)) -> Result<PageInfo, Error> {
        let outcome = self.read::<R>(visit).and_then(|info| {
            self.report(&info);
            self.bounded(info)
        });
        *lock(&self.reading) = match &outcome {
            Ok(info) => Reading::Read(info.clone()),
            Err(error) => Reading::Failed(error.clone()),
        };
        outcome
    }

    /// The page as one object. Values that cannot be used are reported to the observer.
    pub fn object<'a, T: Object<'a>>(&'a self) -> Result<T, Error> {
        let (object, unusable) = read_object(&self.body).map_err(|error| self.broken(error))?;
        self.report_unusable(&unusable);
        Ok(object)
    }

    /// The body, decompressed.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The API version it was asked for in.
    pub fn version(&self) -> Option<ApiVersion> {
        self.ask.version
    }

    /// The primary's clock when it answered, in seconds (`Date`).
    pub fn date(&self) -> Option<Timestamp> {
        self.date
    }

    /// `X-Request-ID` of the attempt that brought it.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// A second handle on the same page, for the walk.
    pub(crate) fn alias(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            ask: self.ask.clone(),
            request_id: self.request_id.clone(),
            date: self.date,
            body: self.body.clone(),
            reading: Arc::clone(&self.reading),
        }
    }

    pub(crate) fn ask(&self) -> &Ask {
        &self.ask
    }

    /// What reading it brought to light. If nobody has read it, what stands around the records is read now, and nothing is
    /// reported: of which kind the records are, and so which are fit to be read, only their reader knows.
    pub(crate) fn reading_or_survey(&self) -> Reading {
        let reading = lock(&self.reading).clone();
        if !matches!(reading, Reading::Unread) {
            return reading;
        }
        match self
            .read::<Job<'_>>(|_| {})
            .and_then(|info| self.bounded(info))
        {
            Ok(info) => Reading::Read(info),
            Err(error) => Reading::Failed(error),
        }
    }

    fn read<R: Record>(&self, visit: impl FnMut(R::Of<'_>)) -> Result<PageInfo, Error> {
        fold_page::<R>(&self.body, visit).map_err(|error| self.broken(error))
    }

    fn report(&self, info: &PageInfo) {
        for (reason, count) in info.skipped.iter() {
            self.shared.ears.hear(&Event::RecordsSkipped {
                endpoint: self.ask.endpoint.name,
                reason: reason.as_str(),
                count: u64::from(count),
            });
        }
        self.report_unusable(&info.mismatches);
    }

    fn report_unusable(&self, unusable: &Mismatches) {
        for (field, count) in unusable.iter() {
            self.shared.ears.hear(&Event::FieldsUnusable {
                endpoint: self.ask.endpoint.name,
                field,
                count: u64::from(count),
            });
        }
    }

    fn bounded(&self, info: PageInfo) -> Result<PageInfo, Error> {
        let allowed = self.shared.limits.records_per_page;
        if info.elements() > allowed {
            let call = self.ask.call(&self.shared, Some(&self.request_id));
            return Err(Error::Limit {
                call,
                limit: "records_per_page",
                allowed: u64::from(allowed),
            });
        }
        Ok(info)
    }

    fn broken(&self, error: DecodeError) -> Error {
        Error::Decode {
            call: self.ask.call(&self.shared, Some(&self.request_id)),
            source: Arc::new(error),
        }
    }
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Page")
            .field("endpoint", &self.ask.endpoint.name)
            .field("version", &self.ask.version)
            .field("request_id", &self.request_id)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
