//! Enumerations that the vendor extends without a new API version.

/// Defines an enum of known words with an `Other` for all that come later.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        ///
        /// Words this crate does not know arrive as `Other`; the vendor adds some without a new API version.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name<'a> {
            $(
                $(#[$variant_doc])*
                #[doc = concat!("`", $word, "`")]
                $variant,
            )*
            /// Any other word, as it was received.
            Other(::std::borrow::Cow<'a, str>),
        }

        impl<'a> $name<'a> {
            /// All known words.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Other(word) => word,
                }
            }

            /// The same without a borrow.
            pub fn into_owned(self) -> $name<'static> {
                match self {
                    $(Self::$variant => $name::$variant,)*
                    Self::Other(word) => $name::Other(word.into_owned().into()),
                }
            }

            fn known(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        impl<'a> From<&'a str> for $name<'a> {
            fn from(word: &'a str) -> Self {
                Self::known(word).unwrap_or(Self::Other(word.into()))
            }
        }

        impl ::std::fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl<'de> $crate::lenient::Scalar<'de> for $name<'de> {
            fn text(word: &str) -> $crate::lenient::Read<Self> {
                match Self::known(word) {
                    Some(known) => $crate::lenient::Read::Value(known),
                    None if word.is_empty() => $crate::lenient::Read::Absent,
                    None => $crate::lenient::Read::Value(Self::Other(word.to_owned().into())),
                }
            }

            fn borrowed(word: &'de str) -> $crate::lenient::Read<Self> {
                if word.is_empty() { $crate::lenient::Read::Absent } else { $crate::lenient::Read::Value(word.into()) }
            }
        }

        impl $crate::filter::Written<$crate::filter::Word<$name<'static>>> for $name<'_> {
            fn write(self, text: &mut String) {
                $crate::filter::quote(self.as_str(), text);
            }
        }
    };
}

pub(crate) use open_enum;
