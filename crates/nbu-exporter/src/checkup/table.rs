//! The report as a table for people: aligned, without colours, each failure followed by what to do.

use std::fmt::Write as _;

use super::{Checked, Finding, Report, Status};

/// No column grows beyond this; what is longer pushes only its own row.
const WIDEST: usize = 56;

pub(super) fn table(report: &Report) -> String {
    let columns = Columns::of(report);
    let mut text = String::new();
    for checked in &report.primaries {
        block(&mut text, &columns, checked);
    }
    let bad = report.primaries.iter().filter(|one| !one.ok).count();
    let all = report.primaries.len();
    let primaries = if all == 1 { "primary" } else { "primaries" };
    // Writing to a string cannot fail, here and below.
    let _ = match bad {
        0 => writeln!(text, "{all} {primaries} checked: everything works."),
        bad => writeln!(text, "{all} {primaries} checked: {bad} with problems."),
    };
    text
}

/// How wide the columns are that are aligned: the same for all primaries.
struct Columns {
    check: usize,
    subject: usize,
}

impl Columns {
    fn of(report: &Report) -> Self {
        let rows = || report.primaries.iter().flat_map(|checked| &checked.checks);
        let width = |column: fn(&Finding) -> String| {
            let widths = rows().map(|row| column(row).chars().count());
            widths.filter(|width| *width <= WIDEST).max().unwrap_or(0)
        };
        Self {
            check: width(|row| row.check.to_string()),
            subject: width(|row| row.subject.clone()),
        }
    }
}

fn block(text: &mut String, columns: &Columns, checked: &Checked) {
    let _ = writeln!(text, "{}  {}\n", checked.primary, checked.url);
    let Columns { check, subject } = *columns;
    for row in &checked.checks {
        let status = row.status.to_string();
        let mut detail = row.detail.clone();
        if !row.collectors.is_empty() {
            let _ = write!(detail, " (for {})", row.collectors.join(", "));
        }
        let line = format!(
            "  {status:<7}  {:<check$}  {:<subject$}  {detail}",
            row.check.to_string(),
            row.subject
        );
        let _ = writeln!(text, "{}", line.trim_end());
        if matches!(row.status, Status::Failed | Status::Warning) && !row.remedy.is_empty() {
            let _ = writeln!(text, "           what to do: {}", row.remedy);
        }
    }
    text.push('\n');
    authorities(text, checked);
}

fn authorities(text: &mut String, checked: &Checked) {
    if checked.authorities.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "  The certificate authorities of {}, as this connection shows them. NOTHING PROVES YET THAT THEY ARE THE PRIMARY'S.\n  \
           Compare the SHA-256 fingerprint with what the primary itself prints (nbcertcmd -listCACertDetails, run there),\n  \
           not over this connection. If it is the same, put the PEM into a file for tls_config.ca_file, or pin it:\n",
        checked.primary
    );
    for authority in &checked.authorities {
        let shown: Vec<&str> = authority.shown_by.iter().copied().collect();
        let rows = [
            ("subject", authority.subject.as_str()),
            ("issuer", &authority.issuer),
            ("validity", &authority.validity),
            ("key", authority.key.as_deref().unwrap_or("unknown")),
            ("SHA-256", &authority.fingerprint),
            ("shown by", &shown.join(", ")),
        ];
        for (name, value) in rows {
            let _ = writeln!(text, "    {name:<9} {value}");
        }
        if authority.is_in_handshake() {
            let _ = writeln!(
                text,
                "    to pin it: tls_config: {{ca_fingerprint: \"{}\"}}",
                authority.fingerprint
            );
        } else {
            let _ = writeln!(
                text,
                "    the handshake does not show it: pinning it needs it in ca_file as well"
            );
        }
        let _ = writeln!(text, "\n{}", authority.pem);
    }
}
