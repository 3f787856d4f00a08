//! Enumerations that the vendor extends without a new API version, and spells in more than one way.

/// Defines an enum of known words with an `Other` for all that come later. Behind a word stand those that mean the same elsewhere
/// in the API, unless they differ in case and separators only.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal $(| $alias:literal)*),* $(,)? }) => {
        $(#[$doc])*
        ///
        /// Every spelling of a known word is that word. Words this crate does not know arrive as `Other`; the vendor adds some
        /// without a new API version.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name<'a> {
            $(
                $(#[$variant_doc])*
                #[doc = concat!("`", $word, "`", $(", also `", $alias, "`"),*)]
                $variant,
            )*
            /// Any other word, in capitals and joined by `_`.
            Other(::std::borrow::Cow<'a, str>),
        }

        impl<'a> $name<'a> {
            /// All known words.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word: of a known one the spelling that this crate uses everywhere.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Other(word) => word,
                }
            }

            /// The word, without a copy.
            pub fn into_word(self) -> ::std::borrow::Cow<'a, str> {
                match self {
                    $(Self::$variant => ::std::borrow::Cow::Borrowed($word),)*
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

            /// The known word in the spelling that nearly all records have.
            #[inline]
            #[expect(non_upper_case_globals, reason = "each constant stands for the variant whose name it has")]
            fn exact(word: &str) -> Option<Self> {
                $(const $variant: u32 = $crate::lenient::fingerprint($word.as_bytes());)*
                match $crate::lenient::fingerprint(word.as_bytes()) {
                    $($variant if word == $word => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The known word in another spelling.
            #[cold]
            fn respelled(word: &str) -> Option<Self> {
                let is = |known: &str| $crate::spelling::is_same(known, word);
                $(if is($word) $(|| is($alias))* {
                    return Some(Self::$variant);
                })*
                None
            }

            fn known(word: &str) -> Option<Self> {
                Self::exact(word).or_else(|| Self::respelled(word))
            }
        }

        impl<'a> From<&'a str> for $name<'a> {
            fn from(word: &'a str) -> Self {
                let other = || Self::Other($crate::spelling::normal(word).unwrap_or(word.into()));
                Self::known(word).unwrap_or_else(other)
            }
        }

        impl<'a> From<::std::borrow::Cow<'a, str>> for $name<'a> {
            fn from(word: ::std::borrow::Cow<'a, str>) -> Self {
                match word {
                    ::std::borrow::Cow::Borrowed(word) => word.into(),
                    ::std::borrow::Cow::Owned(word) => $name::from(&*word).into_owned(),
                }
            }
        }

        impl ::std::fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl<'de> $crate::lenient::Scalar<'de> for $name<'de> {
            fn text(word: &str) -> $crate::lenient::Read<Self> {
                use $crate::lenient::Read;

                if let Some(known) = Self::known(word) {
                    return Read::Value(known);
                }
                match $crate::spelling::normal(word) {
                    Some(other) => Read::Value(Self::Other(other.into_owned().into())),
                    None => $crate::spelling::no_word(word),
                }
            }

            #[inline]
            fn borrowed(word: &'de str) -> $crate::lenient::Read<Self> {
                use $crate::lenient::Read;

                if let Some(known) = Self::exact(word) {
                    return Read::Value(known);
                }
                if word.is_empty() {
                    return Read::Absent;
                }
                match (Self::respelled(word), $crate::spelling::normal(word)) {
                    (Some(known), _) => Read::Value(known),
                    (None, Some(other)) => Read::Value(Self::Other(other)),
                    (None, None) => $crate::spelling::no_word(word),
                }
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
