//! A walk over Thrift compact data that builds nothing, to look at what a Parquet file claims
//! before a reader that makes room for the claims.

/// Nesting of any honest Parquet header is below this.
const DEPTH: usize = 16;

/// Walks over one struct and calls `visit(path, value)` for every integer in it, and with its
/// length for every list; `path` holds the field ids from the outside in. `None` when the
/// bytes are not such a struct.
pub(crate) fn walk(bytes: &[u8], visit: Visit<'_>) -> Option<()> {
    let mut walker = Walker {
        rest: bytes,
        path: Vec::new(),
        depth: 0,
    };
    walker.structure(visit)
}

/// What is called for every integer and list length.
pub(crate) type Visit<'v> = &'v mut dyn FnMut(&[i64], i64);

struct Walker<'a> {
    rest: &'a [u8],
    path: Vec<i64>,
    depth: usize,
}

impl Walker<'_> {
    fn structure(&mut self, visit: Visit<'_>) -> Option<()> {
        let mut id = 0;
        loop {
            let head = self.byte()?;
            let (step, kind) = (head >> 4, head & 0x0f);
            if kind == 0 {
                return Some(());
            }
            id = match step {
                0 => self.integer()?,
                step => id + i64::from(step),
            };
            self.path.push(id);
            self.value(kind, visit)?;
            self.path.pop();
        }
    }

    /// A value in a field, by its compact type.
    fn value(&mut self, kind: u8, visit: Visit<'_>) -> Option<()> {
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        match kind {
            1 | 2 => {}
            3 => self.skip(1)?,
            4..=6 => {
                let number = self.integer()?;
                visit(&self.path, number);
            }
            7 => self.skip(8)?,
            8 => self.binary()?,
            9 | 10 => self.list(visit)?,
            11 => self.map(visit)?,
            12 => self.structure(visit)?,
            _ => return None,
        }
        self.depth -= 1;
        Some(())
    }

    fn list(&mut self, visit: Visit<'_>) -> Option<()> {
        let head = self.byte()?;
        let size = match head >> 4 {
            15 => self.varint()?,
            short => u64::from(short),
        };
        visit(&self.path, i64::try_from(size).ok()?);
        for _ in 0..size {
            self.element(head & 0x0f, visit)?;
        }
        Some(())
    }

    fn map(&mut self, visit: Visit<'_>) -> Option<()> {
        let size = self.varint()?;
        let kinds = if size == 0 { 0 } else { self.byte()? };
        for _ in 0..size {
            self.element(kinds >> 4, visit)?;
            self.element(kinds & 0x0f, visit)?;
        }
        Some(())
    }

    /// As in a field, but here a truth value takes a byte.
    fn element(&mut self, kind: u8, visit: Visit<'_>) -> Option<()> {
        match kind {
            1 | 2 => self.skip(1),
            other => self.value(other, visit),
        }
    }

    fn binary(&mut self) -> Option<()> {
        let length = usize::try_from(self.varint()?).ok()?;
        self.skip(length)
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.rest = self.rest.get(count..)?;
        Some(())
    }

    fn integer(&mut self) -> Option<i64> {
        self.varint().map(zigzag)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

fn zigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::walk;

    fn numbers(bytes: &[u8]) -> Option<Vec<(Vec<i64>, i64)>> {
        let mut found = Vec::new();
        walk(bytes, &mut |path, value| found.push((path.to_vec(), value))).map(|()| found)
    }

    #[test]
    fn integers_and_list_lengths_are_visited() {
        // {1: i32 3, 2: list<struct{5: i32 -1}> of 2, 4: binary "ab", 5: true}
        let bytes = [
            0x15, 6, 0x19, 0x2c, 0x55, 1, 0, 0x55, 1, 0, 0x28, 2, 97, 98, 0x11, 0,
        ];
        let expected = vec![
            (vec![1], 3),
            (vec![2], 2),
            (vec![2, 5], -1),
            (vec![2, 5], -1),
        ];
        assert_eq!(numbers(&bytes), Some(expected));
    }

    #[test]
    fn claims_beyond_the_bytes_are_refused() {
        for bad in [
            vec![],
            vec![0x15],
            vec![0x18, 0xff, 0xff, 0xff, 0xff, 0x7f],
            vec![0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x7f],
            vec![0x1f],
            vec![0x1c; 100],
            vec![0x19; 100],
        ] {
            assert_eq!(numbers(&bad), None, "{bad:?}");
        }
    }
}
