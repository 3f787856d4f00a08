//! Objects: a struct whose fields each name their key, and which ignores all other keys.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Field, Key, Notes, Read, drain_array, drain_object};

/// A struct that takes its fields one at a time, by key.
pub trait Attributes<'de>: Default {
    /// Takes the value of `key` from `object`, or drops it when the key is not known.
    fn attribute<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        object: &mut A,
        notes: &Notes,
    ) -> Result<(), A::Error>;
}

/// Reads an object into an existing value. A key that occurs twice counts with its last value.
///
/// Anything that is no object is consumed and changes nothing.
pub(crate) struct Merge<'t, 'n, T> {
    pub(crate) target: &'t mut T,
    pub(crate) notes: &'n Notes,
}

impl<'de, T: Attributes<'de>> DeserializeSeed<'de> for Merge<'_, '_, T> {
    type Value = Read<()>;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Read<()>, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de, T: Attributes<'de>> Visitor<'de> for Merge<'_, '_, T> {
    type Value = Read<()>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Read<()>, A::Error> {
        while let Some(key) = object.next_key_seed(Key)? {
            self.target.attribute(&key, &mut object, self.notes)?;
        }
        Ok(Read::Value(()))
    }

    fn visit_unit<E: Error>(self) -> Result<Read<()>, E> {
        Ok(Read::Absent)
    }

    fn visit_bool<E: Error>(self, _value: bool) -> Result<Read<()>, E> {
        Ok(Read::Mismatch)
    }

    fn visit_i64<E: Error>(self, _value: i64) -> Result<Read<()>, E> {
        Ok(Read::Mismatch)
    }

    fn visit_u64<E: Error>(self, _value: u64) -> Result<Read<()>, E> {
        Ok(Read::Mismatch)
    }

    fn visit_f64<E: Error>(self, _value: f64) -> Result<Read<()>, E> {
        Ok(Read::Mismatch)
    }

    fn visit_str<E: Error>(self, _text: &str) -> Result<Read<()>, E> {
        Ok(Read::Mismatch)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, array: A) -> Result<Read<()>, A::Error> {
        drain_array(array).map(|()| Read::Mismatch)
    }
}

/// A list of objects; elements that are none are counted and left out.
impl<'de, T: Attributes<'de>> Field<'de> for Vec<T> {
    fn read<D: Deserializer<'de>>(
        source: D,
        field: &'static str,
        notes: &Notes,
    ) -> Result<Self, D::Error> {
        struct List<'n, T>(&'static str, &'n Notes, Vec<T>);

        impl<T> List<'_, T> {
            fn mismatch<E>(self) -> Result<Vec<T>, E> {
                self.1.mismatch(self.0);
                Ok(self.2)
            }
        }

        impl<'de, T: Attributes<'de>> Visitor<'de> for List<'_, T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON value")
            }

            fn visit_seq<A: SeqAccess<'de>>(mut self, mut array: A) -> Result<Vec<T>, A::Error> {
                loop {
                    let mut element = T::default();
                    match array.next_element_seed(Merge {
                        target: &mut element,
                        notes: self.1,
                    })? {
                        Some(Read::Value(())) => self.2.push(element),
                        Some(Read::Absent) => {}
                        Some(Read::Mismatch) => self.1.mismatch(self.0),
                        None => return Ok(self.2),
                    }
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Vec<T>, A::Error> {
                drain_object(object)?;
                self.mismatch()
            }

            fn visit_unit<E: Error>(self) -> Result<Vec<T>, E> {
                Ok(self.2)
            }

            fn visit_bool<E: Error>(self, _value: bool) -> Result<Vec<T>, E> {
                self.mismatch()
            }

            fn visit_i64<E: Error>(self, _value: i64) -> Result<Vec<T>, E> {
                self.mismatch()
            }

            fn visit_u64<E: Error>(self, _value: u64) -> Result<Vec<T>, E> {
                self.mismatch()
            }

            fn visit_f64<E: Error>(self, _value: f64) -> Result<Vec<T>, E> {
                self.mismatch()
            }

            fn visit_str<E: Error>(self, _text: &str) -> Result<Vec<T>, E> {
                self.mismatch()
            }
        }

        source.deserialize_any(List(field, notes, Self::new()))
    }
}

/// Drops the value of a key nobody reads.
pub(crate) fn ignore<'de, A: MapAccess<'de>>(object: &mut A) -> Result<(), A::Error> {
    object.next_value::<IgnoredAny>().map(drop)
}

/// Defines a struct of lenient fields with the key of each; `own` fields are filled in by other means.
macro_rules! object {
    (
        $(#[$doc:meta])*
        $visibility:vis struct $name:ident $(<$life:lifetime>)? {
            $(@own { $($(#[$own_doc:meta])* $own:ident: $own_type:ty,)* })?
            $($(#[$field_doc:meta])* $field:ident: $type:ty = $key:literal,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        $visibility struct $name $(<$life>)? {
            $($($(#[$own_doc])* pub $own: $own_type,)*)?
            $($(#[$field_doc])* pub $field: $type,)*
        }

        $crate::lenient::object!(@attributes [$($life)?] $name, $($field: $key,)*);
    };
    (@attributes [] $name:ident, $($field:ident: $key:literal,)*) => {
        $crate::lenient::object!(@with ['de] [$name] $($field: $key,)*);
    };
    (@attributes [$life:lifetime] $name:ident, $($field:ident: $key:literal,)*) => {
        $crate::lenient::object!(@with [$life] [$name<$life>] $($field: $key,)*);
    };
    (@with [$life:lifetime] [$target:ty] $($field:ident: $key:literal,)*) => {
        impl<$life> $crate::lenient::Attributes<$life> for $target {
            #[expect(non_upper_case_globals, reason = "each constant stands for the field whose name it has")]
            fn attribute<A: ::serde::de::MapAccess<$life>>(
                &mut self,
                key: &str,
                object: &mut A,
                notes: &$crate::lenient::Notes,
            ) -> Result<(), A::Error> {
                $(const $field: u32 = $crate::lenient::fingerprint($key);)*
                match $crate::lenient::fingerprint(key) {
                    $($field if key == $key => {
                        self.$field = object.next_value_seed($crate::lenient::Seed::new($key, notes))?;
                        Ok(())
                    })*
                    _ => $crate::lenient::ignore(object),
                }
            }
        }

        impl<$life> $crate::lenient::Field<$life> for Option<$target> {
            fn read<D: ::serde::de::Deserializer<$life>>(
                source: D,
                field: &'static str,
                notes: &$crate::lenient::Notes,
            ) -> Result<Self, D::Error> {
                use ::serde::de::DeserializeSeed as _;

                let mut target = <$target>::default();
                match ($crate::lenient::Merge { target: &mut target, notes }).deserialize(source)? {
                    $crate::lenient::Read::Value(()) => return Ok(Some(target)),
                    $crate::lenient::Read::Absent => {}
                    $crate::lenient::Read::Mismatch => notes.mismatch(field),
                }
                Ok(None)
            }
        }
    };
}

pub(crate) use object;
