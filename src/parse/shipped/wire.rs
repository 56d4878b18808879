//! The wire format of Protocol Buffers, read field by field.
//!
//! The messages of the protocols here have a handful of fields each. They are read where they lie: generated types would take a
//! hundred bytes in memory for a record that takes two in the body, and would refuse a whole body for one text that is no UTF-8.

use super::Undecodable;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Field<'a> {
    /// A number of variable length.
    Varint(u64),
    /// Eight bytes.
    Fixed64(u64),
    /// A text, bytes or a message.
    Bytes(&'a [u8]),
    /// Four bytes.
    Fixed32(u32),
}

impl<'a> Field<'a> {
    /// Its bytes; none where it is a number.
    pub(super) fn bytes(self) -> &'a [u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            _ => &[],
        }
    }

    /// Its number; 0 where it is none.
    pub(super) fn number(self) -> u64 {
        match self {
            Self::Varint(number) | Self::Fixed64(number) => number,
            Self::Fixed32(number) => number.into(),
            Self::Bytes(_) => 0,
        }
    }
}

/// The fields of a message, in their order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    /// The next field with its number; `None` at the end.
    ///
    /// # Errors
    /// When the message ends in the middle of a field, or is none.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Field<'a>)>, Undecodable> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let field = match tag & 7 {
            0 => Field::Varint(self.varint()?),
            1 => Field::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let size = usize::try_from(self.varint()?).map_err(|_| ENDS)?;
                Field::Bytes(self.take(size)?)
            }
            5 => Field::Fixed32(u32::from_le_bytes(self.array()?)),
            _ => return Err(Undecodable::Damaged("it is no message of Protocol Buffers")),
        };
        Ok(Some((tag >> 3, field)))
    }

    /// The last field of this number, which is the one that counts.
    pub(super) fn find(mut self, wanted: u64) -> Result<Option<Field<'a>>, Undecodable> {
        let mut found = None;
        while let Some((number, field)) = self.next()? {
            found = if number == wanted { Some(field) } else { found };
        }
        Ok(found)
    }

    fn varint(&mut self) -> Result<u64, Undecodable> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Undecodable::Damaged("a number has no end"))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Undecodable> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(ENDS)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn take(&mut self, size: usize) -> Result<&'a [u8], Undecodable> {
        let (taken, rest) = self.0.split_at_checked(size).ok_or(ENDS)?;
        self.0 = rest;
        Ok(taken)
    }
}

const ENDS: Undecodable = Undecodable::Damaged("it ends in the middle of a field");

/// Writes a number of variable length.
pub(super) fn write_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push((number & 0x7F) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Writes a field that is a number.
pub(super) fn write_number(field: u64, number: u64, out: &mut Vec<u8>) {
    write_varint(field << 3, out);
    write_varint(number, out);
}

/// Writes a field of bytes: a text or a message.
pub(super) fn write_bytes(field: u64, bytes: &[u8], out: &mut Vec<u8>) {
    write_varint(field << 3 | 2, out);
    write_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut out = Vec::new();
        write_number(1, u64::MAX, &mut out);
        write_bytes(2, b"text", &mut out);
        write_bytes(2, b"", &mut out);
        out.extend([3 << 3 | 1, 1, 0, 0, 0, 0, 0, 0, 0, 4 << 3 | 5, 2, 0, 0, 0]);
        let (mut fields, mut read) = (Fields(&out), Vec::new());
        while let Some(field) = fields.next().unwrap() {
            read.push(field);
        }
        let bytes = Field::Bytes;
        assert_eq!(
            read,
            [(1, Field::Varint(u64::MAX)), (2, bytes(b"text")), (2, bytes(b"")), (3, Field::Fixed64(1)), (4, Field::Fixed32(2))]
        );
        assert_eq!(Fields(&out).find(2), Ok(Some(Field::Bytes(b""))));
        assert!(Fields(&out[..out.len() - 1]).find(9).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes: Vec<u8>) {
            let mut fields = Fields(&bytes);
            while let Ok(Some(_)) = fields.next() {}
        }
    }
}
