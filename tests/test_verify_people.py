"""The independent checker repeats the draw, and names every damage done to names."""

import copy
import csv
import itertools
import json
import re
import shutil
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lots import every_assignment, first_by_force, rooms
from tables import edit_rows, read_rows

from metro_gis.people import METHOD, Officer, list_sha256
from metro_gis.plan_file import PlanFile, plan_id_of, read_plan, write_plan
from metro_gis.verify import BREACHES, verify_plan
from metro_gis.verify_people import FIELDS, People
from metro_gis.workspace import sha256_of

HERE = "polres-metro"
CODES = {
    "draw-missing", "draw-order", "officer-count", "officer-differs", "officer-duty",
    "officer-previous", "officer-team", "post-duty", "team-home", "team-lead", "team-size",
}  # fmt: skip
"""What the checker may find broken about names."""


@pytest.fixture(scope="module")
def named(sample_workspace, tmp_path_factory, metro_gis):
    """Sixteen stations of the sample, planned and drawn by name."""
    folder = tmp_path_factory.mktemp("named") / "metro"
    shutil.copytree(sample_workspace, folder)
    edit_rows(folder / "data/stations.csv", lambda row, n: row if n % 29 == 0 else None)
    metro_gis("optimize", "plan", "named", workspace=folder, check=0)
    return folder


class Forgery:
    """A plan with names that is open to damage, and its list; both get hashes that fit."""

    def __init__(self, workspace, folder):
        self.workspace, self.folder = workspace, folder
        plan = read_plan(workspace / "optimize/plans/named.gpkg")
        self.plan = plan
        self.tables, self.info = copy.deepcopy(dict(plan.tables)), copy.deepcopy(dict(plan.info))
        self.listed = read_rows(workspace / "data/personnel.csv")

    @property
    def rows(self):
        """Rows of the layer of officers."""
        return self.tables["officers"]

    def first(self, skip=0, **fields):
        """Find an officer by post, duty and the like."""
        found = [r for r in self.rows if all(r[key] == value for key, value in fields.items())]
        return found[skip]

    def raw(self, row):
        """Find an officer on the list."""
        return next(one for one in self.listed if one["officer_id"] == row["officer_id"])

    def relist(self):
        """Write the changed list, and record it as an honest planner would."""
        path = self.folder / "personnel.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, FIELDS)
            writer.writeheader()
            writer.writerows(self.listed)
        self.info["scenario"]["inputs"]["personnel"]["file"] = str(path)
        entry = next(one for one in self.info["inputs"] if one["name"] == "personnel")
        entry |= {"file": str(path), "sha256": sha256_of(path), "rows": len(self.listed)}
        officers = [Officer(*(one[field] for field in FIELDS)) for one in self.listed]
        self.info["draw"] |= {"list_sha256": list_sha256(officers), "officers": len(officers)}

    def verdict(self):
        """Check the damaged plan, its id being that of its content."""
        self.info["plan_id"] = plan_id_of(self.tables, self.info)
        path = self.folder / "forged.gpkg"
        write_plan(PlanFile(self.tables, self.info, self.plan.points, self.plan.rounds), path)
        return verify_plan(path, self.workspace)


@pytest.fixture
def forgery(named, tmp_path):
    """A plan to be damaged."""
    return Forgery(named, tmp_path)


def swap(one, other):
    """Exchange the places of two officers."""
    for key in ("duty", "team_id"):
        one[key], other[key] = other[key], one[key]


def swap_posts(forged):
    """Exchange two officers of different posts, one in a team."""
    able = {one["officer_id"] for one in forged.listed if one["duty"] == "any"}
    abroad = next(r for r in forged.rows if r["duty"] == "station" and r["post_id"] != HERE)
    here = [r for r in forged.rows if r["duty"] == "reserve" and r["post_id"] == HERE]
    swap(abroad, next(r for r in here if r["officer_id"] in able))


def swap_equals(forged):
    """Exchange two officers of one post who may both stand where the other did."""
    bound = {one["officer_id"] for one in forged.listed if one["duty"] == "any"}
    free = [r for r in forged.rows if r["officer_id"] in bound and r["post_id"] == HERE]
    swap(
        next(r for r in free if r["duty"] == "fixed"),
        next(r for r in free if r["duty"] == "reserve"),
    )


def drop(forged):
    """Leave an officer out of the plan."""
    forged.rows.remove(forged.first(duty="free"))


def double(forged):
    """Name an officer twice."""
    forged.rows.append(dict(forged.first(duty="free")))


def invent(forged):
    """Add an officer who is on no list."""
    forged.rows.append(forged.first(duty="free") | {"officer_id": "99999999"})


