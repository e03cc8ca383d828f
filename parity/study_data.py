#!/usr/bin/env python3
"""Convert the data of PyBLP 1.3.0 for `studies/nevo-cereal`, `studies/blp-autos`,
`studies/petrin-minivans` and `studies/petrin-surveys` to Parquet.

    python parity/study_data.py studies

writes `products.parquet` and `consumers.parquet` into the folders. It needs
`pip install pyblp==1.3.0 pyarrow` and no network.

Rows, columns and their names stay as they are. A column of integers is written as integers, a
column of other numbers as the doubles nearest to them (Python's `float()`), any other as text. The
files are read back and compared with `float()` of every cell, bit by bit, before the script says
so. `crates/entrant-io/tests` holds sums over the bits of every column, as printed by

    python parity/study_data.py studies --sums

so that the files and the Rust reader are compared with the CSV files as well.
"""

import csv
import pathlib
import struct
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pyblp

DATA = pathlib.Path(pyblp.__file__).parent / 'data'
TABLES = {
    ('nevo-cereal', 'products'): 'nevo_products.csv',
    ('nevo-cereal', 'consumers'): 'nevo_agents.csv',
    ('blp-autos', 'products'): 'blp_products.csv',
    ('blp-autos', 'consumers'): 'blp_agents.csv',
    ('petrin-minivans', 'products'): 'petrin_products.csv',
    ('petrin-minivans', 'consumers'): 'petrin_agents.csv',
    ('petrin-surveys', 'products'): 'petrin_products.csv',
    ('petrin-surveys', 'consumers'): 'petrin_agents.csv',
}
MASK = (1 << 64) - 1


def bits(number):
    """The 64 bits of a double as an integer."""
    return struct.unpack('<Q', struct.pack('<d', float(number)))[0]


def cells(source):
    """Names of the columns and the cells of each, as text."""
    with open(DATA / source, newline='') as file:
        header, *rows = csv.reader(file)
    return header, [list(column) for column in zip(*rows)]


def typed(texts):
    """Cells as integers, as doubles or as text."""
    for kind, of in ((int, pa.int64()), (float, pa.float64())):
        try:
            return pa.array([kind(text) for text in texts], of)
        except ValueError:
            pass
    return pa.array(texts, pa.string())


def convert(source, target):
    """Write one table."""
    header, columns = cells(source)
    table = pa.table(dict(zip(header, map(typed, columns))))
    floats = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    pq.write_table(
        table, target, compression='zstd', compression_level=19, version='1.0', store_schema=False,
        use_dictionary=[name for name in header if name not in floats],
        column_encoding={name: 'BYTE_STREAM_SPLIT' for name in floats}, write_statistics=False,
    )


def check(source, target):
    """Compare a written table with the text of its source."""
    header, columns = cells(source)
    table = pq.read_table(target)
    assert table.column_names == header
    for name, texts in zip(header, columns):
        found = table[name].to_pylist()
        assert len(found) == len(texts)
        for value, text in zip(found, texts):
            same = value == text if isinstance(value, str) else bits(value) == bits(text)
            assert same, (name, value, text)


def sums(source):
    """For each column, the sum over its rows of row number times the bits of the number (or the
    bytes of the text, added up), modulo 2^64."""
    header, columns = cells(source)
    for name, texts in zip(header, columns):
        try:
            words = [bits(text) for text in texts]
        except ValueError:
            words = [sum(text.encode()) for text in texts]
        yield name, sum((row + 1) * word for row, word in enumerate(words)) & MASK


def main():
    root = pathlib.Path(sys.argv[1])
    for (study, table), source in TABLES.items():
        if '--sums' in sys.argv:
            print(f'// {study}/{table}')
            for name, total in sums(source):
                print(f'("{name}", 0x{total:016x}),')
            continue
        target = root / study / f'{table}.parquet'
        convert(source, target)
        check(source, target)
        print(target, target.stat().st_size, 'bytes, every bit as in', source)


if __name__ == '__main__':
    main()
