//! A Parquet file held in memory, whose claims about itself are checked before the reader
//! makes room for them: one lying number could otherwise ask for more memory than there is.

use std::io::{Cursor, Seek, SeekFrom};
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use crate::limits::{Limits, human_bytes};
use crate::thrift::walk;

/// First and last bytes of every Parquet file.
const MAGIC: &[u8] = b"PAR1";
/// Length of the footer and the magic behind it.
const TAIL: usize = 8;
/// No footer of a table within the limits is larger.
const FOOTER_LIMIT: usize = 32 << 20;

/// The bytes of a file, shared with the readers of its columns.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    bytes: Arc<[u8]>,
    footer: usize,
    page_limit: u64,
}

impl Memory {
    /// A file with an honest footer: a flat table within the limits.
    pub(crate) fn new(bytes: Vec<u8>, limits: &Limits) -> std::result::Result<Self, String> {
        let footer = footer_start(&bytes)?;
        check_footer(&bytes[footer..bytes.len() - TAIL], limits)?;
        Ok(Memory {
            bytes: bytes.into(),
            footer,
            page_limit: limits.table_bytes,
        })
    }

    /// A page header must be whole, and its page must fit.
    fn check_page(&self, start: usize) -> Result<()> {
        let refuse = |m: String| Err(ParquetError::General(m));
        if start >= self.footer {
            return Ok(());
        }
        let mut unpacked = 0;
        let whole = walk(&self.bytes[start..self.footer], &mut |path, value| {
            if path == [2] {
                unpacked = value;
            }
        });
        match u64::try_from(unpacked) {
            _ if whole.is_none() => refuse("a page header is damaged".into()),
            Ok(size) if size <= self.page_limit => Ok(()),
            _ => refuse(format!("a page claims to unpack to {unpacked} bytes")),
        }
    }

    fn range(&self, start: u64, length: usize) -> Option<&[u8]> {
        let start = usize::try_from(start).ok()?;
        self.bytes.get(start..start.checked_add(length)?)
    }
}

impl Length for Memory {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }
}

impl ChunkReader for Memory {
    type T = Cursor<Arc<[u8]>>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        self.check_page(usize::try_from(start)?)?;
        let mut cursor = Cursor::new(self.bytes.clone());
        cursor.seek(SeekFrom::Start(start))?;
        Ok(cursor)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        self.range(start, length)
            .map(Bytes::copy_from_slice)
            .ok_or_else(|| ParquetError::EOF("the file ends too early".into()))
    }
}

/// Where the footer starts, by the length that the file states.
fn footer_start(bytes: &[u8]) -> std::result::Result<usize, String> {
    let framed = bytes.len() >= 2 * MAGIC.len() + 4 && bytes.starts_with(MAGIC);
    if !(framed && bytes.ends_with(MAGIC)) {
        return Err("the file is not Parquet, or is cut off".into());
    }
    let tail = bytes.len() - TAIL;
    let length = bytes[tail..tail + 4]
        .iter()
        .rev()
        .fold(0_usize, |n, b| (n << 8) | usize::from(*b));
    if length > FOOTER_LIMIT {
        return Err(format!(
            "the footer is larger than the limit of {}",
            human_bytes(FOOTER_LIMIT as u64)
        ));
    }
    tail.checked_sub(length)
        .filter(|start| *start >= MAGIC.len())
        .ok_or_else(|| "the footer is cut off".into())
}

/// What a footer says about the table (fields of `FileMetaData` in the Parquet format).
#[derive(Debug, Default)]
struct Claims {
    elements: i64,
    groups: Vec<i64>,
    rows: i64,
}

/// The footer must be whole, and the schema one group of plain columns.
fn check_footer(footer: &[u8], limits: &Limits) -> std::result::Result<(), String> {
    let mut claims = Claims::default();
    walk(footer, &mut |path, value| match path {
        [2] => claims.elements = value,
        [2, 5] if value > 0 => claims.groups.push(value),
        [3] => claims.rows = value,
        _ => {}
    })
    .ok_or("the footer is damaged")?;
    if claims.groups != [claims.elements - 1] {
        return Err("the table must be flat: no nested or repeated columns".into());
    }
    let size = |n: i64| usize::try_from(n).map_err(|_| "the footer is damaged".to_owned());
    match limits.exceeded(size(claims.rows)?, size(claims.elements - 1)?) {
        Some(m) => Err(format!("the table {m}")),
        None => Ok(()),
    }
}
