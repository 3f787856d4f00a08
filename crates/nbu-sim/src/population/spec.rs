//! A job that a test puts into the population by hand.

use jiff::Timestamp;

/// One job as a test wants it; what is not said is absent from the record.
#[derive(Clone, Debug)]
pub struct JobSpec {
    pub(crate) job_type: String,
    pub(crate) policy: Option<(String, String)>,
    pub(crate) client: Option<String>,
    pub(crate) workload: Option<String>,
    pub(crate) schedule: Option<(String, String)>,
    pub(crate) unit: Option<String>,
    pub(crate) parent: Option<u64>,
    pub(crate) kib: u64,
    pub(crate) kib_sent: Option<u64>,
    pub(crate) files: u32,
    pub(crate) dedup_tenths: Option<u16>,
    pub(crate) started: Option<Timestamp>,
    pub(crate) ended: Option<Timestamp>,
    pub(crate) updated: Option<Timestamp>,
    pub(crate) id: Option<u64>,
}

impl JobSpec {
    /// A job of this type (`BACKUP`, `DUPLICATE`, …).
    pub fn new(job_type: &str) -> Self {
        Self {
            job_type: job_type.to_owned(),
            policy: None,
            client: None,
            workload: None,
            schedule: None,
            unit: None,
            parent: None,
            kib: 0,
            kib_sent: None,
            files: 0,
            dedup_tenths: None,
            started: None,
            ended: None,
            updated: None,
            id: None,
        }
    }

    /// A backup of one client: policy, policy type, client.
    pub fn backup(policy: &str, policy_type: &str, client: &str) -> Self {
        Self::new("BACKUP")
            .policy(policy, policy_type)
            .client(client)
            .schedule("daily", "FULL_BACKUP")
            .unit("msdp-stu-0001")
    }

    /// `policyName` and `policyType`; an empty type is absent from the record.
    #[must_use]
    pub fn policy(mut self, name: &str, policy_type: &str) -> Self {
        self.policy = Some((name.to_owned(), policy_type.to_owned()));
        self
    }

    /// `clientName`.
    #[must_use]
    pub fn client(mut self, name: &str) -> Self {
        self.client = Some(name.to_owned());
        self
    }

    /// `workloadDisplayName`, the virtual machine's name.
    #[must_use]
    pub fn workload(mut self, name: &str) -> Self {
        self.workload = Some(name.to_owned());
        self
    }

    /// `scheduleName` and `scheduleType`.
    #[must_use]
    pub fn schedule(mut self, name: &str, schedule_type: &str) -> Self {
        self.schedule = Some((name.to_owned(), schedule_type.to_owned()));
        self
    }

    /// `destinationStorageUnitName`.
    #[must_use]
    pub fn unit(mut self, name: &str) -> Self {
        self.unit = Some(name.to_owned());
        self
    }

    /// Makes it a child: the parent's `childCount` grows and `jobPath` follows.
    #[must_use]
    pub fn child_of(mut self, parent: u64) -> Self {
        self.parent = Some(parent);
        self
    }

    /// `kilobytesTransferred` and `numberOfFiles` of the whole job.
    #[must_use]
    pub fn protects(mut self, kib: u64, files: u32) -> Self {
        self.kib = kib;
        self.files = files;
        self
    }

    /// `kilobytesDataTransferred`, where it differs from what is protected.
    #[must_use]
    pub fn sends(mut self, kib: u64) -> Self {
        self.kib_sent = Some(kib);
        self
    }

    /// `dedupRatio` in tenths of a percent.
    #[must_use]
    pub fn dedup_tenths(mut self, tenths: u16) -> Self {
        self.dedup_tenths = Some(tenths);
        self
    }

    /// `startTime`, whole seconds; otherwise now.
    #[must_use]
    pub fn started(mut self, at: Timestamp) -> Self {
        self.started = Some(at);
        self
    }

    /// `endTime` of a finished job, whole seconds; otherwise now.
    #[must_use]
    pub fn ended(mut self, at: Timestamp) -> Self {
        self.ended = Some(at);
        self
    }

    /// `lastUpdateTime`; otherwise now. Real primaries never show a change under an earlier time than it became visible.
    #[must_use]
    pub fn updated(mut self, at: Timestamp) -> Self {
        self.updated = Some(at);
        self
    }

    /// The job's number, which must be larger than every number in the database; otherwise the next one.
    #[must_use]
    pub fn id(mut self, id: u64) -> Self {
        self.id = Some(id);
        self
    }
}
