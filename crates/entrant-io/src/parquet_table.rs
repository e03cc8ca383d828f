//! Parquet files into tables: flat columns of numbers, truth values and UTF-8 text.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use entrant_data::InputError;
use entrant_data::table::{Column, Table};
use parquet::basic::ConvertedType;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use crate::limits::{Limits, human_bytes};
use crate::parquet_memory::Memory;

/// Rows decoded at a time.
const CHUNK: usize = 1 << 16;
/// Largest integer up to which every integer is a number of its own in floating point.
const EXACT: u64 = 1 << 53;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic on this thread would become an error: a program's own hook need not print it.
pub fn panic_is_caught() -> bool {
    GUARDED.get()
}

/// Reads a Parquet file. Nulls become empty cells; an integer column with values that a
/// floating-point number cannot hold becomes text.
pub(crate) fn parse_parquet(
    file: &str,
    bytes: Vec<u8>,
    limits: &Limits,
) -> Result<Table, InputError> {
    // The reader promises errors for damaged files; a promise about every byte is worth a net.
    GUARDED.set(true);
    let read = catch_unwind(AssertUnwindSafe(|| read(file, bytes, limits)));
    GUARDED.set(false);
    let mistake = |m: String| {
        InputError::at("", m)
            .in_file(file, None)
            .hint("write the file anew, or use CSV")
    };
    read.unwrap_or_else(|_| Err("the file is damaged".into()))
        .map_err(mistake)
}

fn read(file: &str, bytes: Vec<u8>, limits: &Limits) -> Result<Table, String> {
    let reader = SerializedFileReader::new(Memory::new(bytes, limits)?).map_err(damaged)?;
    let rows = declared_rows(&reader, limits)?;
    let names = names(&reader)?;
    let mut budget = Budget::new(limits);
    let columns = (0..names.len())
        .map(|c| {
            column(&reader, c, rows, &mut budget).map_err(|m| format!("column `{}`: {m}", names[c]))
        })
        .collect::<Result<Vec<Column>, String>>()?;
    Ok(Table {
        file: file.to_owned(),
        names,
        columns,
        lines: (2..rows + 2).collect(),
    })
}

fn damaged(cause: impl std::fmt::Display) -> String {
    format!("the file is damaged: {cause}")
}

/// Number of rows, the same in the footer and in the row groups, with sizes within limits.
fn declared_rows(reader: &SerializedFileReader<Memory>, limits: &Limits) -> Result<usize, String> {
    let groups = reader.metadata().row_groups();
    let by_group = groups.iter().try_fold(0_usize, |n, g| {
        n.checked_add(usize::try_from(g.num_rows()).ok()?)
    });
    let total = usize::try_from(reader.metadata().file_metadata().num_rows()).ok();
    let rows = total
        .filter(|t| Some(*t) == by_group)
        .ok_or_else(|| damaged("the row counts of its parts do not add up"))?;
    check_unpacked(reader, limits)?;
    match rows {
        0 => Err("the table has 0 rows".into()),
        rows => Ok(rows),
    }
}

fn check_unpacked(reader: &SerializedFileReader<Memory>, limits: &Limits) -> Result<(), String> {
    let groups = reader.metadata().row_groups();
    let chunks = groups.iter().flat_map(RowGroupMetaData::columns);
    let sizes = chunks.map(ColumnChunkMetaData::uncompressed_size);
    let total = sizes.fold(0_u64, |n, size| {
        n.saturating_add(u64::try_from(size).unwrap_or(u64::MAX))
    });
    if total > limits.table_bytes {
        let limit = human_bytes(limits.table_bytes);
        return Err(format!("it unpacks to more than the limit of {limit}"));
    }
    Ok(())
}

fn names(reader: &SerializedFileReader<Memory>) -> Result<Vec<String>, String> {
    let schema = reader.metadata().file_metadata().schema_descr();
    let names: Vec<String> = schema
        .columns()
        .iter()
        .map(|c| c.name().to_owned())
        .collect();
    crate::tables::distinct(&names).map_err(|e| e.message)?;
    match schema.columns().iter().find(|c| c.max_rep_level() > 0) {
        Some(c) => Err(format!(
            "column `{}` is a list; columns must be flat",
            c.name()
        )),
        None => Ok(names),
    }
}

/// Text that may still be unpacked, in bytes: a dictionary repeats what the file holds once.
struct Budget {
    left: usize,
    cell: usize,
}

impl Budget {
    fn new(limits: &Limits) -> Self {
        Budget {
            left: usize::try_from(limits.table_bytes).unwrap_or(usize::MAX),
            cell: limits.cell_bytes,
        }
    }

    fn spend(&mut self, cell: &[u8]) -> Result<(), String> {
        if cell.len() > self.cell {
            let limit = human_bytes(self.cell as u64);
            return Err(format!("a cell is larger than the limit of {limit}"));
        }
        self.left = self
            .left
            .checked_sub(cell.len())
            .ok_or("its text unpacks to more than the limit of the table")?;
        Ok(())
    }
}

/// One column over all row groups.
fn column(
    reader: &SerializedFileReader<Memory>,
    index: usize,
    rows: usize,
    budget: &mut Budget,
) -> Result<Column, String> {
    let descriptor = reader
        .metadata()
        .file_metadata()
        .schema_descr()
        .column(index);
    check_type(&descriptor)?;
    let mut cells = Cells::default();
    for group in 0..reader.num_row_groups() {
        let expected = reader.metadata().row_group(group).num_rows();
        let part = reader
            .get_row_group(group)
            .and_then(|g| g.get_column_reader(index))
            .map_err(damaged)?;
        let expected = usize::try_from(expected).map_err(damaged)?;
        cells.append(part, &descriptor, expected, budget)?;
    }
    cells.column(rows)
}