def rerank(forged):
    """Write another rank into the plan."""
    forged.first(duty="free")["rank"] = "Aipda"


def rename(forged):
    """Write another name into the plan."""
    forged.first(duty="station")["name"] = "Officer 999"


def no_lead(forged):
    """Take the leading ranks from a team, on the list and in the plan."""
    team = forged.tables["teams"][0]["team_id"]
    for row in forged.rows:
        if row["team_id"] == team:
            row["rank"] = forged.raw(row)["rank"] = "Bripda"
    forged.relist()


def go_home(forged):
    """Let a team's officer live where it guards."""
    row = forged.first(duty="station")
    station = next(one for one in forged.tables["stations"] if one["team_id"] == row["team_id"])
    forged.raw(row)["home_kelurahan"] = station["kelurahan"].upper()
    forged.relist()


def no_home(forged):
    """Let nobody know where a team's officer lives."""
    forged.raw(forged.first(duty="station"))["home_kelurahan"] = ""
    forged.relist()


def set_aside(forged):
    """Give an officer in a team another duty on the list."""
    forged.raw(forged.first(duty="station"))["duty"] = "reserve"
    forged.relist()


def more_rules(forged):
    """State other leading ranks, in scenario and draw alike."""
    for part in (forged.info["scenario"]["people"], forged.info["draw"]["rules"]):
        part["lead_ranks"] = ["Kompol"]


def other_rules(forged):
    """State other rules in the draw than in the scenario."""
    forged.info["draw"]["rules"]["avoid_home"] = False


def other_seed(forged):
    """State another seed in the draw."""
    forged.info["draw"]["seed"] = 2


def other_seeds(forged):
    """State another seed in draw and scenario."""
    forged.info["draw"]["seed"] = forged.info["scenario"]["people"]["seed"] = 2


def other_hash(forged):
    """State another hash of the list."""
    forged.info["draw"]["list_sha256"] = "0" * 64


def other_method(forged):
    """Claim another kind of draw."""
    forged.info["draw"]["method"] = "by hand"


def move(forged):
    """Move an officer from one team of a post to another."""
    teams = forged.tables["teams"]
    one, other = next(
        (one["team_id"], other["team_id"])
        for one, other in itertools.combinations(teams, 2)
        if one["post_id"] == other["post_id"]
    )
    forged.first(team_id=one)["team_id"] = other


def leave(forged):
    """Let an officer have a team, but another duty."""
    forged.first(duty="station")["duty"] = "free"


def exceed(forged):
    """Put a free officer on a fixed post that the post does not have."""
    ids = {one["officer_id"] for one in forged.listed if one["duty"] == "any"}
    next(r for r in forged.rows if r["duty"] == "free" and r["officer_id"] in ids)["duty"] = "fixed"


def claim(forged):
    """Claim an earlier place without an earlier plan."""
    row = forged.first(duty="fixed")
    row["previous"] = "fixed"


def claim_unknown(forged):
    """Claim an earlier place that the plan does not have."""
    forged.info["draw"]["previous_plan_id"] = "0123456789abcdef"
    forged.first(duty="fixed")["previous"] = "T999"


def claim_lost(forged):
    """Claim an earlier place that was to be had, and was not given."""
    forged.info["draw"]["previous_plan_id"] = "0123456789abcdef"
    ids = {one["officer_id"] for one in forged.listed if one["duty"] == "any"}
    row = next(r for r in forged.rows if r["duty"] == "reserve" and r["officer_id"] in ids)
    row["previous"] = "fixed"


def hide_layer(forged):
    """Leave the layer out and keep the claim of a draw."""
    del forged.tables["officers"]


def hide_draw(forged):
    """Keep the layer without saying how it was drawn."""
    del forged.info["draw"]


def hide_list(forged):
    """Keep names without a list that they come from."""
    forged.info["scenario"]["inputs"]["personnel"] = None


DAMAGES = {
    swap_posts: "officer-team", swap_equals: "draw-order", drop: "officer-count",
    double: "id-twice", invent: "officer-count", rerank: "officer-differs",
    rename: "officer-differs", no_lead: "team-lead", go_home: "team-home", no_home: "team-home",
    set_aside: "officer-duty", more_rules: "team-lead", other_rules: "figure-wrong",
    other_seed: "figure-wrong", other_seeds: "draw-order", other_hash: "figure-wrong",
    other_method: "figure-wrong", move: "team-size", leave: "officer-team", exceed: "post-duty",
    claim: "officer-previous", claim_unknown: "officer-previous", claim_lost: "draw-order",
    hide_layer: "draw-missing", hide_draw: "draw-missing", hide_list: "check-stopped",
}  # fmt: skip


