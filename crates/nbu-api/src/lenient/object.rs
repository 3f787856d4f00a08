//! Objects: structs whose fields each name their key, and which ignore all other keys.

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess};

use super::{Any, Field, Key, Notes, Read, Reader};

/// A struct that takes its fields one at a time, by key.
pub trait Attributes<'de>: Default {
    /// The keys it knows.
    const KEYS: &'static [&'static str] = &[];

    /// Takes the value of `key` from `object`, or drops it when the key is not known.
    fn attribute<A: MapAccess<'de>>(
        &mut self,
        key: &[u8],
        object: &mut A,
        notes: &Notes,
    ) -> Result<(), A::Error>;
}

/// Reads an object into an existing value. A key that occurs twice counts with its last value.
///
/// Anything that is no object changes nothing.
pub(crate) struct Merge<'t, 'n, T> {
    pub(crate) target: &'t mut T,
    pub(crate) notes: &'n Notes,
}

impl<'de, T: Attributes<'de>> Reader<'de> for Merge<'_, '_, T> {
    type Value = Read<()>;

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Read<()>, A::Error> {
        while let Some(key) = object.next_key_seed(Key)? {
            self.target.attribute(&key, &mut object, self.notes)?;
        }
        Ok(Read::Value(()))
    }

    fn null(self) -> Read<()> {
        Read::Absent
    }

    fn other(self) -> Read<()> {
        Read::Mismatch
    }
}

/// A list of objects; elements that are none are counted and left out.
impl<'de, T: Attributes<'de>> Field<'de> for Vec<T> {
    fn read<D: Deserializer<'de>>(
        source: D,
        field: &'static str,
        notes: &Notes,
    ) -> Result<Self, D::Error> {
        Any(List {
            field,
            notes,
            elements: Self::new(),
        })
        .deserialize(source)
    }
}

struct List<'n, T> {
    field: &'static str,
    notes: &'n Notes,
    elements: Vec<T>,
}

impl<'de, T: Attributes<'de>> Reader<'de> for List<'_, T> {
    type Value = Vec<T>;

    fn array<A: SeqAccess<'de>>(mut self, mut array: A) -> Result<Vec<T>, A::Error> {
        loop {
            let mut element = T::default();
            let merge = Merge {
                target: &mut element,
                notes: self.notes,
            };
            match array.next_element_seed(Any(merge))? {
                Some(Read::Value(())) => self.elements.push(element),
                Some(Read::Absent) => {}
                Some(Read::Mismatch) => self.notes.mismatch(self.field),
                None => return Ok(self.elements),
            }
        }
    }

    fn null(self) -> Vec<T> {
        self.elements
    }

    fn other(self) -> Vec<T> {
        self.notes.mismatch(self.field);
        self.elements
    }
}

/// Defines a struct of lenient fields with the key of each, and for numbers the quantity they measure; `own` fields are filled
/// in by other means.
macro_rules! object {
    (
        $(#[$doc:meta])*
        $visibility:vis struct $name:ident $(<$life:lifetime>)? {
            $(@own { $($(#[$own_doc:meta])* $own:ident: $own_type:ty,)* })?
            $($(#[$field_doc:meta])* $field:ident: $type:ty = $key:literal $(in $quantity:ident)?,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        $visibility struct $name $(<$life>)? {
            $($($(#[$own_doc])* pub $own: $own_type,)*)?
            $($(#[$field_doc])* pub $field: $type,)*
        }

        $crate::lenient::object!(@attributes [$($life)?] $name, $($field: $key $(in $quantity)?,)*);
    };
    (@attributes [] $name:ident, $($field:ident: $key:literal $(in $quantity:ident)?,)*) => {
        $crate::lenient::object!(@with ['de] [$name] $($field: $key $(in $quantity)?,)*);
    };
    (@attributes [$life:lifetime] $name:ident, $($field:ident: $key:literal $(in $quantity:ident)?,)*) => {
        $crate::lenient::object!(@with [$life] [$name<$life>] $($field: $key $(in $quantity)?,)*);
    };
    (@with [$life:lifetime] [$target:ty] $($field:ident: $key:literal $(in $quantity:ident)?,)*) => {
        impl<$life> $crate::lenient::Attributes<$life> for $target {
            const KEYS: &'static [&'static str] = &[$($key),*];

            #[expect(non_upper_case_globals, reason = "each constant stands for the field whose name it has")]
            fn attribute<A: ::serde::de::MapAccess<$life>>(
                &mut self,
                key: &[u8],
                object: &mut A,
                notes: &$crate::lenient::Notes,
            ) -> Result<(), A::Error> {
                $(const $field: u32 = $crate::lenient::fingerprint($key.as_bytes());)*
                match $crate::lenient::fingerprint(key) {
                    $($field if key == $key.as_bytes() => {
                        self.$field = object.next_value_seed($crate::lenient::Seed::new($key, notes))?;
                        $($crate::lenient::believe(&mut self.$field, $crate::Quantity::$quantity, $key, notes);)?
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
                use $crate::lenient::{Any, Merge};

                let mut target = <$target>::default();
                match Any(Merge { target: &mut target, notes }).deserialize(source)? {
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
