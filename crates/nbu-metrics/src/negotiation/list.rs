//! Header values of the form `name;parameter=value;q=0.5, …`.

/// One element of the list.
pub(super) struct Item<'a> {
    /// In lower case.
    pub(super) name: String,
    parameters: Vec<(&'a str, &'a str)>,
    /// From 0, not wanted, to 1.
    pub(super) quality: f32,
}

/// The elements that can be read, in their order.
pub(super) fn items(header: &str) -> impl Iterator<Item = Item<'_>> {
    header.split(',').filter_map(item)
}

impl Item<'_> {
    /// The value of the parameter of this name.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self
            .parameters
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value)
    }
}

/// `None` if the quality makes no sense: then nobody knows how much the element is wanted.
fn item(text: &str) -> Option<Item<'_>> {
    // A comma or semicolon inside quotes splits an element wrongly: none that we offer has one, and
    // the pieces match nothing.
    let mut pieces = text.split(';');
    let name = pieces.next()?.trim().to_ascii_lowercase();
    let mut item = Item {
        name,
        parameters: Vec::new(),
        quality: 1.0,
    };
    for piece in pieces {
        let (key, value) = piece.split_once('=').unwrap_or((piece, ""));
        let (key, value) = (key.trim(), unquote(value.trim()));
        if key.eq_ignore_ascii_case("q") {
            item.quality = value.parse().ok().filter(|q| (0.0..=1.0).contains(q))?;
        } else {
            item.parameters.push((key, value));
        }
    }
    (!item.name.is_empty()).then_some(item)
}

fn unquote(value: &str) -> &str {
    let inner = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or(value)
}
