"""The scenario: one TOML file that says which inputs, rules and limits make a plan.

Every key has its unit in its name and a default; unknown keys are refused with the nearest name;
``base = "other.toml"`` inherits and overrides.
"""

from __future__ import annotations

import difflib
import math
import os
import tomllib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from metro_gis.doctrine import Doctrine, Pattern, RiskClass
from metro_gis.errors import Fault, Phrase, ScenarioError, Severity
from metro_gis.messages import catalogue
from metro_gis.people import PeopleRules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic_core import ErrorDetails

SIZE_LIMIT_BYTES = 1_000_000
BASE_DEPTH_LIMIT = 10

DEFAULT_SPEEDS_KPH: dict[str, float] = {
    "motorway": 80.0,
    "trunk": 50.0,
    "primary": 45.0,
    "secondary": 40.0,
    "tertiary": 35.0,
    "unclassified": 30.0,
    "residential": 25.0,
    "living_street": 15.0,
    "service": 15.0,
    "track": 12.0,
    "unknown": 25.0,
}
"""Speeds by road class in km/h, for edges without a plausible tag."""

Minutes = Annotated[float, Field(gt=0, le=1440, allow_inf_nan=False)]
Stations = Annotated[int, Field(ge=1, le=1000)]
Officers = Annotated[int, Field(ge=1, le=1000)]
SpeedKph = Annotated[float, Field(gt=0, le=130, allow_inf_nan=False)]
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Constant = str | int | float
AreaLevel = Literal["kecamatan", "kelurahan"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Join(_Table):
    """Columns taken from the polygon that holds a point."""

    file: str
    columns: dict[str, str] = Field(min_length=1)


class TableInput(_Table):
    """A table of stations or posts, and how its columns map to ours."""

    file: str
    layer: str | None = None
    columns: dict[str, str] = {}
    values: dict[str, Constant] = {}
    join: Join | None = None


class ListInput(_Table):
    """A list of personnel: a table without places, so that nothing can be joined to it."""

    file: str
    layer: str | None = None
    columns: dict[str, str] = {}
    values: dict[str, Constant] = {}

    @property
    def join(self) -> None:
        """Nothing is taken by place."""


class RoadsInput(_Table):
    """The road graph."""

    file: str = "data/roads.graphml"


class AreasInput(_Table):
    """Outlines that the page draws; no plan depends on them."""

    file: str
    layer: str | None = None
    columns: dict[AreaLevel, str] = Field(min_length=1)


class Inputs(_Table):
    """Which files a plan is made from, and which outlines its page shows."""

    roads: RoadsInput = RoadsInput()
    stations: TableInput = TableInput(file="data/stations.csv")
    posts: TableInput = TableInput(file="data/posts.csv")
    personnel: ListInput | None = None
    areas: AreasInput | None = None


class Limits(_Table):
    """Travel-time limits in minutes."""

    deploy_minutes: Minutes = 30.0
    beat_minutes: Minutes = 8.0


class Beats(_Table):
    """How stations are grouped into beats."""

    border: Literal["kecamatan", "kelurahan", "none"] = "kecamatan"
    mix: bool = False
    kelurahan_penalty_minutes: Annotated[float, Field(ge=0, le=1440, allow_inf_nan=False)] = 2.0
    team_minutes: Annotated[float, Field(ge=0, le=1440, allow_inf_nan=False)] = 30.0

    @model_validator(mode="after")
    def _in_tenths(self) -> Self:
        for name in ("kelurahan_penalty_minutes", "team_minutes"):
            tenths = getattr(self, name) * 10
            if not math.isclose(tenths, round(tenths), abs_tol=1e-9):
                message = f"in-tenths|{name}"
                raise ValueError(message)
        return self


class LadderPattern(_Table):
    """Pattern of class *low*: a ladder of stations per team."""

    officers: Officers = 2
    ladder: Annotated[list[Stations], Field(min_length=1, max_length=50)] = [
        4, 5, 6, 8, 10, 12, 16, 20,
    ]  # fmt: skip
    linmas: Annotated[int, Field(ge=0, le=100)] = 2

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if any(a >= b for a, b in zip(self.ladder, self.ladder[1:], strict=False)):
            message = "rising"
            raise ValueError(message)
        return self


class FixedPattern(_Table):
    """Pattern of a class without a ladder."""

    officers: Officers = 2
    stations: Stations = 1
    linmas: Annotated[int, Field(ge=0, le=100)] = 2


class Patterns(_Table):
    """Guard pattern of every risk class."""

    low: LadderPattern = LadderPattern()
    elevated: FixedPattern = FixedPattern(stations=2)
    high: FixedPattern = FixedPattern()
    special: FixedPattern = FixedPattern()


class Closure(_Table):
    """A point on a street that is closed to all, from junction to junction."""

    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    why: Annotated[str, Field(max_length=200)] = ""


class Travel(_Table):
    """How travel minutes are computed from the road graph."""

    snap_limit_m: Annotated[float, Field(gt=0, le=5000, allow_inf_nan=False)] = 300.0
    access_kph: Annotated[float, Field(ge=0.5, le=50, allow_inf_nan=False)] = 5.0
    factor: Annotated[float, Field(ge=0.05, le=5, allow_inf_nan=False)] = 1.0
    speeds_kph: dict[str, SpeedKph] = {}
    closed: Annotated[list[Closure], Field(max_length=1000)] = []

    @model_validator(mode="after")
    def _known_classes(self) -> Self:
        for name in self.speeds_kph:
            if name not in DEFAULT_SPEEDS_KPH:
                message = f"road-class|{', '.join(DEFAULT_SPEEDS_KPH)}"
                raise ValueError(message)
        return self

    @property
    def speeds(self) -> dict[str, float]:
        """Speed of every road class in km/h, with the scenario's own ones laid over."""
        own = {name: float(speed) for name, speed in self.speeds_kph.items()}
        return DEFAULT_SPEEDS_KPH | own


class Reserve(_Table):
    """Room for what later versions say about reserves."""


class Voting(_Table):
    """When stations are open, for those who read of nothing else."""

    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    opens: Clock | None = None
    closes: Clock | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.date is not None:
            try:
                date.fromisoformat(self.date)
            except ValueError:
                message = "day"
                raise ValueError(message) from None
        hours = (self.opens, self.closes)
        if None in hours and hours != (None, None):
            message = "both-hours"
            raise ValueError(message)
        if self.opens is not None and self.closes is not None and self.opens >= self.closes:
            message = "later"
            raise ValueError(message)
        return self


class People(_Table):
    """Who may stand where, and the seed of the lot."""

    lead_ranks: Annotated[list[Annotated[str, Field(min_length=1)]], Field(max_length=50)] = []
    avoid_home: bool = False
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 1


class Solver(_Table):
    """When to stop, and how to be repeatable."""

    time_limit_s: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)] = 60.0
    gap: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] = 0.0
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 1
    processes: Annotated[int, Field(ge=1, le=64)] = 2
    nodes: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


