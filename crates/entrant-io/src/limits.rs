//! How much a study may ask this program to read.

/// Largest sizes that are read; anything above is an error and not an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of `study.toml`.
    pub study_bytes: u64,
    /// Bytes of one table, and bytes of text that one table may unpack to.
    pub table_bytes: u64,
    /// Rows of one table.
    pub rows: usize,
    /// Columns of one table.
    pub columns: usize,
    /// Cells of one table.
    pub cells: usize,
    /// Bytes of one cell.
    pub cell_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            study_bytes: 1 << 20,
            table_bytes: 256 << 20,
            rows: 5_000_000,
            columns: 10_000,
            cells: 50_000_000,
            cell_bytes: 1 << 20,
        }
    }
}

impl Limits {
    /// What is too large about a table of this shape, if anything.
    pub(crate) fn exceeded(&self, rows: usize, columns: usize) -> Option<String> {
        let too_many = |what: &str, found: usize, limit: usize| {
            (found > limit).then(|| format!("has {found} {what}, more than the limit of {limit}"))
        };
        too_many("columns", columns, self.columns)
            .or_else(|| too_many("rows", rows, self.rows))
            .or_else(|| too_many("cells", rows.saturating_mul(columns), self.cells))
    }
}

/// Bytes in the unit that a reader would use.
pub(crate) fn human_bytes(bytes: u64) -> String {
    match bytes {
        b if b >= 1 << 20 => format!("{} MiB", b >> 20),
        b if b >= 1 << 10 => format!("{} KiB", b >> 10),
        b => format!("{b} bytes"),
    }
}
