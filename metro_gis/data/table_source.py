"""A file of tables, before it is parsed: is it there, is it what its name says, is it too large."""

from __future__ import annotations

import difflib
import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from metro_gis.errors import Fault, InputError

if TYPE_CHECKING:
    from metro_gis.workspace import Workspace

__all__ = ["SIZE_LIMIT_BYTES", "Source", "TableFormat", "find_input", "load_source"]

SIZE_LIMIT_BYTES = 100_000_000
"""Largest file that is read; a table of all 820,161 stations of Indonesia is about this long."""
TableFormat = Literal["csv", "xlsx", "geojson", "gpkg"]

FORMATS: dict[str, TableFormat] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".geojson": "geojson",
    ".json": "geojson",
    ".gpkg": "gpkg",
}
EXPECTED_CONTENT: dict[TableFormat, str] = {
    "csv": "text",
    "xlsx": "ZIP",
    "geojson": "text",
    "gpkg": "SQLite",
}
SHOWN_FORMATS: dict[TableFormat, str] = {
    "csv": "CSV",
    "xlsx": "XLSX",
    "geojson": "GeoJSON",
    "gpkg": "GeoPackage",
}
_ENCRYPTED_MARK = "EncryptedPackage".encode("utf-16-le")
_HEAD_BYTES = 512
_MAGIC = {
    b"PK\x03\x04": "ZIP",
    b"PK\x05\x06": "ZIP",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "OLE",
    b"SQLite format 3\x00": "SQLite",
    b"%PDF": "PDF",
    b"\x1f\x8b": "GZIP",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read once: what is parsed is what was hashed.

    Parameters
    ----------
    path
        Where it lies.
    file
        How the planner named it.
    content
        Its bytes.
    sha256
        Their hash, in hexadecimal digits.
    kind
        Format it is to be parsed as.
    """

    path: Path
    file: str
    content: bytes
    sha256: str
    kind: TableFormat


def find_input(workspace: Workspace, name: str) -> tuple[Path, str]:
    """Find out where a scenario's file lies.

    Parameters
    ----------
    workspace
        Where relative paths start from.
    name
        Path as the scenario names it.

    Returns
    -------
    path : Path
        Not checked for existence.
    file : str
        How it is named in plans and messages: relative to the workspace, or absolute.
    """
    try:
        return workspace.input_path(name), Path(name).expanduser().as_posix()
    except RuntimeError:
        # a tilde that stands for nobody's folder is an ordinary character
        return workspace.root / name, name


def load_source(
    path: Path, *, shown: str | None = None, kinds: tuple[TableFormat, ...] | None = None
) -> Source:
    """Read a file whole, after looking at what it is.

    Parameters
    ----------
    path
        A path.
    shown
        How the planner named it; the path itself where not given.
    kinds
        Formats that will do; all four where not given.

    Returns
    -------
    Source
        Its bytes, hash and format.

    Raises
    ------
    InputError
        If it is missing, a folder, unreadable, too large, empty, or of another type than its
        name says.
    """
    file = shown or path.as_posix()
    content = _read_bytes(path, file)
    if not content:
        raise InputError(Fault("table-empty", file=file))
    kind = FORMATS.get(path.suffix.lower())
    found = _content_type(content)
    _refuse_old_formats(found, content, file)
    if kind is None or (kinds is not None and kind not in kinds):
        wanted = kinds or tuple(SHOWN_FORMATS)
        raise InputError(
            Fault(
                "table-type-unknown",
                file=file,
                value=path.suffix,
                params={"formats": ", ".join(SHOWN_FORMATS[one] for one in wanted)},
            )
        )
    if found != EXPECTED_CONTENT[kind]:
        raise InputError(
            Fault(
                "table-type-mismatch",
                file=file,
                params={"found": found, "expected": SHOWN_FORMATS[kind], "suffix": path.suffix},
            )
        )
    return Source(path, file, content, hashlib.sha256(content).hexdigest(), kind)


def _read_bytes(path: Path, file: str) -> bytes:
    try:
        mode = path.stat().st_mode
        content = b""
        if stat.S_ISREG(mode):
            with path.open("rb") as stream:
                content = stream.read(SIZE_LIMIT_BYTES + 1)
    except FileNotFoundError as error:
        params = {"path": _absolute(path), "near": _near(path)}
        raise InputError(Fault("table-missing", file=file, params=params)) from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InputError(Fault("table-unreadable", file=file, params={"why": why})) from error
    if stat.S_ISDIR(mode):
        raise InputError(Fault("table-folder", file=file, params={"inside": _listed(path)}))
    if not stat.S_ISREG(mode):
        raise InputError(Fault("table-not-a-file", file=file))
    if len(content) > SIZE_LIMIT_BYTES:
        limit = SIZE_LIMIT_BYTES // 1_000_000
        raise InputError(Fault("table-large", file=file, params={"limit": limit}))
    return content


def _refuse_old_formats(found: str, content: bytes, file: str) -> None:
    if found == "OLE":
        encrypted = _ENCRYPTED_MARK in content
        raise InputError(Fault("table-encrypted" if encrypted else "table-is-xls", file=file))
    if found == "HTML":
        raise InputError(Fault("table-is-html", file=file))


def _content_type(content: bytes) -> str:
    for magic, name in _MAGIC.items():
        if content.startswith(magic):
            return name
    head = content[:_HEAD_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<table", b"<meta", b"<head", b"<body")):
        return "HTML"
    return "XML" if head.startswith((b"<?xml", b"<!doctype", b"<!--")) else "text"


def _absolute(path: Path) -> str:
    try:
        return path.absolute().as_posix()
    except OSError:
        return path.as_posix()


def _near(path: Path) -> str:
    # walk up to the first folder that exists, and name what is in it that looks alike
    folder, wanted = path.parent, path.name
    while not folder.is_dir() and folder != folder.parent:
        folder, wanted = folder.parent, folder.name
    names = _names_in(folder)
    alike = difflib.get_close_matches(wanted, names, 3, 0.5) or names[:5]
    return ", ".join(f"{folder.as_posix()}/{name}" for name in alike) or "-"


def _listed(folder: Path) -> str:
    tables = [name for name in _names_in(folder) if Path(name).suffix.lower() in FORMATS]
    return ", ".join(tables[:5]) or "-"


def _names_in(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError:
        return []
