//! CSV files into tables: RFC 4180 in UTF-8, with or without a byte order mark, lines ended
//! by LF or CRLF, cells trimmed of spaces around them.

use csv::StringRecord;
use entrant_data::InputError;
use entrant_data::table::{Column, Table};

use crate::limits::{Limits, human_bytes};
use crate::numbers::looks_numeric;
use crate::problems::Problems;
use crate::source::line_at;

/// Reads a CSV file.
pub(crate) fn parse_csv(
    file: &str,
    bytes: &[u8],
    limits: &Limits,
) -> Result<Table, Vec<InputError>> {
    let whole = |message: String| InputError::at("", message).in_file(file, None);
    let text = utf8(file, bytes).map_err(|e| vec![e])?;
    let mut rows = Rows::new(text);
    let header = match rows.next_row() {
        Some(row) => row.map_err(|m| vec![whole(m)])?,
        None => return Err(vec![whole("the file is empty: 0 rows".into())]),
    };
    let names = names(file, &header, limits).map_err(|e| vec![e])?;
    let body = body(file, &mut rows, names.len(), limits)?;
    if body.is_empty() {
        return Err(vec![whole("the table has a header and 0 rows".into())]);
    }
    Ok(table(file, names, &body))
}

/// A row and the line it starts on.
struct Row {
    line: usize,
    cells: StringRecord,
}

/// Rows of a text, one after the other.
struct Rows<'a> {
    text: &'a str,
    reader: csv::Reader<&'a [u8]>,
}

impl<'a> Rows<'a> {
    fn new(text: &'a str) -> Self {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        Rows { text, reader }
    }

    fn next_row(&mut self) -> Option<Result<Row, String>> {
        let start = self.reader.position().clone();
        let mut cells = StringRecord::new();
        match self.reader.read_record(&mut cells) {
            Ok(true) => Some(Ok(Row {
                line: self.first_line(&start),
                cells,
            })),
            Ok(false) => None,
            Err(e) => Some(Err(e.to_string())),
        }
    }

    /// The reader skips empty lines after the position it reports.
    fn first_line(&self, start: &csv::Position) -> usize {
        let from = usize::try_from(start.byte()).unwrap_or(usize::MAX);
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        let blank = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n'));
        let skipped = blank.filter(|b| **b == b'\n').count();
        usize::try_from(start.line()).unwrap_or(usize::MAX) + skipped
    }
}

/// The bytes as text, without a byte order mark.
fn utf8<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, InputError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|e| {
        let good = e.valid_up_to();
        let line = line_at(bytes, good);
        let bad: Vec<String> = bytes[good..]
            .iter()
            .take(4)
            .map(|b| format!("{b:02x}"))
            .collect();
        InputError::at("", "the file is not UTF-8 text")
            .in_file(file, Some(line))
            .value(format!("bytes {}", bad.join(" ")))
            .hint("save it as CSV in UTF-8")
    })
}

/// Column names of a header row.
fn names(file: &str, header: &Row, limits: &Limits) -> Result<Vec<String>, InputError> {
    let mistake = |m: String| InputError::at("", m).in_file(file, Some(header.line));
    if let Some(m) = limits.exceeded(0, header.cells.len()) {
        return Err(mistake(format!("the table {m}")));
    }
    let names: Vec<String> = header.cells.iter().map(|c| c.trim().to_owned()).collect();
    crate::tables::distinct(&names).map_err(|e| e.in_file(file, Some(header.line)))?;
    Ok(names)
}

/// All rows below the header.
fn body(
    file: &str,
    rows: &mut Rows<'_>,
    width: usize,
    limits: &Limits,
) -> Result<Vec<Row>, Vec<InputError>> {
    let mut body: Vec<Row> = Vec::new();
    let mut problems = Problems::default();
    while let Some(row) = rows.next_row() {
        let row = row.map_err(|m| vec![InputError::at("", m).in_file(file, None)])?;
        if let Some(m) = limits.exceeded(body.len() + 1, width) {
            let message = format!("the table {m}");
            return Err(vec![
                InputError::at("", message).in_file(file, Some(row.line)),
            ]);
        }
        if let Some(m) = odd(&row, width, limits) {
            problems.push(m.in_file(file, Some(row.line)));
        }
        body.push(row);
    }
    if let Some(open) = never_closed(rows.text, body.last()) {
        problems.push(open.in_file(file, body.last().map(|r| r.line)));
    }
    if problems.is_empty() {
        Ok(body)
    } else {
        Err(problems.finish(|e| e))
    }
}

/// What is wrong with the shape of a row.
fn odd(row: &Row, width: usize, limits: &Limits) -> Option<InputError> {
    let found = row.cells.len();
    if found != width {
        let message = format!("this row has {found} cells, the header has {width}");
        return Some(
            InputError::at("", message).hint("put a cell that contains a comma in double quotes"),
        );
    }
    let long = row.cells.iter().position(|c| c.len() > limits.cell_bytes)?;
    let limit = human_bytes(limits.cell_bytes as u64);
    let message = format!("cell {} is larger than the limit of {limit}", long + 1);
    Some(InputError::at("", message))
}

