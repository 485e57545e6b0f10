"""Where files are, and the one writer that replaces them.

A workspace is a folder with ``data/``, ``optimize/`` and ``maps/``. Inputs may lie elsewhere;
outputs never do. Every output is written beside its place, synced and then moved over the old
file, so that a reader finds the complete old file or the complete new one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from metro_gis.errors import Fault, InputError, UsageError
from metro_gis.interruption import undisturbed

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE_MODE = 0o600
FOLDER_MODE = 0o700
DEFAULT_STEM = "default"
SEALED_MARK = "@sealed"
"""Ends the name of a sealed page, and of no other file, since no stem holds such a sign."""
_PART_MARK = ".metro-gis-part-"
_STEM = re.compile(r"[\w][\w.\- ]{0,99}")
COUNT_DIGITS = 2
"""A longer number at the end of a stem is a year or the like, and does not count plans."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A planner's folder.

    Parameters
    ----------
    root
        The folder that holds ``data``, ``optimize`` and ``maps``; a text is taken as a path.
    """

    root: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", Path(self.root))

    @property
    def scenarios(self) -> Path:
        """Folder of the scenario files."""
        return self.root / "optimize"

    @property
    def plans(self) -> Path:
        """Folder of the plan files."""
        return self.root / "optimize" / "plans"

    @property
    def pages(self) -> Path:
        """Folder of the rendered pages."""
        return self.root / "maps"

    @property
    def derived(self) -> Path:
        """Folder of what can be made again from the inputs."""
        return self.root / "data" / "derived"

    def input_path(self, name: str) -> Path:
        """Resolve an input's path: relative to the root, or absolute.

        Parameters
        ----------
        name
            Path as the scenario names it.

        Returns
        -------
        Path
            Not checked for existence.
        """
        path = Path(name)
        # a home that nobody has is left as it stands: it is told as a file that is not there
        with contextlib.suppress(RuntimeError):
            path = path.expanduser()
        return self.root / path

    def shown(self, path: Path) -> str:
        """Name a path as a planner would: relative to the workspace where it lies in it.

        Parameters
        ----------
        path
            A path.

        Returns
        -------
        str
            With forward slashes.
        """
        try:
            return path.resolve().relative_to(self.root.resolve()).as_posix()
        except ValueError:
            return path.as_posix()

    def find_scenario(self, name: str | None) -> Path:
        """Find a scenario by path or stem.

        Parameters
        ----------
        name
            A path, or the stem of a file in ``optimize/``; None for ``default``.

        Returns
        -------
        Path
            An existing file.

        Raises
        ------
        InputError
            If there is none; the fault lists the stems that exist.
        """
        return self._find(name or DEFAULT_STEM, self.scenarios, ".toml", "scenario-missing")

    def find_plan(self, name: str) -> Path:
        """Find a plan by path or stem.

        Parameters
        ----------
        name
            A path, or the stem of a file in ``optimize/plans/``.

        Returns
        -------
        Path
            An existing file.

        Raises
        ------
        InputError
            If there is none; the fault lists the stems that exist.
        """
        return self._find(name, self.plans, ".gpkg", "plan-missing")

    def plan_path(self, stem: str) -> Path:
        """Say where the plan of a scenario is written.

        Parameters
        ----------
        stem
            Stem of the scenario.

        Returns
        -------
        Path
            Inside the workspace.

        Raises
        ------
        UsageError
            If the stem is no plain file name, or a link leads out of the workspace.
        """
        return self._inside(self.plans / f"{checked_stem(stem)}.gpkg")

    def next_stem(self, stem: str) -> str:
        """Name a plan that follows another.

        Parameters
        ----------
        stem
            Stem of the plan before.

        Returns
        -------
        str
            The same with the next number that no plan has: ``default``, ``default-2``, ...
        """
        base, mark, number = stem.rpartition("-")
        counts = number.isascii() and number.isdigit() and len(number) <= COUNT_DIGITS
        name, count = (base, int(number)) if mark and base and counts else (stem, 1)
        while True:
            count += 1
            if not (self.plans / f"{name}-{count}.gpkg").exists():
                return f"{name}-{count}"

    def page_path(self, stem: str, mark: str = "") -> Path:
        """Say where the page of a plan is written.

        Parameters
        ----------
        stem
            Stem of the plan.
        mark
            What follows the stem, for example ``"@public"``; no stem holds ``"@"``.

        Returns
        -------
        Path
            Inside the workspace.

        Raises
        ------
        UsageError
            If the stem is no plain file name, or a link leads out of the workspace.
        """
        return self._inside(self.pages / f"{checked_stem(stem)}{mark}.html")

    def pair_path(self, a: str, b: str) -> Path:
        """Say where the page of two plans is written.

        Parameters
        ----------
        a, b
            Stems of the plans.

        Returns
        -------
        Path
            Inside the workspace; never the page of any one plan, since no stem holds a plus.

        Raises
        ------
        UsageError
            If a stem is no plain file name, or a link leads out of the workspace.
        """
        return self._inside(self.pages / f"{checked_stem(a)}+{checked_stem(b)}.html")

    def wall_path(self, stem: str, paper: str) -> Path:
        """Say where the wall map of a plan is written.

        Parameters
        ----------
        stem
            Stem of the plan.
        paper
            Name of the sheet, for example ``"A1"``.

        Returns
        -------
        Path
            Inside the workspace; no stem holds an ``@``, so that it is no other file's name.

        Raises
        ------
        UsageError
            If the stem is no plain file name, or a link leads out of the workspace.
        """
        return self._inside(self.pages / f"{checked_stem(stem)}@{paper}.svg")

    def orders_path(self, stem: str, ending: str) -> Path:
        """Say where a file of orders is written.

        Parameters
        ----------
        stem
            Stem of the plan.
        ending
            What follows the stem, for example ``"-orders.xlsx"``.

        Returns
        -------
        Path
            Inside the workspace.

        Raises
        ------
        UsageError
            If the stem is no plain file name, or a link leads out of the workspace.
        """
        return self._inside(self.pages / f"{checked_stem(stem)}{ending}")

    def curve_path(self, stem: str, ending: str) -> Path:
        """Say where the officers curve of a scenario is written.

        Parameters
        ----------
        stem
            Stem of the scenario.
        ending
            ``".json"`` or ``".csv"``.

        Returns
        -------
        Path
            Inside the workspace.

        Raises
        ------
        UsageError
            If the stem is no plain file name, or a link leads out of the workspace.
        """
        return self._inside(self.root / "optimize" / "curves" / f"{checked_stem(stem)}{ending}")

    def _inside(self, target: Path) -> Path:
        if not target.parent.resolve().is_relative_to(self.root.resolve()):
            raise UsageError(Fault("output-outside", file=self.shown(target)))
        return target

    def _find(self, name: str, folder: Path, suffix: str, code: str) -> Path:
        candidates = [self.root / name, Path(name)] if name.endswith(suffix) or "/" in name else []
        candidates.append(folder / f"{name}{suffix}")
        for candidate in candidates:
            if _is_file(candidate):
                return candidate
        existing = sorted(path.stem for path in folder.glob(f"*{suffix}"))
        raise InputError(
            Fault(
                code,
                file=self.shown(candidates[0]),
                params={"existing": ", ".join(existing) or "-", "folder": self.shown(folder)},
            )
        )


def _is_file(path: Path) -> bool:
    """Tell whether there is such a file; a name that no system takes is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def sealed_path(page: Path) -> Path:
    """Say where the sealed page is written that lies beside a plain one.

    Parameters
    ----------
    page
        Path of the plain page.

    Returns
    -------
    Path
        In the same folder.
    """
    return page.with_name(f"{page.stem}{SEALED_MARK}{page.suffix}")


