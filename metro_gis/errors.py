"""The exceptions of metro_gis, and the faults they carry.

The tree::

    MetroGisError                exit 1   a fault of ours
    |-- InputError (ValueError)  exit 2   faults in inputs, with file, row, column and value
    |   `-- ScenarioError        exit 2   faults in a scenario file
    |-- UsageError (ValueError)  exit 2   a command or call that cannot be carried out as asked
    |-- DataSourceError          exit 2   a source of data outside this computer did not answer
    |-- PlanError (ValueError)   exit 5   a plan that cannot be read, or that breaks a rule
    `-- SolverError              exit 1   an engine failed or gave an answer that does not hold
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from metro_gis.messages import clean, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Severity = Literal["error", "warning"]
VALUE_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Phrase:
    """A part of a message that is itself looked up in the reader's language.

    Parameters
    ----------
    key
        Full key of the message catalogue.
    params
        What its placeholders stand for.
    """

    key: str
    params: Mapping[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, where it is, and how to mend it.

    Parameters
    ----------
    code
        Key of the message catalogue, without its prefix ``fault.``.
    severity
        ``"error"`` stops the work; ``"warning"`` is told and counted.
    file
        File as the planner named it.
    row
        Row as a spreadsheet shows it: the header is row 1.
    column
        Column as it is called in the file.
    value
        The offending value, as text.
    params
        What the message's placeholders stand for.
    """

    code: str
    severity: Severity = "error"
    file: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None
    params: Mapping[str, str | int | float | Phrase] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """Place of the fault: file, row and column, as far as they are known."""
        parts = [self.file or ""]
        if self.row is not None:
            parts.append(str(self.row))
        if self.column is not None:
            parts.append(clean(self.column))
        return ":".join(part for part in parts if part)

    def what(self, lang: str = "en") -> str:
        """Say what is wrong and what was expected.

        Parameters
        ----------
        lang
            ``"en"`` or ``"id"``.

        Returns
        -------
        str
            One sentence or two.
        """
        return text(f"fault.{self.code}", lang, **self._params(lang))

    def mend(self, lang: str = "en") -> str:
        """Say how to mend it.

        Parameters
        ----------
        lang
            ``"en"`` or ``"id"``.

        Returns
        -------
        str
            One sentence.
        """
        return text(f"fault.{self.code}.mend", lang, **self._params(lang))

    def line(self, lang: str = "en") -> str:
        """Put place, fault and remedy in one line.

        Parameters
        ----------
        lang
            ``"en"`` or ``"id"``.

        Returns
        -------
        str
            One line, safe for a terminal.
        """
        place = f"{clean(self.where)}: " if self.where else ""
        return f"{place}{self.what(lang)} {self.mend(lang)}".strip()

    def as_dict(self, lang: str = "en") -> dict[str, str | int | None]:
        """Give the fault as plain values, for ``--json``.

        Parameters
        ----------
        lang
            ``"en"`` or ``"id"``.

        Returns
        -------
        dict
            Keys ``code, severity, file, row, column, value, what, mend``.
        """
        return {
            "code": self.code,
            "severity": self.severity,
            "file": self.file,
            "row": self.row,
            "column": self.column,
            "value": None if self.value is None else clean(self.value, VALUE_LENGTH),
            "what": self.what(lang),
            "mend": self.mend(lang),
        }

    def _params(self, lang: str) -> dict[str, str | int | float]:
        shown = clean(self.value or "", VALUE_LENGTH)
        own: dict[str, str | int | float] = {}
        for key, value in self.params.items():
            told = text(value.key, lang, **value.params) if isinstance(value, Phrase) else value
            own[key] = clean(told, 400) if isinstance(told, str) else told
        return {"value": shown, "column": clean(self.column or ""), **own}


class MetroGisError(Exception):
    """Root of everything metro_gis raises on purpose.

    Parameters
    ----------
    faults
        What went wrong: one fault, or several that belong together.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__("\n".join(fault.line() for fault in self.faults))

    @property
    def code(self) -> str:
        """Code of the first fault."""
        return self.faults[0].code if self.faults else "unknown"

    def lines(self, lang: str = "en") -> list[str]:
        """Say every fault in a line of its own.

        Parameters
        ----------
        lang
            ``"en"`` or ``"id"``.

        Returns
        -------
        list of str
            As many lines as faults.
        """
        return [fault.line(lang) for fault in self.faults]


class InputError(MetroGisError, ValueError):
    """Inputs that cannot be used as they are."""

    exit_code = 2


class ScenarioError(InputError):
    """A scenario file that cannot be used as it is."""


class UsageError(MetroGisError, ValueError):
    """A command or a call that cannot be carried out as asked."""

    exit_code = 2


class DataSourceError(MetroGisError):
    """A source of data outside this computer did not answer."""

    exit_code = 2


class PlanError(MetroGisError, ValueError):
    """A plan that cannot be read, or that breaks a rule."""

    exit_code = 5


class SolverError(MetroGisError):
    """An engine failed, or gave an answer that does not hold."""


def raise_errors(
    faults: Iterable[Fault], kind: type[MetroGisError] = InputError
) -> tuple[Fault, ...]:
    """Raise when any fault is an error; else hand the warnings back.

    Parameters
    ----------
    faults
        Faults collected so far.
    kind
        Exception to raise.

    Returns
    -------
    tuple of Fault
        The faults, all of them warnings.

    Raises
    ------
    MetroGisError
        Of the given kind, carrying every fault, errors first.
    """
    found = tuple(faults)
    if any(fault.severity == "error" for fault in found):
        raise kind(sorted(found, key=lambda fault: fault.severity != "error"))
    return found
