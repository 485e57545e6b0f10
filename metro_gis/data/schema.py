"""The columns of our tables, as data: one source for reading, for templates and for help.

`metro-gis data schema TABLE` prints them, `metro-gis new` writes templates of them, and the
readers take names, kinds and synonyms from here.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from metro_gis.doctrine import INDONESIAN_CLASSES, RiskClass
from metro_gis.messages import text
from metro_gis.people import DUTIES

__all__ = [
    "TABLES",
    "Column",
    "ColumnText",
    "TableName",
    "describe_table",
    "find_column",
    "fold_name",
    "template_csv",
]

TableName = Literal["stations", "posts", "personnel"]
Kind = Literal["text", "degrees", "whole", "word"]
Need = Literal["required", "border", "rule", "optional"]

CLASS_WORDS: tuple[str, ...] = (*RiskClass, *INDONESIAN_CLASSES)
SOURCE_WORDS = ("surveyed", "geocoded", "modelled")
KIND_WORDS = ("polres", "polsek", "staging")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of one of our tables.

    Parameters
    ----------
    name
        Its name.
    kind
        What its cells hold.
    need
        ``"required"``, ``"border"`` (where the scenario's border needs it), ``"rule"`` (where a
        rule of its ``[people]`` needs it) or ``"optional"``.
    synonyms
        Other names that are understood, in Indonesian and English.
    words
        The words that a column of kind ``"word"`` may hold.
    place
        Whether a row's own place decides it, so that no constant and no outline can give it.
    personal
        Whether it tells of a person, so that messages show no value of it in full.
    """

    name: str
    kind: Kind = "text"
    need: Need = "optional"
    synonyms: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    place: bool = False
    personal: bool = False


@dataclass(frozen=True, slots=True)
class ColumnText:
    """A column as it is explained to people.

    Parameters
    ----------
    name
        Its name, the same in every language.
    kind
        What its cells hold.
    unit
        Unit of its numbers, or ``-``.
    required
        Whether it must be there.
    meaning
        What it says, and which words it may hold.
    synonyms
        Other names that are understood.
    """

    name: str
    kind: str
    unit: str
    required: str
    meaning: str
    synonyms: str


_LON = Column(
    "lon", "degrees", "required", ("Bujur", "Longitude", "Long", "Lng", "Garis bujur"), place=True
)
_LAT = Column("lat", "degrees", "required", ("Lintang", "Latitude", "Garis lintang"), place=True)
_LOCATION_SOURCE = Column(
    "location_source", "word", synonyms=("Sumber lokasi", "Sumber koordinat"), words=SOURCE_WORDS
)
_KECAMATAN_NAMES = ("Kec", "Nama kecamatan")

