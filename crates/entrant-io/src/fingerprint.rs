//! A fingerprint of a study and its tables, to tell whether results belong to them.

/// FNV-1a offset basis, 64 bits (Fowler, Noll and Vo).
pub(crate) const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
/// FNV prime, 64 bits.
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// FNV-1a, 64 bits, over the bytes of all files in order, as 16 hexadecimal digits.
///
/// It tells accidents apart, not attacks: it is no cryptographic hash.
pub fn fingerprint<'a>(files: impl IntoIterator<Item = &'a [u8]>) -> String {
    let hash = files.into_iter().fold(BASIS, fnv1a);
    format!("{hash:016x}")
}

/// Carries the hash on over more bytes.
pub(crate) fn fnv1a(hash: u64, bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(hash, |h, b| (h ^ u64::from(*b)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn agrees_with_the_published_vectors() {
        // Vectors of draft-eastlake-fnv: "", "a", "foobar".
        assert_eq!(fingerprint([]), "cbf29ce484222325");
        assert_eq!(fingerprint([b"a".as_slice()]), "af63dc4c8601ec8c");
        assert_eq!(
            fingerprint([b"foo".as_slice(), b"bar".as_slice()]),
            "85944171f73967e8"
        );
    }
}
