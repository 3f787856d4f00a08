//! The subscriber layer that writes the lines.

use std::fmt;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::field::Fields;
use super::line::Form;

/// Writes each event as one line, in one call, so that lines of several threads never mix.
pub(super) struct Lines {
    form: Form,
    output: Mutex<Box<dyn Write + Send>>,
}

impl Lines {
    pub(super) fn new(form: Form, output: Box<dyn Write + Send>) -> Self {
        Self {
            form,
            output: Mutex::new(output),
        }
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
        let metadata = event.metadata();
        let line = self.form.render(*metadata.level(), metadata.target(), all);
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        // There is nowhere left to report that the output is gone.
        let _ = output.write_all(line.as_bytes());
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines")
            .field("form", &self.form)
            .finish_non_exhaustive()
    }
}
