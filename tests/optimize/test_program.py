"""The compact program as it is stated: a golden LP file, and what must not be in it."""

import re
from pathlib import Path

import pytest
import toys

from metro_gis.optimize.cover import full_program
from metro_gis.optimize.pools import last_rungs
from metro_gis.optimize.program import AbandonedError

GOLDEN = Path(__file__).parent / "golden"


def lp_text(program):
    """Write a program as an LP file: rows and terms sorted, the same for every PuLP."""
    lp = program.lp

    def terms(expression):
        return " ".join(
            f"{coefficient:+g} {variable.name}"
            for variable, coefficient in sorted(expression.items(), key=lambda item: item[0].name)
        )

    sense = {-1: "<=", 0: "=", 1: ">="}
    rows = [
        f" {row.name}: {terms(row)} {sense[row.sense]} {0.0 - row.constant:g}"
        for row in sorted(lp.constraints(), key=lambda row: row.name)
    ]
    names = sorted(variable.name for variable in lp.variables())
    return "\n".join(
        [
            "Minimize",
            f" officer_minutes_tenths: {terms(lp.objective)}",
            "Subject To",
            *rows,
            "Binary",
            *(f" {name}" for name in names),
            "End",
            "",
        ]
    )


def golden_rows():
    """Take the rows out of the golden file."""
    text = (GOLDEN / "golden_town.lp").read_text(encoding="utf-8")
    return text.split("Subject To\n")[1].split("Binary")[0].splitlines()


def golden_town():
    """Three *low* stations of two kelurahan and a *high* one, two posts of which one is far."""
    return toys.problem(
        [toys.LOW, toys.LOW, toys.LOW, toys.HIGH],
        [[10, 20, 30, 40], [250, 260, 320, 240]],
        [[0, 10, 20, 30], [10, 0, 10, 20], [20, 10, 0, 90], [30, 20, 90, 0]],
        [4, 2],
        kelurahan=["a", "a", "b", "b"],
        ladder=(2, 3),
    )


def test_program_equals_its_golden_file():
    """The rules of the model, row by row, are those of the golden file."""
    problem = golden_town()
    program = full_program(problem, last_rungs(problem), may_miss=True)
    program.aim_at_nearness()
    assert lp_text(program) == (GOLDEN / "golden_town.lp").read_text(encoding="utf-8")


def test_golden_file_is_an_lp_file_that_the_engine_reads():
    """The golden file is no dialect: HiGHS reads it and finds the optimum derived by hand."""
    import highspy

    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)  # noqa: FBT003 (the engine takes it so)
    highs.readModel(str(GOLDEN / "golden_town.lp"))
    # missing everything costs no minutes: the cover rows of the tiers are not in this file
    highs.run()
    assert highs.getInfo().objective_function_value == 0
    assert highs.getNumRow() == len(golden_rows())


def test_every_kind_of_row_has_a_golden_line():
    """Each kind of constraint named in optimize/README.md stands in the golden file."""
    text = (GOLDEN / "golden_town.lp").read_text(encoding="utf-8")
    kinds = set(re.findall(r"^ ([a-z]+)_\d", text, flags=re.MULTILINE))
    assert kinds >= {"cover", "load", "reach", "post", "teams", "serve", "team", "miss"}


def test_pairs_beyond_a_limit_are_never_built():
    """Of two stations beyond the beat limit neither is served from the other."""
    program = full_program(golden_town(), last_rungs(golden_town()), may_miss=False)
    served = {(one.station, one.anchor) for one in program.serves}
    assert (2, 3) not in served
    assert (0, 2) in served


def test_post_beyond_the_limit_sends_no_team():
    """A post that needs 32 minutes to an anchor has no variable for it."""
    program = full_program(golden_town(), last_rungs(golden_town()), may_miss=False)
    assert (1, 2) not in {(one.post, one.anchor) for one in program.teams}


@pytest.mark.parametrize("asked", [1, 2, 3])
def test_statement_ends_when_nobody_waits(asked):
    """A program that is no longer wanted is never handed on half stated."""
    answers = iter([False] * (asked - 1) + [True])
    with pytest.raises(AbandonedError):
        full_program(
            golden_town(), last_rungs(golden_town()), may_miss=True, is_out=lambda: next(answers)
        )
    assert next(answers, None) is None


def test_start_and_read_are_inverse():
    """Beats turned into values and back are the same beats."""
    from metro_gis.optimize import Settings, optimize
    from metro_gis.optimize.search import sizes_of

    problem = golden_town()
    outcome = optimize(problem, Settings(10.0, 0.0, threads=1))
    program = full_program(problem, dict.fromkeys(problem.units, 3), may_miss=True)
    values = program.start(outcome.beats, sizes_of(problem, outcome.beats))
    assert set(program.read(values)) == set(outcome.beats)
