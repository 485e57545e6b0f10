"""Scenario files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metro_gis.doctrine import RiskClass
from metro_gis.errors import ScenarioError
from metro_gis.scenario import Scenario, load_scenario


@pytest.fixture
def write(tmp_path):
    """Writes a scenario file and gives its path."""

    def make(text, name="case.toml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return make


def faults_of(path):
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    return caught.value.faults


def test_empty_file_has_every_default(write):
    """A scenario may say nothing: the defaults are those of the handbook."""
    scenario = load_scenario(write(""))
    assert scenario.limits.deploy_minutes == 30
    assert scenario.limits.beat_minutes == 8
    assert scenario.beats.border == "kecamatan"
    assert scenario.doctrine.ladder == (4, 5, 6, 8, 10, 12, 16, 20)
    assert scenario.doctrine.patterns[RiskClass.ELEVATED].ladder == (2,)
    assert scenario.travel.speeds["primary"] == 45
    assert scenario.stem == "case"


def test_resolved_scenario_holds_every_speed(write):
    """What a plan stores has the table of speeds filled in, the scenario's own laid over."""
    scenario = load_scenario(write("[travel.speeds_kph]\ntrack = 9"))
    assert scenario.resolved()["travel"]["speeds_kph"]["track"] == 9
    assert scenario.resolved()["travel"]["speeds_kph"]["primary"] == 45


def test_branches_are_limited_only_where_asked(write):
    """Without the key the search may look at any number of branches; a base hands it on."""
    assert load_scenario(write("")).resolved()["solver"]["nodes"] is None
    assert load_scenario(write("[solver]\nnodes = 40", "base.toml")).solver.nodes == 40
    assert load_scenario(write('base = "base.toml"')).resolved()["solver"]["nodes"] == 40


def test_unknown_key_is_refused_with_the_nearest_name(write):
    """A misspelt key is never ignored."""
    (fault,) = faults_of(write("[limits]\ndeploy_minuts = 20"))
    assert fault.code == "scenario-key-unknown"
    assert fault.params["nearest"] == "deploy_minutes"
    assert "limits.deploy_minuts" in fault.line("en")


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("[limits]\nbeat_minutes = 0", "limits.beat_minutes"),
        ("[limits]\nbeat_minutes = nan", "limits.beat_minutes"),
        ("[limits]\nbeat_minutes = inf", "limits.beat_minutes"),
        ("[limits]\nbeat_minutes = -3", "limits.beat_minutes"),
        ('[limits]\nbeat_minutes = "8"', "limits.beat_minutes"),
        ("[limits]\nbeat_minutes = true", "limits.beat_minutes"),
        ("[patterns.low]\nladder = [5, 4]", "patterns.low"),
        ("[patterns.low]\nladder = []", "patterns.low.ladder"),
        ("[patterns.high]\nstations = 0", "patterns.high.stations"),
        ('[patterns]\nlow = "2:8:16"', "patterns.low"),
        ("[beats]\nteam_minutes = 0.25", "beats"),
        ('[beats]\nborder = "desa"', "beats.border"),
        ("[solver]\nseed = 1.5", "solver.seed"),
        ("[solver]\nnodes = 0", "solver.nodes"),
        ("[solver]\nnodes = -5", "solver.nodes"),
        ("[solver]\nnodes = 2.5", "solver.nodes"),
        ("[solver]\nnodes = true", "solver.nodes"),
        ('[solver]\nnodes = "many"', "solver.nodes"),
        ("[solver]\nnodes = 2147483648", "solver.nodes"),
        ("[travel.speeds_kph]\nhighway = 80", "travel"),
        ("[travel]\nfactor = 0", "travel.factor"),
        ('[voting]\ndate = "27-11-2024"', "voting.date"),
        ('[voting]\ndate = "2024-11-31"', "voting"),
        ('[voting]\nopens = "7:00"', "voting.opens"),
        ('[voting]\nopens = "07:00"\ncloses = "24:00"', "voting.closes"),
        ('[voting]\nopens = "07:00"', "voting"),
        ('[voting]\nopens = "0\u0667:00"\ncloses = "13:00"', "voting.opens"),
        ('[voting]\nopens = "13:00"\ncloses = "07:00"', "voting"),
    ],
)
def test_values_out_of_range_are_refused_by_name(write, text, column):
    """Wrong types and values are named with their key; nothing is converted."""
    (fault,) = faults_of(write(text))
    assert fault.code == "scenario-value"
    assert fault.column == column


