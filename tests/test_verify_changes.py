"""Re-plans are checked: changes counted anew, forged ones refused."""

from __future__ import annotations

import copy
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from test_verify import Town, codes
from test_verify_bounds import covered_town

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def again(tmp_path: Path) -> Town:
    """Return a town whose plan says what it changes against one that lies beside it."""
    town = covered_town(tmp_path)
    before = town.verdict()
    assert before.ok
    shutil.copyfile(town.folder / "plan.gpkg", town.folder / "before.gpkg")
    held: dict[str, list[str]] = {row["team_id"]: [] for row in town.tables["teams"]}
    for row in town.tables["stations"]:
        if row["team_id"]:
            held[row["team_id"]].append(row["station_id"])
    teams = [
        {"team_id": row["team_id"], "post_id": row["post_id"], "officers": row["officers"],
         "stations": held[row["team_id"]]}
        for row in town.tables["teams"]
    ]  # fmt: skip
    town.info["previous_plan_id"] = before.plan_id
    town.info["changes"] = {
        "strength": "keep", "stations": 0, "officers": 0, "bound": 0, "free": {},
        "former": {"teams": teams, "posts": {}, "classes": {}, "rung_low": {}},
    }  # fmt: skip
    return town


def former(town: Town) -> list[dict[str, Any]]:
    return town.info["changes"]["former"]["teams"]


def test_honest_changes_are_accepted(again: Town) -> None:
    """What is counted right is told in a note, and the plan before is found beside."""
    verdict = again.verdict()
    assert verdict.breaches == ()
    assert "changes: 0 counted anew, bound taken as told" in verdict.notes
    assert not any("not found" in note for note in verdict.notes)


def test_plan_before_that_is_gone_is_told(again: Town) -> None:
    """Without the file of the plan before, what is said of it is taken as told, and noted."""
    (again.folder / "before.gpkg").unlink()
    again.info["previous_plan_id"] = "0123456789abcdef"
    verdict = again.verdict()
    assert verdict.breaches == ()
    assert "plan before 0123456789abcdef: not found, taken as told" in verdict.notes


def test_ids_of_the_plan_before_may_be_spelt_otherwise(again: Town) -> None:
    """Blanks that a table would lose make no change, in the plan before as elsewhere."""
    stations = former(again)[0]["stations"]
    stations[0] = f" {stations[0]} "
    assert again.verdict().breaches == ()


def test_other_files_of_the_folder_are_not_on_trial(again: Town) -> None:
    """A file beside the plan that is none, or is damaged, says nothing about the plan."""
    (again.folder / "another.gpkg").write_bytes(b"no database")
    (again.folder / "empty.gpkg").touch()
    verdict = again.verdict()
    assert verdict.breaches == ()
    assert not any("not found" in note for note in verdict.notes)


FORGERIES = {
    "stations told too few": (
        lambda t: former(t)[0]["stations"].append(former(t)[1]["stations"].pop()), "figure-wrong"),
    "stations told too many": (lambda t: t.info["changes"].update(stations=1), "figure-wrong"),
    "officers told too many": (lambda t: t.info["changes"].update(officers=2), "figure-wrong"),
    "post before changed": (lambda t: former(t)[0].update(post_id="P9"), "figure-wrong"),
    "officers before changed": (lambda t: former(t)[0].update(officers=1), "figure-wrong"),
    "plan before changed": (
        lambda t: former(t).append(
            {"team_id": "T99", "post_id": "P1", "officers": 2, "stations": []}), "changes-wrong"),
    "bound above the count": (lambda t: t.info["changes"].update(bound=1), "changes-wrong"),
    "bound below zero": (lambda t: t.info["changes"].update(bound=-1), "changes-wrong"),
    "bound not whole": (lambda t: t.info["changes"].update(bound=0.0), "changes-wrong"),
    "team twice": (lambda t: former(t).append(dict(former(t)[0])), "changes-wrong"),
    "station twice": (
        lambda t: former(t)[0]["stations"].append(former(t)[0]["stations"][0]), "changes-wrong"),
    "no plan before": (lambda t: t.info.update(previous_plan_id=None), "changes-wrong"),
    "no changes": (lambda t: t.info.pop("changes"), "changes-wrong"),
    "emptied": (lambda t: t.info.update(changes={}), "changes-wrong"),
    "no former plan": (lambda t: t.info["changes"].pop("former"), "changes-wrong"),
    "no counts": (lambda t: t.info["changes"].pop("stations"), "changes-wrong"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_changes_are_refused(again: Town, name: str) -> None:
    """Whatever is changed in what a re-plan says of itself is told by its own code."""
    damage, code = FORGERIES[name]
    damage(again)
    assert code in codes(again.verdict())


def test_names_that_hide_a_better_matching_are_refused(again: Town) -> None:
    """Two teams that swap their names keep less than they could, and are found out."""
    teams = former(again)
    one, other = copy.deepcopy(teams[0]), copy.deepcopy(teams[1])
    teams[0]["team_id"], teams[1]["team_id"] = other["team_id"], one["team_id"]
    moved = [len(team["stations"]) for team in (one, other)]
    again.info["changes"].update(stations=sum(moved), bound=None)
    assert codes(again.verdict()) == ["changes-wrong"] * 2  # by itself, and beside the file