class Scenario(_Table):
    """A whole scenario, every default filled in."""

    stem: str = "default"
    title: str = ""
    inputs: Inputs = Inputs()
    limits: Limits = Limits()
    beats: Beats = Beats()
    patterns: Patterns = Patterns()
    travel: Travel = Travel()
    reserve: Reserve = Reserve()
    people: People = People()
    voting: Voting = Voting()
    solver: Solver = Solver()
    officers: dict[str, Annotated[int, Field(ge=0, le=100_000)]] = {}

    @property
    def rules_of_people(self) -> PeopleRules:
        """Who may stand where, as the draw reads it."""
        return PeopleRules(tuple(self.people.lead_ranks), self.people.avoid_home)

    def without_people(self) -> Scenario:
        """Leave out the list of personnel and what is said of it.

        Returns
        -------
        Scenario
            For plans whose headcounts are not those of the list.
        """
        inputs = self.inputs.model_copy(update={"personnel": None})
        return self.model_copy(update={"inputs": inputs, "people": People()})

    @property
    def doctrine(self) -> Doctrine:
        """The guard patterns as the optimizer reads them."""
        low = self.patterns.low
        fixed = {
            RiskClass.ELEVATED: self.patterns.elevated,
            RiskClass.HIGH: self.patterns.high,
            RiskClass.SPECIAL: self.patterns.special,
        }
        return Doctrine(
            {RiskClass.LOW: Pattern(low.officers, tuple(low.ladder), low.linmas)}
            | {
                cls: Pattern(one.officers, (one.stations,), one.linmas)
                for cls, one in fixed.items()
            }
        )

    def replace(self, **changes: Any) -> Scenario:  # noqa: ANN401 (the schema checks each value)
        """Make a changed copy, checked anew.

        Parameters
        ----------
        **changes
            Top-level keys; a table is given as a dict that is laid over the present one.

        Returns
        -------
        Scenario
            The changed scenario.

        Raises
        ------
        ScenarioError
            If the result breaks the schema.
        """
        return _validated(_merged(self.model_dump(), changes), f"{self.stem}.toml")

    def resolved(self) -> dict[str, Any]:
        """Give the scenario as plain values with every default filled in.

        Returns
        -------
        dict
            What is stored in a plan, and what ``verify`` reads.
        """
        values = self.model_dump()
        values["travel"]["speeds_kph"] = self.travel.speeds
        if not self.travel.closed:
            del values["travel"]["closed"]
        if self.voting == Voting():
            del values["voting"]
        if self.inputs.areas is None:
            del values["inputs"]["areas"]
        if self.inputs.personnel is None:
            # a plan of nameless officers says nothing of people
            del values["inputs"]["personnel"], values["people"]
        return values