/// Dates, decimals and the like are numbers in disguise: as such they would mean the wrong thing.
fn check_type(descriptor: &ColumnDescriptor) -> Result<(), String> {
    use ConvertedType as C;
    let logical = descriptor.logical_type_ref().map(|l| format!("{l:?}"));
    let plain = matches!(
        descriptor.converted_type(),
        C::NONE
            | C::UTF8
            | C::ENUM
            | C::JSON
            | C::INT_8
            | C::INT_16
            | C::INT_32
            | C::INT_64
            | C::UINT_8
            | C::UINT_16
    );
    let known = logical.as_deref().is_none_or(|l| {
        ["String", "Enum", "Json", "Integer", "Unknown"]
            .iter()
            .any(|k| l.starts_with(k))
    });
    if plain && known {
        return Ok(());
    }
    let found = logical.unwrap_or_else(|| descriptor.converted_type().to_string());
    Err(format!(
        "type {found} is not supported: write it as a number or as text"
    ))
}

/// Cells of a column as they come in.
#[derive(Default)]
struct Cells {
    numbers: Vec<f64>,
    integers: Vec<Option<i64>>,
    texts: Vec<String>,
}

impl Cells {
    fn append(
        &mut self,
        reader: ColumnReader,
        descriptor: &ColumnDescriptor,
        rows: usize,
        budget: &mut Budget,
    ) -> Result<(), String> {
        let nullable = descriptor.max_def_level() > 0;
        match reader {
            ColumnReader::BoolColumnReader(r) => {
                self.extend_numbers(r, nullable, rows, |v| f64::from(u8::from(v)))
            }
            ColumnReader::FloatColumnReader(r) => self.extend_numbers(r, nullable, rows, f64::from),
            ColumnReader::DoubleColumnReader(r) => self.extend_numbers(r, nullable, rows, |v| v),
            ColumnReader::Int32ColumnReader(r) => self.extend_numbers(r, nullable, rows, f64::from),
            ColumnReader::Int64ColumnReader(r) => drain(r, nullable, rows, |v| {
                self.integers.push(v);
                Ok(())
            }),
            ColumnReader::ByteArrayColumnReader(r) => self.extend_texts(r, nullable, rows, budget),
            _ => Err("its type is not supported: write it as a number or as text".into()),
        }
    }

    fn extend_numbers<T: DataType>(
        &mut self,
        reader: ColumnReaderImpl<T>,
        nullable: bool,
        rows: usize,
        number: impl Fn(T::T) -> f64,
    ) -> Result<(), String> {
        drain(reader, nullable, rows, |v| {
            self.numbers.push(v.map_or(f64::NAN, &number));
            Ok(())
        })
    }

    fn extend_texts(
        &mut self,
        reader: ColumnReaderImpl<parquet::data_type::ByteArrayType>,
        nullable: bool,
        rows: usize,
        budget: &mut Budget,
    ) -> Result<(), String> {
        drain(reader, nullable, rows, |v: Option<ByteArray>| {
            let bytes = v.unwrap_or_else(|| ByteArray::from(""));
            budget.spend(bytes.data())?;
            let text = std::str::from_utf8(bytes.data()).map_err(|_| "a cell is not UTF-8 text")?;
            self.texts.push(text.trim().to_owned());
            Ok(())
        })
    }

    fn column(self, rows: usize) -> Result<Column, String> {
        let column = if !self.texts.is_empty() {
            Column::Text(self.texts)
        } else if self.integers.is_empty() {
            Column::Numbers(self.numbers)
        } else {
            integers(&self.integers)
        };
        let found = match &column {
            Column::Text(cells) => cells.len(),
            Column::Numbers(cells) => cells.len(),
        };
        if found == rows {
            Ok(column)
        } else {
            Err(damaged(format!("it has {found} cells instead of {rows}")))
        }
    }
}

fn integers(cells: &[Option<i64>]) -> Column {
    if cells.iter().flatten().all(|v| v.unsigned_abs() <= EXACT) {
        Column::Numbers(
            cells
                .iter()
                .map(|v| v.map_or(f64::NAN, |v| v as f64))
                .collect(),
        )
    } else {
        let text = |v: &Option<i64>| v.map_or_else(String::new, |v| v.to_string());
        Column::Text(cells.iter().map(text).collect())
    }
}

/// Hands over `rows` cells of a column chunk, `None` for nulls.
fn drain<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    nullable: bool,
    rows: usize,
    mut cell: impl FnMut(Option<T::T>) -> Result<(), String>,
) -> Result<(), String> {
    let mut left = rows;
    while left > 0 {
        let (mut levels, mut values) = (Vec::new(), Vec::new());
        let definitions = nullable.then_some(&mut levels);
        let (records, ..) = reader
            .read_records(left.min(CHUNK), definitions, None, &mut values)
            .map_err(damaged)?;
        if records == 0 {
            return Err(damaged(format!("{left} cells are missing")));
        }
        left = left.saturating_sub(records);
        let mut values = values.into_iter();
        for row in 0..records {
            let present = !nullable || levels.get(row).is_some_and(|l| *l > 0);
            let value = if present { values.next() } else { None };
            cell(value)?;
        }
    }
    Ok(())
}