def checked_stem(stem: str) -> str:
    """Refuse a stem that is no plain file name.

    Parameters
    ----------
    stem
        Stem of an output file.

    Returns
    -------
    str
        The same.

    Raises
    ------
    UsageError
        If it holds a path, or more than 100 characters.
    """
    if not _STEM.fullmatch(stem):
        raise UsageError(Fault("stem-unsafe", value=stem))
    return stem


def sha256_of(path: Path) -> str:
    """Hash a file.

    Parameters
    ----------
    path
        An existing file.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def make_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter; leave an existing one as it is.

    Parameters
    ----------
    folder
        The folder; its parents are made too.

    Raises
    ------
    InputError
        If it cannot be made.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    with told_as_unwritable(folder):
        for one in reversed(missing):
            one.mkdir(mode=FOLDER_MODE, exist_ok=True)
        folder.mkdir(exist_ok=True)


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Hand out a path to write to, and move it over the target when all went well.

    Parameters
    ----------
    target
        File to make or to replace.

    Yields
    ------
    Path
        A path that does not exist yet, in a folder beside the target that only its owner may
        enter.

    Raises
    ------
    InputError
        If the folder cannot be written to, the disk is full, or another program has the file
        open; the old file is untouched.
    """
    require_closed(target)
    make_folder(target.parent)
    sweep(target.parent)
    room = target.with_name(f"{_PART_MARK}{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with told_as_unwritable(target):
            room.mkdir(mode=FOLDER_MODE)
        part = room / target.name
        yield part
        with undisturbed(), told_as_unwritable(target):
            part.chmod(FILE_MODE)
            with part.open("rb") as stream:
                os.fsync(stream.fileno())
            require_closed(target)
            part.replace(target)
            _sync_folder(target.parent)
    finally:
        with undisturbed():
            shutil.rmtree(room, ignore_errors=True)


@contextmanager
def told_as_unwritable(target: Path) -> Iterator[None]:
    """Tell errors of the system as a file that cannot be written.

    Parameters
    ----------
    target
        The file.

    Yields
    ------
    None
        While it is written.

    Raises
    ------
    InputError
        If the system refuses.
    """
    try:
        yield
    except OSError as error:
        raise _unwritable(target, error) from error


def require_closed(target: Path) -> None:
    """Refuse to replace a database that another program has open.

    Parameters
    ----------
    target
        A file that may be a GeoPackage; its journal would spoil the one that replaces it.

    Raises
    ------
    InputError
        If a journal of it lies beside it.
    """
    for mark in ("-wal", "-shm", "-journal"):
        journal = target.with_name(target.name + mark)
        if journal.exists():
            raise InputError(Fault("file-open", file=target.name, params={"journal": journal.name}))


def write_bytes(target: Path, content: bytes) -> None:
    """Replace a file, all or nothing, readable by its owner only.

    Parameters
    ----------
    target
        File to make or to replace.
    content
        What it shall hold.

    Raises
    ------
    InputError
        If it cannot be written; the old file is untouched.
    """
    with replacing(target) as part, told_as_unwritable(target):
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)


def sweep(folder: Path) -> list[Path]:
    """Remove parts that a killed run left behind.

    Parameters
    ----------
    folder
        Folder of outputs.

    Returns
    -------
    list of Path
        What was removed; the parts of a process that still runs are left alone.
    """
    removed = []
    for part in sorted(folder.glob(f"{_PART_MARK}*")):
        owner = part.name.removeprefix(_PART_MARK).partition("-")[0]
        if owner.isdigit() and (int(owner) == os.getpid() or _runs(int(owner))):
            continue
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)
        removed.append(part)
    return removed


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _sync_folder(folder: Path) -> None:
    # some file systems refuse to sync a folder; the move has happened all the same
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _unwritable(target: Path, error: OSError) -> InputError:
    return InputError(
        Fault("unwritable", file=target.as_posix(), params={"why": error.strerror or str(error)})
    )