def load_scenario(path: Path) -> Scenario:
    """Read a scenario file, with what it inherits.

    Parameters
    ----------
    path
        A TOML file.

    Returns
    -------
    Scenario
        Checked, with every default filled in.

    Raises
    ------
    ScenarioError
        If the file cannot be read, is no TOML, or breaks the schema; every fault is told at once.
    """
    values = _read_with_bases(Path(path), [])
    return _validated(values | {"stem": Path(path).stem}, Path(path).name)


def restore_scenario(values: Mapping[str, Any], stem: str) -> Scenario:
    """Take the scenario that a plan was made from.

    Parameters
    ----------
    values
        As stored in the plan.
    stem
        Its new stem.

    Returns
    -------
    Scenario
        Checked anew.

    Raises
    ------
    ScenarioError
        If it breaks the schema, as that of another version may.
    """
    return _validated(dict(values) | {"stem": stem}, stem)


def _read_with_bases(path: Path, seen: list[Path]) -> dict[str, Any]:
    here = Path(os.path.abspath(path))  # noqa: PTH100 (resolve() fails on names no system takes)
    if here in seen or len(seen) >= BASE_DEPTH_LIMIT:
        chain = " > ".join(item.name for item in [*seen, here])
        raise ScenarioError(Fault("scenario-base-loop", file=path.name, params={"chain": chain}))
    values = _read_toml(path)
    faults = [
        Fault("scenario-key-reserved", file=path.name, value=key)
        for key in ("stem", "officers")
        if key in values
    ]
    if faults:
        raise ScenarioError(faults)
    base = values.pop("base", None)
    if base is None:
        return values
    if not isinstance(base, str):
        raise ScenarioError(Fault("scenario-base-text", file=path.name, value=str(base)))
    return _merged(_read_with_bases(path.parent / base, [*seen, here]), values)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        size, content = path.stat().st_size, b""
        if size <= SIZE_LIMIT_BYTES:
            content = path.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ScenarioError(Fault("unreadable", file=str(path), params={"why": why})) from error
    if size > SIZE_LIMIT_BYTES:
        raise ScenarioError(Fault("scenario-large", file=path.name))
    try:
        # editors on Windows put a byte order mark in front, which TOML does not know
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ScenarioError(
            Fault("not-utf8", file=path.name, params={"byte": error.start})
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(
            Fault("scenario-syntax", file=path.name, params={"why": str(error)})
        ) from error
    except RecursionError as error:
        raise ScenarioError(Fault("scenario-nested", file=path.name)) from error


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        result[key] = _merged(old, value) if both else value  # type: ignore[arg-type]
    return result


def _validated(values: Mapping[str, Any], name: str) -> Scenario:
    try:
        scenario = Scenario.model_validate(dict(values))
    except ValidationError as error:
        raise ScenarioError([_fault(detail, name) for detail in error.errors()]) from error
    if scenario.inputs.personnel is None and scenario.people != People():
        # rules that nothing is drawn by would be passed over in silence
        raise ScenarioError(Fault("people-without-list", file=name, column="people"))
    return scenario


def _fault(detail: ErrorDetails, name: str) -> Fault:
    severity: Severity = "error"
    where = ".".join(str(part) for part in detail["loc"])
    shown = detail.get("input")
    if detail["type"] == "extra_forbidden":
        known = list(_keys_at(detail["loc"][:-1]))
        near = difflib.get_close_matches(str(detail["loc"][-1]), known, 1)
        return Fault(
            "scenario-key-unknown" if near else "scenario-key-strange",
            severity,
            file=name,
            column=where,
            params={"nearest": near[0] if near else "", "known": ", ".join(known)},
        )
    return Fault(
        "scenario-value",
        severity,
        file=name,
        column=where,
        value=repr(shown) if not isinstance(shown, dict) else "{...}",
        params={"expected": _expected(detail)},
    )


def _expected(detail: ErrorDetails) -> Phrase | str:
    """Say what was expected in the reader's language, where the catalogue knows the kind."""
    kind = detail["type"]
    if kind == "value_error":
        key, _, rest = detail["msg"].removeprefix("Value error, ").partition("|")
        return Phrase(f"expect.{key}", {"names": rest})
    known = {
        key: str(value).replace(" or ", ", ")
        for key, value in detail.get("ctx", {}).items()
        if key != "error"
    }
    key = f"expect.{kind}"
    return Phrase(key, known) if key in catalogue("en") else detail["msg"]


def _keys_at(loc: tuple[int | str, ...]) -> Iterator[str]:
    model: type[BaseModel] = Scenario
    for part in (one for one in loc if isinstance(one, str)):
        found = model.model_fields.get(part)
        inner = getattr(found, "annotation", None)
        candidates = getattr(inner, "__args__", (inner,))
        models = [one for one in candidates if isinstance(one, type) and issubclass(one, _Table)]
        if not models:
            return
        model = models[0]
    hidden = {"stem", "officers"} if model is Scenario else set()
    yield from (key for key in model.model_fields if key not in hidden)
    if model is Scenario:
        yield "base"