TABLES: dict[TableName, tuple[Column, ...]] = {
    "stations": (
        Column(
            "station_id", "text", "required", ("ID TPS", "Kode TPS", "TPS ID", "ID"), place=True
        ),
        _LON,
        _LAT,
        Column(
            "risk_class",
            "word",
            "required",
            (
                "Kerawanan", "Tingkat kerawanan", "Kelas kerawanan", "Kategori kerawanan",
                "Klasifikasi kerawanan", "Klasifikasi",
            ),
            CLASS_WORDS,
        ),
        Column("kecamatan", "text", "border", _KECAMATAN_NAMES),
        Column(
            "kelurahan",
            "text",
            "border",
            (
                "Kelurahan/Desa", "Desa/Kelurahan", "Desa", "Kel", "Kel/Desa", "Desa/Kel",
                "Nama kelurahan", "Nama desa",
            ),
        ),
        Column("name", "text", synonyms=("Nama TPS", "Nama", "No TPS", "Nomor TPS", "TPS")),
        Column(
            "voters",
            "whole",
            synonyms=("DPT", "Jumlah DPT", "Pemilih", "Jumlah pemilih", "Registered voters"),
        ),
        _LOCATION_SOURCE,
    ),
    "posts": (
        Column("post_id", "text", "required", ("ID pos", "Pos ID", "ID"), place=True),
        _LON,
        _LAT,
        Column(
            "officers",
            "whole",
            "required",
            ("Personel", "Jumlah personel", "Jumlah anggota", "Kekuatan", "Kekuatan personel"),
        ),
        Column(
            "fixed_officers",
            "whole",
            synonyms=("Personel tetap", "Personel pos tetap", "Pos tetap"),
        ),
        Column("reserve_officers", "whole", synonyms=("Cadangan", "Personel cadangan")),
        Column("serves", "text", synonyms=("Melayani", "Wilayah layanan", "Rayon")),
        Column("name", "text", synonyms=("Nama pos", "Nama", "Nama satuan", "Satuan")),
        Column("kind", "word", synonyms=("Jenis", "Jenis pos", "Tipe"), words=KIND_WORDS),
        Column("kecamatan", "text", synonyms=_KECAMATAN_NAMES),
        _LOCATION_SOURCE,
    ),
    "personnel": (
        Column(
            "officer_id", "text", "required",
            ("NRP", "No NRP", "Nomor NRP", "NRP/NIP", "ID personel", "Service number"),
            place=True, personal=True,
        ),
        Column(
            "name", "text", "required", ("Nama", "Nama personel", "Nama lengkap"),
            place=True, personal=True,
        ),
        Column("rank", "text", "rule", ("Pangkat",)),
        Column(
            "post_id", "text", "required",
            ("ID pos", "Pos ID", "Pos", "Kesatuan", "Satuan"),
        ),
        Column("duty", "word", synonyms=("Tugas", "Penugasan"), words=DUTIES),
        Column(
            "home_kelurahan", "text", "rule",
            ("Kelurahan domisili", "Domisili", "Kelurahan tempat tinggal"),
            personal=True,
        ),
    ),
}  # fmt: skip
"""Every table's columns, in the order of its template."""


def find_column(table: TableName, name: str) -> Column | None:
    """Look a column up by its own name.

    Parameters
    ----------
    table
        Name of the table.
    name
        Name of the column.

    Returns
    -------
    Column or None
        None where the table has no such column.
    """
    return next((column for column in TABLES[table] if column.name == name), None)


def fold_name(name: str) -> str:
    """Fold a column's name to what it is compared by: letters and digits only, in lower case.

    Parameters
    ----------
    name
        Name in a file or in a list of synonyms.

    Returns
    -------
    str
        The folded name.

    Examples
    --------
    >>> fold_name("Kelurahan / Desa") == fold_name("KELURAHAN/DESA")
    True
    """
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name).casefold())


def describe_table(table: TableName, lang: str = "en") -> tuple[ColumnText, ...]:
    """Explain a table column by column.

    Parameters
    ----------
    table
        Name of the table.
    lang
        ``"id"`` or ``"en"``.

    Returns
    -------
    tuple of ColumnText
        In the order of the template.
    """
    return tuple(
        ColumnText(
            name=column.name,
            kind=text(f"schema.kind-{column.kind}", lang),
            unit=text(f"schema.unit-{_unit(column)}", lang),
            required=text(f"schema.need-{column.need}", lang),
            meaning=text(f"schema.{table}-{column.name}", lang, words=", ".join(column.words)),
            synonyms=", ".join(column.synonyms),
        )
        for column in TABLES[table]
    )


def template_csv(table: TableName) -> str:
    """Write an empty table: its header, to be filled in.

    Parameters
    ----------
    table
        Name of the table.

    Returns
    -------
    str
        One line of CSV.

    Examples
    --------
    >>> template_csv("posts").split(",")[:4]
    ['post_id', 'lon', 'lat', 'officers']
    """
    return ",".join(column.name for column in TABLES[table]) + "\n"


def _unit(column: Column) -> str:
    if column.kind == "degrees":
        return "degrees"
    if column.kind == "whole":
        return "voters" if column.name == "voters" else "officers"
    return "none"
