"""Input tables, changed for a test."""

import csv


def read_rows(path):
    """Read a CSV table."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def write_rows(path, rows):
    """Write a CSV table."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def edit_rows(path, change):
    """Rewrite a CSV table row by row; rows that change to nothing are left out."""
    rows = [change(dict(row), number) for number, row in enumerate(read_rows(path))]
    write_rows(path, [row for row in rows if row])