def test_all_faults_are_told_at_once(write):
    """Three mistakes make three messages."""
    text = "[limits]\ndeploy_minutes = 0\nbeat_minute = 1\n[solver]\ngap = 2"
    assert len(faults_of(write(text))) == 3


def test_comma_in_a_number_is_explained(write):
    """A decimal comma is a syntax fault that says where, and to use a point."""
    (fault,) = faults_of(write("[limits]\nbeat_minutes = 1,5"))
    assert fault.code == "scenario-syntax"
    assert "line 2" in fault.line("en")
    assert "point" in fault.line("en")


def test_byte_order_mark_is_accepted(write):
    """A mark that Windows editors put in front does no harm."""
    assert load_scenario(write(b"\xef\xbb\xbf[limits]\nbeat_minutes = 5")).limits.beat_minutes == 5


def test_other_encodings_are_refused(write):
    """Bytes that are no UTF-8 are named by their place."""
    (fault,) = faults_of(write(b'title = "caf\xe9"'))
    assert fault.code == "not-utf8"


def test_base_is_inherited_and_overridden(write):
    """Tables of a base are laid under, key by key."""
    write("[limits]\ndeploy_minutes = 20\nbeat_minutes = 5", "base.toml")
    scenario = load_scenario(write('base = "base.toml"\n[limits]\nbeat_minutes = 6'))
    assert scenario.limits.deploy_minutes == 20
    assert scenario.limits.beat_minutes == 6


def test_base_loop_is_refused(write):
    """Two files that inherit from each other are named as a chain."""
    write('base = "case.toml"', "other.toml")
    (fault,) = faults_of(write('base = "other.toml"'))
    assert fault.code == "scenario-base-loop"
    assert "case.toml > other.toml" in fault.line("en")


def test_missing_file_is_a_fault(tmp_path):
    """A file that is not there is told with the system's reason."""
    (fault,) = faults_of(tmp_path / "none.toml")
    assert fault.code == "unreadable"


def test_headcounts_cannot_be_hidden_in_a_file(write):
    """Keys that the command line sets are refused in a file."""
    (fault,) = faults_of(write("[officers]\nx = 1"))
    assert fault.code == "scenario-key-reserved"


def test_replace_checks_anew():
    """A changed copy is checked like a file."""
    assert Scenario().replace(solver={"time_limit_s": 3.0}).solver.time_limit_s == 3.0
    with pytest.raises(ScenarioError):
        Scenario().replace(solver={"time_limit_s": -1.0})


@given(st.binary(max_size=200))
def test_any_bytes_are_a_scenario_or_a_fault(tmp_path_factory, content):
    """No content of a file ends in anything but a scenario or a ScenarioError."""
    path = tmp_path_factory.mktemp("any") / "any.toml"
    path.write_bytes(content)
    try:
        load_scenario(path)
    except ScenarioError as error:
        assert error.lines("id")  # noqa: PT017 (both outcomes are right)


def test_what_is_said_of_voting_is_kept_and_nothing_said_leaves_no_trace(write):
    """Day and hours reach the plan as they are written; a plan without them has no such key."""
    text = '[voting]\ndate = "2024-11-27"\nopens = "07:00"\ncloses = "13:00"'
    voting = load_scenario(write(text)).resolved()["voting"]
    assert voting == {"date": "2024-11-27", "opens": "07:00", "closes": "13:00"}
    assert "voting" not in load_scenario(write("[voting]")).resolved()
