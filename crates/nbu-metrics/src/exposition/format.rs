//! The formats and their media types.

/// What an exposition is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// Prometheus text 0.0.4; for our names 1.0.0 is the same.
    Text,
    /// OpenMetrics text 1.0.0; for our names 0.0.1 is the same.
    OpenMetrics,
    /// Prometheus protobuf, each family behind its length; the only one that carries native histograms.
    Protobuf,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Text, Self::OpenMetrics, Self::Protobuf];

    /// The media type, of the newest version where there are several with the same content.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        }
    }

    /// What ends an exposition.
    pub(super) const fn end(self) -> &'static [u8] {
        match self {
            Self::OpenMetrics => b"# EOF\n",
            Self::Text | Self::Protobuf => b"",
        }
    }
}
