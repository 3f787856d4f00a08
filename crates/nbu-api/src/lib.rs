//! The NetBackup REST API on the wire: its versions, endpoints, filters, pages and models.
//!
//! A primary server of NetBackup 8.3 to 11.2 answers JSON whose details change from release to release
//! and whose documents do not tell all of it. This crate knows those details and turns them into types:
//!
//! * [`ApiVersion`] and [`Detection`]: which version a primary speaks, and how to find out.
//! * [`Endpoint`] and [`endpoint`]: one table of what can be asked, with paging, limits and permissions.
//! * [`Filter`](filter), [`Query`] and [`Pagination`]: how to ask, and how to know when all was seen.
//! * [`fold_page`]: reads a page record by record ([`Job`], [`StorageUnit`], [`DiskPool`], [`StorageServer`],
//!   [`Policy`], [`PolicyClient`], [`PausedClient`], [`Image`]), borrowing from the body. What cannot be read is skipped and counted; it never loses the page.
//! * [`decode_object`], [`parse_ping`], [`StatusText`], [`ErrorBody`]: answers that are no lists.
//!
//! ```
//! use nbu_api::{Job, JobState, PageInfo, Pagination, Query, endpoint, filter::job, fold_page};
//!
//! let primary = "12.0".parse()?;
//! let walk = Pagination::new(endpoint::JOBS.paging(primary), endpoint::JOBS.page_limit, 20_000);
//! let query = Query::new().filter(&job::STATE.ne(JobState::Done)).sort("jobId").with_all(walk.parameters());
//! let mut url = format!("https://primary.example.com:1556/netbackup{}", endpoint::JOBS.path);
//! query.append_to(&mut url);
//! assert!(url.ends_with("/admin/jobs?filter=state%20ne%20%27DONE%27&sort=jobId&page%5Blimit%5D=100"));
//!
//! // The caller sends it, with its credential, and gets a body:
//! let body = br#"{"data": [{"id": "7", "attributes": {"state": "QUEUED", "jobQueueReason": 2}}], "meta": {}}"#;
//! let mut reasons = Vec::new();
//! let page: PageInfo = fold_page::<Job<'_>>(body, |job| reasons.extend(job.queue_reason))?;
//! assert_eq!(reasons[0].name(), Some("DRIVES_IN_USE"));
//! assert!(walk.observe(&page)?.is_none(), "no page follows");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What it deliberately does not do: no I/O, no clock, no credentials, no retries; it follows no links
//! and changes nothing on a primary.

mod api_key;
mod authorization_context;
mod ca_certificates;
mod capacity;
mod detection;
mod disk_pool;
mod error;
mod image;
mod job;
mod job_ending;
mod job_state;
mod job_type;
mod lenient;
mod login;
mod open_enum;
mod page;
mod paging;
mod paused_client;
mod ping;
mod policy;
mod policy_client;
mod policy_type;
mod query;
mod queue_reason;
mod scan;
mod schedule;
mod schedule_type;
mod server_info;
mod spelling;
mod status_text;
mod storage_category;
mod storage_server;
mod storage_unit;
mod up_down;
mod version;

pub mod endpoint;
pub mod filter;

pub use self::api_key::ApiKey;
pub use self::authorization_context::{AuthorizationContext, Grant};
pub use self::ca_certificates::{CaCertificate, CaCertificates};
pub use self::capacity::Capacity;
pub use self::detection::{Answer, Detected, Detection, DetectionError, Probe, Progress, Source};
pub use self::disk_pool::{DiskPool, DiskVolume, MaximumIoStreams, VolumeSum};
pub use self::endpoint::{Endpoint, Method};
pub use self::error::ErrorBody;
pub use self::filter::Filter;
pub use self::image::Image;
pub use self::job::Job;
pub use self::job_ending::JobEnding;
pub use self::job_state::JobState;
pub use self::job_type::JobType;
pub use self::lenient::Quantity;
pub use self::login::{Login, Token, TokenClaims};
pub use self::page::{DecodeError, Object, Record, decode_object, fold_page, read_object};
pub use self::paging::{
    Mismatches, Next, PageInfo, Pagination, Paging, PagingError, SkipReason, Skipped,
};
pub use self::paused_client::PausedClient;
pub use self::ping::{API_VERSION_HEADER, parse_ping};
pub use self::policy::{Policy, PolicyDetail};
pub use self::policy_client::PolicyClient;
pub use self::policy_type::PolicyType;
pub use self::query::Query;
pub use self::queue_reason::QueueReason;
pub use self::schedule::{DateRules, Schedule, StartWindow};
pub use self::schedule_type::ScheduleType;
pub use self::server_info::ServerInfo;
pub use self::status_text::StatusText;
pub use self::storage_category::StorageCategory;
pub use self::storage_server::{MsdpAttributes, StoragePoolDetails, StorageServer};
pub use self::storage_unit::StorageUnit;
pub use self::up_down::UpDown;
pub use self::version::{ApiVersion, VersionError};
