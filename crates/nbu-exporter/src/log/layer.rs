//! The subscriber layer that writes the lines.

use std::fmt;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::field::{Fields, Value};
use super::level::Format;
use super::line;
use crate::clock::Clock;

/// Writes each event as one line, in one call, so that lines of several threads never mix.
pub(super) struct Lines {
    format: Format,
    clock: Clock,
    output: Mutex<Box<dyn Write + Send>>,
}

impl Lines {
    pub(super) fn new(format: Format, clock: Clock, output: Box<dyn Write + Send>) -> Self {
        Self {
            format,
            clock,
            output: Mutex::new(output),
        }
    }

    fn render(&self, event: &Event<'_>, fields: Fields) -> String {
        let metadata = event.metadata();
        let text = |text: &str| Value::Text(text.to_owned());
        let mut head = vec![
            ("ts", text(&format!("{:.3}", self.clock.now()))),
            (
                "level",
                text(&metadata.level().as_str().to_ascii_lowercase()),
            ),
            ("msg", Value::Text(fields.message)),
        ];
        if *metadata.level() >= tracing::Level::DEBUG {
            head.push(("target", text(metadata.target())));
        }
        let mut line = String::with_capacity(256);
        let put = match self.format {
            Format::Logfmt => line::logfmt,
            Format::Json => line::json,
        };
        for (name, value) in &head {
            put(&mut line, name, value);
        }
        for (name, value) in &fields.rest {
            // The head's names stay the head's.
            if head.iter().any(|(taken, _)| taken == name) {
                put(&mut line, &format!("field_{name}"), value);
            } else {
                put(&mut line, name, value);
            }
        }
        if self.format == Format::Json {
            line.push('}');
        }
        line.push('\n');
        line
    }
}

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut all = Fields::default();
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(Scope::from_root)
        {
            if let Some(fields) = span.extensions().get::<Fields>() {
                for (name, value) in &fields.rest {
                    all.put(name, value.clone());
                }
            }
        }
        event.record(&mut all);
        let line = self.render(event, all);
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        // There is nowhere left to report that standard error is gone.
        let _ = output.write_all(line.as_bytes());
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines")
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}
