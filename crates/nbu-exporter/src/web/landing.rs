//! `/`: one line per primary, and links.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Html;
use tokio::time::Instant;

use super::Site;
use crate::board::{CollectorView, View};
use crate::version;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #ccc;vertical-align:top}\
.up{color:#176b2c}.down{color:#a5161d}";

pub(super) async fn page(State(site): State<Arc<Site>>) -> Html<String> {
    let publications = Arc::clone(&site.board.borrow());
    let mut rows = String::new();
    for (name, entry) in &publications.primaries {
        let _ = writeln!(rows, "{}", row(name, &entry.view));
    }
    if rows.is_empty() {
        rows.push_str("<tr><td colspan=\"4\">No primary is configured.</td></tr>\n");
    }
    let metrics = escape(&site.telemetry_path);
    Html(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>nbu-exporter</title><style>{STYLE}</style></head>\n<body>\n\
         <h1>nbu-exporter</h1>\n<p>Prometheus exporter for NetBackup, version {version}.</p>\n\
         <table>\n<tr><th>Primary</th><th>State</th><th>API</th><th>Collectors</th></tr>\n{rows}</table>\n\
         <ul>\n<li><a href=\"{metrics}\">Metrics</a></li>\n<li><a href=\"/-/healthy\">Health</a></li>\n<li><a href=\"/-/ready\">Readiness</a></li>\n</ul>\n\
         </body>\n</html>\n",
        version = escape(version::VERSION),
    ))
}

fn row(name: &str, view: &View) -> String {
    let (class, state) = match (view.attempted, view.up) {
        (false, _) => ("", "starting"),
        (true, true) => ("up", "up"),
        (true, false) => ("down", "down"),
    };
    let collectors: Vec<String> = match &view.obstacle {
        Some(obstacle) => vec![escape(obstacle) + &advice(view.remedy.as_deref())],
        None => view.collectors.iter().map(collector).collect(),
    };
    format!(
        "<tr><td>{name}</td><td class=\"{class}\">{state}</td><td>{api}</td><td>{collectors}</td></tr>",
        name = escape(name),
        api = escape(view.api_version.as_deref().unwrap_or("–")),
        collectors = collectors.join("<br>"),
    )
}

fn collector(view: &CollectorView) -> String {
    let mut line = format!(
        "{}: {}",
        escape(view.name),
        view.reason.map_or("not run yet", |reason| reason.as_str())
    );
    if let Some(error) = &view.error {
        let _ = write!(line, " ({})", escape(error));
    }
    line.push_str(&advice(view.remedy.as_deref()));
    if let Some(at) = view.last_success.filter(|_| view.error.is_some()) {
        let _ = write!(line, ", last success {at:.0}");
    }
    if view.is_stale(Instant::now()) {
        line.push_str(", stale");
    }
    line
}

fn advice(remedy: Option<&str>) -> String {
    remedy.map_or_else(String::new, |remedy| {
        format!(". <em>What to do: {}</em>", escape(remedy))
    })
}

/// Text as HTML text or attribute value.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_break_out_of_the_page() {
        let view = View {
            obstacle: Some("cannot read <b>".into()),
            remedy: Some("write <i> into it".into()),
            attempted: true,
            ..View::default()
        };
        let row = row("<script>\"'&", &view);
        assert!(
            row.contains("&lt;script&gt;&quot;&#39;&amp;") && row.contains("cannot read &lt;b&gt;"),
            "{row}"
        );
        assert!(row.contains("What to do: write &lt;i&gt; into it"), "{row}");
    }
}
