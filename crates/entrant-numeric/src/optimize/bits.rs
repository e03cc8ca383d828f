//! Numbers stored by their bits, so that a state read back is the state written, infinities
//! included, in any format that has strings (JSON has no infinity, TOML no unsigned 64-bit).

use serde::{Deserialize, Deserializer, Serializer, de::Error};

const DIGITS: usize = 16;
const HEXADECIMAL: &[u8; 16] = b"0123456789abcdef";

/// Writes numbers as one string of 16 hexadecimal digits each.
pub(super) fn serialize<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    let bytes = values.iter().flat_map(|v| v.to_bits().to_be_bytes());
    let digits = bytes.flat_map(|byte| [byte >> 4, byte & 15]);
    let text: String = digits
        .map(|d| char::from(HEXADECIMAL[usize::from(d)]))
        .collect();
    serializer.serialize_str(&text)
}

/// Reads what [`serialize`] wrote.
pub(super) fn deserialize<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(DIGITS) {
        return Err(D::Error::custom("numbers are 16 hexadecimal digits each"));
    }
    digits
        .chunks_exact(DIGITS)
        .map(|chunk| number(chunk).ok_or_else(|| D::Error::custom("not a hexadecimal number")))
        .collect()
}

fn number(digits: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(digits).ok()?;
    u64::from_str_radix(text, 16).ok().map(f64::from_bits)
}

/// The same for one number.
pub(super) mod one {
    use serde::{Deserializer, Serializer, de::Error};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature serde calls"
    )]
    pub(in super::super) fn serialize<S: Serializer>(
        value: &f64,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        super::serialize(&[*value], serializer)
    }

    pub(in super::super) fn deserialize<'d, D: Deserializer<'d>>(
        deserializer: D,
    ) -> Result<f64, D::Error> {
        match super::deserialize(deserializer)?[..] {
            [value] => Ok(value),
            _ => Err(D::Error::custom("one number expected")),
        }
    }
}
