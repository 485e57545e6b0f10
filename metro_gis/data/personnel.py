"""Read the list of personnel: who belongs to which post, and what for.

Values of personal columns are masked in every message.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from metro_gis.data.flaws import CellError, Flaw
from metro_gis.data.schema import TABLES
from metro_gis.data.table_reader import TableReader
from metro_gis.data.words import parse_name, parse_word
from metro_gis.people import DUTIES, Officer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metro_gis.data.flaws import Params
    from metro_gis.data.reading import Read
    from metro_gis.people import Duty, PeopleRules
    from metro_gis.scenario import ListInput
    from metro_gis.workspace import Workspace

__all__ = ["read_personnel"]

NIK_DIGITS = 16
"""A citizen's number, of which spreadsheets lose the last digit, and which is never a key."""
NIP_DIGITS = 18
"""A civil servant's number, which stands among service numbers rightly."""


def read_personnel(source: ListInput, workspace: Workspace, *, rules: PeopleRules) -> Read[Officer]:
    """Read the list of personnel.

    Parameters
    ----------
    source
        The table, and how its columns map to ours.
    workspace
        Where its paths start from.
    rules
        Who may stand where; the columns that they need must be there.

    Returns
    -------
    Read
        Officers of the rows without an error; every fault is collected, none is raised.
    """
    reader = TableReader("personnel", source, workspace, _required(rules))
    ids = reader.read_cells("officer_id", _parse_number, default="")
    reader.refuse_repeated("officer_id", ids)
    _refuse_lost_digits(reader, ids)
    names = reader.read_texts("name")
    ranks = reader.read_names("rank")
    posts = reader.read_names("post_id")
    duties: list[Duty] = reader.read_cells("duty", _parse_duty, default="any")
    homes = reader.read_names("home_kelurahan")
    officers = {
        row: Officer(ids[row], names[row], ranks[row], posts[row], duties[row], homes[row])
        for row in reader.good_rows()
    }
    return reader.finish(officers)


def _required(rules: PeopleRules) -> list[str]:
    always = [column.name for column in TABLES["personnel"] if column.need == "required"]
    ranks = ["rank"] if rules.lead_ranks else []
    return [*always, *ranks, *(["home_kelurahan"] if rules.avoid_home else [])]


def _parse_duty(cell: str) -> Duty:
    word = parse_word("personnel", "duty", cell)
    return next(duty for duty in DUTIES if duty == word)


def _parse_number(cell: str) -> str:
    value = parse_name(cell)
    digits, mark, power = value.upper().replace(",", ".").partition("E")
    if mark and power.lstrip("+").isdigit() and digits.replace(".", "", 1).isdigit():
        raise CellError(Flaw("number-exponent"))
    if value.isdigit() and len(value) == NIK_DIGITS:
        raise CellError(Flaw("officer-id-nik"))
    return value


def _refuse_lost_digits(reader: TableReader, ids: Sequence[str]) -> None:
    """Refuse numbers whose length is not the usual one: a leading zero was lost, or a digit."""
    lengths = {
        row: len(one) for row, one in enumerate(ids) if one.isdigit() and len(one) != NIP_DIGITS
    }
    counts = Counter(lengths.values())
    usual = max(counts, key=lambda length: (counts[length], length), default=0)
    for row, length in lengths.items():
        if length != usual:
            params: Params = {"length": length, "usual": usual}
            reader.fault(row, "officer_id", Flaw("officer-id-length", params), ids[row])
