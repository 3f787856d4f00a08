//! The notation of the rows.

/// Declares families, one row each, and the list of them. The help of a gauge of the moment gets a sentence that says as of
/// when it is.
///
/// ```text
/// families! {
///     /// Doc of the list.
///     LIST: "collector", per_primary true;
///
///     CONSTANT: Kind "name" ["label", …] Retention Stability [buckets PATH,] from "endpoint"
///         "help";
/// }
/// ```
macro_rules! families {
    (
        $(#[$list_doc:meta])*
        $list:ident: $collector:expr, per_primary $per_primary:literal;
        $(
            $constant:ident: $kind:ident $name:literal [$($label:literal),*] $retention:ident
            $stability:ident $(buckets $buckets:path,)? from $endpoint:literal
            $help:literal;
        )*
    ) => {
        $(#[$list_doc])*
        pub const $list: &[&crate::catalogue::Family] = &[$(&$constant),*];
        $(
            #[doc = concat!("`", $name, "`: ", $help)]
            pub static $constant: crate::catalogue::Family = crate::catalogue::Family {
                name: $name,
                kind: crate::catalogue::Kind::$kind,
                labels: &[$($label),*],
                buckets: families!(@buckets $($buckets)?),
                help: families!(@help $retention $help),
                collector: $collector,
                endpoint: $endpoint,
                stability: crate::catalogue::Stability::$stability,
                retention: crate::catalogue::Retention::$retention,
                per_primary: $per_primary,
            };
        )*
    };
    (@help Moment $help:literal) => {
        concat!($help, " As of the collector's last successful run.")
    };
    (@help Lasting $help:literal) => { $help };
    (@buckets) => { &[] };
    (@buckets $buckets:path) => { $buckets };
}

pub(super) use families;
