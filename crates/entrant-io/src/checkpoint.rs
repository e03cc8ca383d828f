//! Checkpoints: what a long estimation has evaluated so far, to the bit.
//!
//! A text file: a line with the format, lines on what it belongs to, one line per evaluation with
//! the bits of every number in hexadecimal, and a checksum over all of it.

use std::fmt::Write as _;
use std::path::Path;

use entrant_data::InputError;

use crate::fingerprint::fingerprint;
use crate::folder::read_capped;
use crate::write::{WriteError, write_text};

/// Format of a checkpoint; raised when a line changes meaning.
const FORMAT: &str = "entrant.checkpoint/1";
/// Largest checkpoint that is read back.
const LARGEST: u64 = 8 << 30;

/// What an estimation has evaluated so far and what it belongs to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Checkpoint {
    /// Version of the program.
    pub version: String,
    /// Fingerprint of everything in the study that evaluations depend on.
    pub specification: String,
    /// Fingerprint of the tables.
    pub data: String,
    /// Evaluations, in the order of the search.
    pub evaluations: Vec<SavedEvaluation>,
}

/// One evaluation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SavedEvaluation {
    /// Start of the search, from 0.
    pub start: usize,
    /// Step of the estimation, from 1.
    pub step: usize,
    /// Parameters.
    pub values: Vec<f64>,
    /// Residuals; empty when the evaluation failed.
    pub residual: Vec<f64>,
    /// Their derivatives, row by row (residuals x parameters).
    pub jacobian: Vec<f64>,
}

/// Writes a checkpoint whole or not at all, and returns when it is on the disk.
///
/// # Errors
///
/// When it cannot be written; an older checkpoint is then as it was.
pub fn write_checkpoint(path: &Path, checkpoint: &Checkpoint) -> Result<(), WriteError> {
    write_text(path, &text_of(checkpoint))
}

fn text_of(checkpoint: &Checkpoint) -> String {
    let mut text = format!(
        "{FORMAT}\nversion {}\nspecification {}\ndata {}\nevaluations {}\n",
        checkpoint.version,
        checkpoint.specification,
        checkpoint.data,
        checkpoint.evaluations.len()
    );
    for evaluation in &checkpoint.evaluations {
        push_line(&mut text, evaluation);
    }
    let sum = fingerprint([text.as_bytes()]);
    text.push_str("checksum ");
    text.push_str(&sum);
    text.push('\n');
    text
}

fn push_line(text: &mut String, e: &SavedEvaluation) {
    // Writing to a string does not fail.
    let _ = write!(text, "{} {}", e.start, e.step);
    for numbers in [&e.values, &e.residual, &e.jacobian] {
        text.push(' ');
        if numbers.is_empty() {
            text.push('-');
        }
        for x in numbers {
            let _ = write!(text, "{:016x}", x.to_bits());
        }
    }
    text.push('\n');
}

/// Reads a checkpoint; `None` when there is no such file.
///
/// # Errors
///
/// When it cannot be read, is of another format, or is damaged.
pub fn read_checkpoint(path: &Path) -> Result<Option<Checkpoint>, InputError> {
    if !path.exists() {
        return Ok(None);
    }
    let file = path.display().to_string();
    let mistake = |message: String| {
        InputError::at("", message)
            .in_file(&file, None)
            .hint("remove it to begin anew, or name another file with `--checkpoint`")
    };
    let bytes = read_capped(path, LARGEST)
        .map_err(|cause| mistake(format!("cannot read the checkpoint: {cause}")))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| mistake("this is no checkpoint: it is not text".into()))?;
    parse(&text).map(Some).map_err(mistake)
}

