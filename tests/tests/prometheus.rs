//! A real Prometheus server scrapes the real binary.
