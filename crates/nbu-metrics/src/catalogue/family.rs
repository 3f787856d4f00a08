//! One row of the catalogue.

/// A metric family: what it is called, what it means, where its values come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Family {
    /// The complete name, as a query says it: counters end in `_total`.
    pub name: &'static str,
    /// What kind of values it has.
    pub kind: Kind,
    /// Label names in the order in which values are given and exposed, without `primary`.
    pub labels: &'static [&'static str],
    /// Upper bounds of the classic buckets, ascending, without `+Inf`; empty unless it is a histogram.
    pub buckets: &'static [f64],
    /// One line that says what the value means and which field of which endpoint it comes from.
    pub help: &'static str,
    /// The collector that fills it, or `exporter` for what the process says about itself.
    pub collector: &'static str,
    /// The endpoint it is read from, as [`nbu_api`] names it; empty if it comes from no endpoint.
    pub endpoint: &'static str,
    /// What a user may rely on.
    pub stability: Stability,
    /// What happens to it when its collector has failed for longer than `max_stale`.
    pub retention: Retention,
    /// Whether each series carries the label `primary`.
    pub per_primary: bool,
}

/// What kind of values a family has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A number that only grows.
    Counter,
    /// A number that goes up and down.
    Gauge,
    /// Observations, counted by size.
    Histogram,
    /// One series per known state, 1 for the current one and 0 for the others; exposed as a gauge.
    StateSet,
    /// The constant 1; its labels are the information. An info in OpenMetrics, a gauge in the other formats.
    Info,
}

impl Kind {
    /// The type as text 0.0.4 spells it: info and state sets are gauges there.
    pub const fn exposed(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge | Self::StateSet | Self::Info => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// What a user may rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stability {
    /// Renamed or removed only in a new major version.
    Stable,
    /// May change in any version; the changelog says so.
    Experimental,
    /// Goes away in a later version.
    Deprecated,
}

/// What happens to a family when its collector has failed for longer than `max_stale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retention {
    /// True only at the moment it was read (a state, a size, live jobs): dropped.
    Moment,
    /// Still true, or still needed by the alert on the outage itself: kept.
    Lasting,
}

impl Family {
    /// The base unit that the name ends in, before `_total`: `bytes`, `seconds` or `ratio`. Infos and state sets have none.
    pub fn unit(&self) -> Option<&'static str> {
        if matches!(self.kind, Kind::Info | Kind::StateSet) {
            return None;
        }
        let stem = self.stem();
        ["bytes", "seconds", "ratio"].into_iter().find(|unit| {
            stem.strip_suffix(unit)
                .is_some_and(|rest| rest.ends_with('_'))
        })
    }

    /// `true` for a counter or a histogram of the exporter's own that begins at 0 with each process: all but those that the
    /// ledger keeps and those of the operating system.
    pub fn counts_since_start(&self) -> bool {
        let counts = matches!(self.kind, Kind::Counter | Kind::Histogram);
        let own = matches!(self.collector, "primary" | "api" | "exporter");
        counts && own && self.name.starts_with("netbackup_")
    }

    /// The name without the `_total` of a counter and the `_info` of an info: the family's name in OpenMetrics.
    pub fn stem(&self) -> &'static str {
        let suffix = match self.kind {
            Kind::Counter => "_total",
            Kind::Info => "_info",
            Kind::Gauge | Kind::Histogram | Kind::StateSet => "",
        };
        self.name.strip_suffix(suffix).unwrap_or(self.name)
    }
}