fn parse(text: &str) -> Result<Checkpoint, String> {
    let first = text.lines().next().unwrap_or_default();
    if first != FORMAT {
        return Err(format!(
            "this is no checkpoint of this version: its first line is not `{FORMAT}`"
        ));
    }
    let damaged = || "the checkpoint is damaged: its checksum does not fit".to_owned();
    let (body, sum) = text.rsplit_once("checksum ").ok_or_else(damaged)?;
    if sum.trim_end() != fingerprint([body.as_bytes()]) {
        return Err(damaged());
    }
    lines(body).ok_or_else(|| "the checkpoint has lines that cannot be read".to_owned())
}

fn lines(body: &str) -> Option<Checkpoint> {
    let mut lines = body.lines().skip(1);
    let mut field = |name: &str| {
        let value = lines.next()?.strip_prefix(name)?.strip_prefix(' ')?;
        Some(value.to_owned())
    };
    let mut checkpoint = Checkpoint {
        version: field("version")?,
        specification: field("specification")?,
        data: field("data")?,
        evaluations: Vec::new(),
    };
    let count: usize = field("evaluations")?.parse().ok()?;
    checkpoint.evaluations = lines.map(evaluation).collect::<Option<_>>()?;
    (checkpoint.evaluations.len() == count).then_some(checkpoint)
}

fn evaluation(line: &str) -> Option<SavedEvaluation> {
    let mut fields = line.split(' ');
    let out = SavedEvaluation {
        start: fields.next()?.parse().ok()?,
        step: fields.next()?.parse().ok()?,
        values: numbers(fields.next()?)?,
        residual: numbers(fields.next()?)?,
        jacobian: numbers(fields.next()?)?,
    };
    let fits = out.jacobian.len() == out.residual.len() * out.values.len();
    (fits && fields.next().is_none()).then_some(out)
}

fn numbers(field: &str) -> Option<Vec<f64>> {
    if field == "-" {
        return Some(Vec::new());
    }
    let digits = field.as_bytes().chunks(16);
    digits.map(number).collect()
}

fn number(digits: &[u8]) -> Option<f64> {
    if digits.len() != 16 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let text = std::str::from_utf8(digits).ok()?;
    u64::from_str_radix(text, 16).ok().map(f64::from_bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Checkpoint {
        let evaluation = |values: Vec<f64>| SavedEvaluation {
            start: 0,
            step: 2,
            residual: vec![0.1, -0.0, f64::MIN_POSITIVE / 3.0],
            jacobian: vec![f64::NAN; 3 * values.len()],
            values,
        };
        Checkpoint {
            version: "1.2.3".into(),
            specification: "0123456789abcdef".into(),
            data: "fedcba9876543210".into(),
            evaluations: vec![
                evaluation(vec![1.0 / 3.0, f64::INFINITY]),
                SavedEvaluation {
                    step: 1,
                    values: vec![-7.5],
                    ..SavedEvaluation::default()
                },
            ],
        }
    }

    fn bits(checkpoint: &Checkpoint) -> Vec<u64> {
        let all = checkpoint.evaluations.iter();
        let all = all.flat_map(|e| e.values.iter().chain(&e.residual).chain(&e.jacobian));
        all.map(|x| x.to_bits()).collect()
    }

    #[test]
    fn every_bit_comes_back() {
        let written = example();
        let read = parse(&text_of(&written)).expect("it is read");
        assert_eq!(bits(&read), bits(&written));
        assert_eq!(read.evaluations.len(), 2);
        assert_eq!(read.evaluations[1].values, [-7.5]);
        assert_eq!((read.version, read.data), (written.version, written.data));
    }

    #[test]
    fn damage_anywhere_is_found() {
        let whole = text_of(&example());
        // The very last byte is a line end that nothing depends on.
        for at in 0..whole.len() - 1 {
            let mut bytes = whole.clone().into_bytes();
            bytes[at] ^= 1;
            let text = String::from_utf8(bytes).expect("ASCII");
            assert!(parse(&text).is_err(), "byte {at}");
            assert!(parse(&whole[..at]).is_err(), "cut at {at}");
        }
    }
}
