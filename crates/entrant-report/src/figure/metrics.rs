//! How wide text is in the type that every PDF reader has, and in what bytes it is written.

/// A type face that needs no file of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    /// Helvetica.
    Plain,
    /// Helvetica, bold.
    Bold,
}

/// Width of a line of text, in points at a size of type.
pub(crate) fn width(text: &str, face: Face, size: f64) -> f64 {
    let table = match face {
        Face::Plain => &PLAIN,
        Face::Bold => &BOLD,
    };
    let of = |byte: &u8| f64::from(table[usize::from(byte.saturating_sub(32))]);
    windows(text).0.iter().map(of).sum::<f64>() * size / 1000.0
}

/// Text no wider than there is room, with dots where something is missing.
pub(crate) fn clipped(text: &str, room: f64, face: Face, size: f64) -> String {
    let wide = |t: &str| width(t, face, size);
    if wide(text) <= room + 1e-9 {
        return text.to_owned();
    }
    let mut kept = text.to_owned();
    while !kept.is_empty() && wide(&kept) + wide("…") > room {
        kept.pop();
    }
    kept + "…"
}

/// Text in Windows-1252, the encoding of that type, and whether all of it could be said so: what
/// has no place there is a question mark.
pub(crate) fn windows(text: &str) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(text.len());
    let mut whole = true;
    for c in text.chars() {
        if matches!(c, ' '..='~' | '\u{a0}'..='\u{ff}') {
            out.push(u8::try_from(u32::from(c)).unwrap_or(b'?'));
        } else if let Some(bytes) = spelled(c) {
            out.extend_from_slice(bytes);
        } else {
            whole = false;
            out.push(b'?');
        }
    }
    (out, whole)
}

/// Characters beyond Latin-1 that reports use, in Windows-1252 or spelled out.
fn spelled(c: char) -> Option<&'static [u8]> {
    Some(match c {
        '€' => &[0x80],
        '‚' => &[0x82],
        'ƒ' => &[0x83],
        '„' => &[0x84],
        '…' => &[0x85],
        'Š' => &[0x8a],
        'Œ' => &[0x8c],
        'Ž' => &[0x8e],
        '‘' => &[0x91],
        '’' => &[0x92],
        '“' => &[0x93],
        '”' => &[0x94],
        '•' => &[0x95],
        '–' | '−' | '▼' => &[0x96],
        '—' => &[0x97],
        '™' => &[0x99],
        'š' => &[0x9a],
        'œ' => &[0x9c],
        'ž' => &[0x9e],
        'Ÿ' => &[0x9f],
        '▲' => b"+",
        // A mark before the word that says the same.
        '✓' | '✕' => b"",
        '₹' => b"Rs ",
        '≤' => b"<=",
        '≥' => b">=",
        '→' => b"->",
        '\u{2009}' | '\u{202f}' => b" ",
        _ => return None,
    })
}

/// Widths of the characters from 32 on in thousandths of the size, from Adobe's font metrics of
/// Helvetica.
#[rustfmt::skip]
const PLAIN: [u16; 224] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584, 350,
    556, 350, 222, 556, 333, 1000, 556, 556, 333, 1000, 667, 333, 1000, 350, 611, 350,
    350, 222, 222, 333, 333, 350, 556, 1000, 333, 1000, 500, 333, 944, 350, 500, 667,
    278, 333, 556, 556, 556, 556, 260, 556, 333, 737, 370, 556, 584, 333, 737, 333,
    400, 584, 333, 333, 333, 556, 537, 278, 333, 333, 365, 556, 834, 834, 834, 611,
    667, 667, 667, 667, 667, 667, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278,
    722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611,
    556, 556, 556, 556, 556, 556, 889, 500, 556, 556, 556, 556, 278, 278, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 584, 611, 556, 556, 556, 556, 500, 556, 500,
];

/// The same of Helvetica-Bold.
#[rustfmt::skip]
const BOLD: [u16; 224] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611,
    975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556,
    333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611,
    611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584, 350,
    556, 350, 278, 556, 500, 1000, 556, 556, 333, 1000, 667, 333, 1000, 350, 611, 350,
    350, 278, 278, 500, 500, 350, 556, 1000, 333, 1000, 556, 333, 944, 350, 500, 667,
    278, 333, 556, 556, 556, 556, 280, 556, 333, 737, 370, 556, 584, 333, 737, 333,
    400, 584, 333, 333, 333, 611, 556, 278, 333, 333, 365, 556, 834, 834, 834, 611,
    722, 722, 722, 722, 722, 722, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278,
    722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611,
    556, 556, 556, 556, 556, 556, 889, 556, 556, 556, 556, 556, 278, 278, 278, 278,
    611, 611, 611, 611, 611, 611, 611, 584, 611, 611, 611, 611, 611, 556, 611, 556,
];
