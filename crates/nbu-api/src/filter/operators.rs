//! Which operators an attribute allows, as types.
//!
//! The lists differ from attribute to attribute and the API enforces them. Each set here is a type,
//! each operator a trait that the sets allowing it implement.

macro_rules! operator {
    ($(#[$doc:meta])* $operator:ident: $message:literal for $($set:ident)*) => {
        $(#[$doc])*
        #[diagnostic::on_unimplemented(message = $message, label = "the API refuses this operator here")]
        pub trait $operator {}
        $(impl $operator for $set {})*
    };
}

macro_rules! set {
    ($(#[$doc:meta])* $set:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $set(());
    };
}

set! {
    /// `eq`.
    EqualOnly
}
set! {
    /// `eq ne`.
    Equality
}
set! {
    /// `eq ne lt gt le ge`.
    Ordered
}
set! {
    /// `ge le`.
    Window
}
set! {
    /// `eq ne contains startswith endswith`.
    Strings
}
set! {
    /// `contains startswith endswith`, without `eq`.
    Search
}
set! {
    /// `contains`.
    Contains
}
set! {
    /// `eq contains`.
    EqualContains
}
operator! {
    /// Sets with `eq`.
    Equal: "this attribute has no `eq`" for EqualOnly Equality EqualContains Ordered Strings
}
operator! {
    /// Sets with `ne`.
    NotEqual: "this attribute has no `ne`" for Equality Ordered Strings
}
operator! {
    /// Sets with `lt` and `gt`.
    Order: "this attribute has no `lt` and `gt`" for Ordered
}
operator! {
    /// Sets with `le` and `ge`.
    Range: "this attribute has no `le` and `ge`" for Ordered Window
}
operator! {
    /// Sets with `contains`.
    Contain: "this attribute has no `contains`" for Contains EqualContains Strings Search
}
operator! {
    /// Sets with `startswith` and `endswith`.
    Match: "this attribute has no `startswith` and `endswith`" for Strings Search
}