/// A quote that is opened and never closed swallows the rest of the file into one cell.
fn never_closed(text: &str, last: Option<&Row>) -> Option<InputError> {
    let swallowed = last?.cells.iter().any(|c| c.contains('\n'));
    let odd = text.bytes().filter(|b| *b == b'"').count() % 2 == 1;
    (swallowed && odd).then(|| {
        InputError::at("", "a double quote that opens in this row is never closed")
            .hint("close it, or write two double quotes for one in the text")
    })
}

fn table(file: &str, names: Vec<String>, body: &[Row]) -> Table {
    let columns = (0..names.len()).map(|c| column(body, c)).collect();
    Table {
        file: file.to_owned(),
        columns,
        names,
        lines: body.iter().map(|r| r.line).collect(),
    }
}

/// A column is numeric when every cell that is not empty is a finite number, and some cell is.
fn column(body: &[Row], index: usize) -> Column {
    let cells = || body.iter().map(|r| r.cells[index].trim());
    let numeric = |c: &str| {
        if c.is_empty() {
            Some(f64::NAN)
        } else {
            looks_numeric(c)
        }
    };
    let empty = cells().all(str::is_empty);
    match cells().map(numeric).collect::<Option<Vec<f64>>>() {
        Some(numbers) if !empty => Column::Numbers(numbers),
        _ => Column::Text(cells().map(str::to_owned).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Table, Vec<InputError>> {
        parse_csv("t.csv", text.as_bytes(), &Limits::default())
    }

    #[test]
    fn columns_are_numbers_or_text() {
        let t = read("a,b,c,d\n1,x,,007\n2.5,,,8\n").expect("fine");
        assert_eq!(t.column("a"), Some(&Column::Numbers(vec![1.0, 2.5])));
        assert_eq!(
            t.column("b"),
            Some(&Column::Text(vec!["x".into(), String::new()]))
        );
        assert_eq!(t.text("c", 0).as_deref(), Some(""));
        assert_eq!(t.text("d", 0).as_deref(), Some("007"));
    }

    #[test]
    fn marks_line_ends_quotes_and_spaces_do_not_matter() {
        let plain = read("a,b\n1,x y\n").expect("fine");
        for same in [
            "\u{feff}a,b\n1,x y\n",
            "a,b\r\n1,x y\r\n",
            "a, b\n 1,\"x y\"",
            "\na,b\n\n1,x y",
        ] {
            let t = read(same).expect(same);
            assert_eq!(
                (&t.names, &t.columns),
                (&plain.names, &plain.columns),
                "{same:?}"
            );
        }
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let t = read("a\n\n1\n\"2\n3\"\n\r\n4\n").expect("fine");
        assert_eq!(t.lines, [3, 4, 7]);
    }

    #[test]
    fn mistakes_say_what_and_where() {
        for (text, line, part) in [
            ("", None, "0 rows"),
            ("a,b\n", None, "0 rows"),
            ("a,a\n1,2\n", Some(1), "column `a` twice"),
            ("a,\n1,2\n", Some(1), "column 2 has no name"),
            ("a,b\n1,2\n3\n", Some(3), "1 cells"),
            ("a,b\n1,2\n1,5,3\n", Some(3), "3 cells"),
            ("a,b\n1,2\n3,\"x\n5,6\n", Some(3), "never closed"),
        ] {
            let errors = read(text).expect_err(text);
            assert_eq!(errors[0].line, line, "{text:?}");
            assert!(errors[0].message.contains(part), "{}", errors[0].message);
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_with_their_line() {
        let errors = parse_csv("t.csv", b"a\n1\n\xff\xfe\n", &Limits::default()).expect_err("bad");
        assert_eq!(
            (errors[0].line, errors[0].value.as_str()),
            (Some(3), "bytes ff fe 0a")
        );
    }

    #[test]
    fn limits_hold() {
        let small = Limits {
            rows: 2,
            columns: 3,
            cells: 5,
            cell_bytes: 4,
            ..Limits::default()
        };
        for (text, part) in [
            ("a\n1\n2\n3\n", "3 rows"),
            ("a,b,c,d\n1,2,3,4\n", "4 columns"),
            ("a,b,c\n1,2,3\n1,2,3\n", "6 cells"),
            ("a\nxxxxx\n", "4 bytes"),
        ] {
            let errors = parse_csv("t.csv", text.as_bytes(), &small).expect_err(text);
            assert!(errors[0].message.contains(part), "{}", errors[0].message);
        }
    }

    #[test]
    fn many_bad_rows_are_counted() {
        let text = format!("a,b\n{}", "1\n".repeat(1000));
        let errors = read(&text).expect_err("ragged");
        assert_eq!(errors.len(), 101);
        assert!(errors[100].message.contains("900 more"));
    }
}