def test_honest_names_hold(forgery):
    """The plan as drawn holds, its list written anew too, and the draw is said to be repeated."""
    forgery.relist()
    verdict = forgery.verdict()
    assert verdict.breaches == ()
    assert "names" in verdict.checks
    assert "draw: repeated for 565 officers" in verdict.notes


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_every_damage_is_named(forgery, damage):
    """A damaged assignment is refused with the code of what is wrong, and tells nobody's number."""
    damage(forgery)
    verdict = forgery.verdict()
    told = " ".join(breach.text for breach in verdict.breaches)
    assert DAMAGES[damage] in {breach.code for breach in verdict.breaches}
    assert not re.search(r"Officer \d{3}\b", told)
    assert not [one for one in forgery.listed if one["officer_id"] in told]


def test_every_code_is_tried():
    """Each code about names is told of some damage here."""
    assert set(BREACHES) >= CODES
    assert set(DAMAGES.values()) >= CODES


def test_forged_names_get_exit_5(forgery, metro_gis):
    """The command refuses swapped officers in both languages, masked."""
    swap_equals(forgery)
    forgery.verdict()
    path = forgery.folder / "forged.gpkg"
    for lang, word in (("en", "earlier place"), ("id", "lebih dahulu")):
        ran = metro_gis("verify", path, "--lang", lang, workspace=forgery.workspace, check=5)
        assert word in ran.out
        assert "00…" in ran.out


def test_changed_list_is_refused(named, tmp_path, metro_gis):
    """A list that was changed after the draw is told as a changed input."""
    folder = tmp_path / "metro"
    shutil.copytree(named, folder)
    edit_rows(
        folder / "data/personnel.csv", lambda row, n: row | ({"rank": "AKP"} if n == 1 else {})
    )
    ran = metro_gis("--json", "verify", "named", workspace=folder, check=5)
    assert {one["code"] for one in ran.json["breaches"]} >= {"input-changed"}


def test_names_may_be_taken_out_but_not_by_hand(forgery):
    """Without layer and draw the plan holds, as one without names; the old id gives it away."""
    hide_layer(forgery)
    hide_draw(forgery)
    assert forgery.verdict().ok
    path = forgery.folder / "forged.gpkg"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "UPDATE plan_info SET value = ? WHERE key = 'plan_id'", (json.dumps("0" * 16),)
        )
    assert [one.code for one in verify_plan(path, forgery.workspace).breaches] == ["plan-id-wrong"]


@given(rooms(), st.data())
def test_checker_accepts_the_first_assignment_and_no_other(case, data):
    """Of all assignments that keep the rules the checker accepts the one found by brute force."""
    room, officers, rules, seed, wishes = case
    wishes = {one: place for one, place in wishes.items() if place != "free"}
    best = first_by_force(room, officers, rules, seed, wishes)
    if best is None:
        return
    others = [one for one in every_assignment(room, officers, rules) if one != best]
    some = data.draw(st.lists(st.sampled_from(others), max_size=8)) if others else []
    assert told(case, wishes, best) == set()
    for other in some:
        assert told(case, wishes, other) == {"draw-order"}


def told(case, wishes, drawn):
    """Give the codes that the checker tells of an assignment."""
    room, officers, rules, seed, _ = case
    teams = {team.team_id for team in room.teams}
    stated = {"lead_ranks": list(rules.lead_ranks), "avoid_home": rules.avoid_home}
    post = {"post_id": room.post_id, "fixed_officers": room.fixed,
            "reserve_officers": room.reserve, "free_officers": room.free}  # fmt: skip
    listed = {one.officer_id: {f: getattr(one, f) for f in FIELDS} for one in officers}
    people = People(
        listed=listed,
        named=[
            {
                "officer_id": one.officer_id, "name": one.name, "rank": one.rank,
                "post_id": one.post_id,
                "duty": "station" if drawn[one.officer_id] in teams else drawn[one.officer_id],
                "team_id": drawn[one.officer_id] if drawn[one.officer_id] in teams else None,
                "previous": wishes.get(one.officer_id),
            }
            for one in officers
        ],
        teams=[
            {"team_id": team.team_id, "post_id": room.post_id, "officers": team.officers}
            for team in room.teams
        ],
        posts=[post],
        wards={team.team_id: set(team.kelurahan) for team in room.teams},
        rules=stated | {"seed": seed},
        told={
            "method": METHOD, "seed": seed, "list_sha256": list_sha256(officers),
            "officers": len(officers), "rules": stated, "previous_plan_id": "0" * 16,
        },
    )  # fmt: skip
    return {code for code, _ in people.breaches()}
