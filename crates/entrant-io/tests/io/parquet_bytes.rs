//! Parquet files for tests, written by the format's own writer.

use std::sync::Arc;

use parquet::basic::Compression;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

/// A column to write; `None` for nulls, which only an optional column may have.
pub enum Values {
    /// Text.
    Text(Vec<Option<&'static str>>),
    /// Doubles.
    Double(Vec<Option<f64>>),
    /// Floats.
    Float(Vec<Option<f32>>),
    /// 32-bit integers.
    Int32(Vec<Option<i32>>),
    /// 64-bit integers.
    Int64(Vec<Option<i64>>),
    /// Truth values.
    Bool(Vec<Option<bool>>),
}

/// Writes columns under a schema, as one row group.
pub fn write(schema: &str, compression: Compression, columns: &[Values]) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).expect("a schema"));
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .build();
    let mut writer =
        SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).expect("a writer");
    let mut group = writer.next_row_group().expect("a group");
    for values in columns {
        let mut column = group.next_column().expect("fine").expect("a column");
        put(column.untyped(), values);
        column.close().expect("closed");
    }
    group.close().expect("closed");
    writer.into_inner().expect("bytes")
}

fn split<T: Clone, U>(values: &[Option<T>], own: impl Fn(T) -> U) -> (Vec<U>, Vec<i16>) {
    let present = values.iter().flatten().cloned().map(own).collect();
    (
        present,
        values.iter().map(|v| i16::from(v.is_some())).collect(),
    )
}

fn put(column: &mut ColumnWriter<'_>, values: &Values) {
    let written = match (column, values) {
        (ColumnWriter::ByteArrayColumnWriter(w), Values::Text(v)) => {
            let (v, d) = split(v, ByteArray::from);
            w.write_batch(&v, Some(&d), None)
        }
        (ColumnWriter::DoubleColumnWriter(w), Values::Double(v)) => {
            let (v, d) = split(v, |x| x);
            w.write_batch(&v, Some(&d), None)
        }
        (ColumnWriter::FloatColumnWriter(w), Values::Float(v)) => {
            let (v, d) = split(v, |x| x);
            w.write_batch(&v, Some(&d), None)
        }
        (ColumnWriter::Int32ColumnWriter(w), Values::Int32(v)) => {
            let (v, d) = split(v, |x| x);
            w.write_batch(&v, Some(&d), None)
        }
        (ColumnWriter::Int64ColumnWriter(w), Values::Int64(v)) => {
            let (v, d) = split(v, |x| x);
            w.write_batch(&v, Some(&d), None)
        }
        (ColumnWriter::BoolColumnWriter(w), Values::Bool(v)) => {
            let (v, d) = split(v, |x| x);
            w.write_batch(&v, Some(&d), None)
        }
        _ => panic!("the schema does not fit the values"),
    };
    written.expect("written");
}

/// Every type that is read, with nulls.
pub fn all_types(compression: Compression) -> Vec<u8> {
    write(
        "message t { required binary name (STRING); optional binary note (STRING); \
         required double d; optional float f; required int32 i; optional int64 l; \
         optional boolean b; }",
        compression,
        &[
            Values::Text(vec![Some("a1"), Some("b1"), Some("c1")]),
            Values::Text(vec![Some("x"), None, Some("")]),
            Values::Double(vec![Some(1.5), Some(-2.0), Some(1e300)]),
            Values::Float(vec![Some(0.5), None, Some(3.0)]),
            Values::Int32(vec![Some(1), Some(2), Some(-3)]),
            Values::Int64(vec![Some(1 << 40), None, Some(7)]),
            Values::Bool(vec![Some(true), Some(false), None]),
        ],
    )
}
