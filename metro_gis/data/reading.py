"""What reading a table of stations or posts gives."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metro_gis.errors import Fault

__all__ = ["InputFile", "Read", "fold_text"]

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that was read, as a plan records it.

    Parameters
    ----------
    file
        As the planner named it.
    sha256
        Its hash, in hexadecimal digits.
    rows
        How many rows or features it has.
    """

    file: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class Read(Generic[Item]):
    """What came of reading a table; nothing is raised for what is wrong with it.

    Parameters
    ----------
    items
        The rows without an error, in the order of the file.
    rows
        For each item the row number that a spreadsheet shows (the header is row 1), or the
        feature's number.
    faults
        Every error and warning, in the order of the rows.
    file
        The file as the planner named it.
    place
        The same, with the sheet or layer in brackets where one was chosen: what faults name.
    sha256
        Hash of the file; empty where it could not be read.
    count
        How many rows the table has, faulty ones included.
    columns
        Our name to what the column is called in the file.
    join
        The file that columns were taken from by place, if any.
    """

    items: tuple[Item, ...]
    rows: tuple[int, ...]
    faults: tuple[Fault, ...]
    file: str
    place: str
    sha256: str
    count: int
    columns: Mapping[str, str] = field(default_factory=dict)
    join: InputFile | None = None

    @property
    def has_errors(self) -> bool:
        """Whether any fault is an error."""
        return any(fault.severity == "error" for fault in self.faults)

    def label(self, *names: str) -> str:
        """Say what the file calls some of our columns.

        Parameters
        ----------
        *names
            Our names.

        Returns
        -------
        str
            The file's names, separated by commas; ours where the file has none.
        """
        return ", ".join(dict.fromkeys(self.columns.get(name, name) for name in names))


def fold_text(value: str) -> str:
    """Fold a text to what it is compared by: no case, single spaces, no invisible characters.

    Parameters
    ----------
    value
        An id or a name.

    Returns
    -------
    str
        The folded text.

    Examples
    --------
    >>> fold_text("Metro  Pusat") == fold_text("METRO PUSAT")
    True
    """
    folded = unicodedata.normalize("NFKC", value).casefold()
    seen = "".join(
        char for char in folded if char.isspace() or unicodedata.category(char)[0] != "C"
    )
    return " ".join(seen.split())
