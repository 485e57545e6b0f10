"""The boundary to PuLP and HiGHS."""

import math
import random
import signal
import threading
import time

import pulp
import pytest

from metro_gis.solver import (
    Limits,
    Termination,
    bound_program,
    engine_name,
    relaxed_duals,
    run_in_threads,
    solve_program,
)


def hard_program(size=40, seed=1):
    """A generalised assignment that no engine finishes within a second."""
    rng = random.Random(seed)
    lp = pulp.LpProblem("hard", pulp.LpMinimize)
    tasks, agents = range(size * 3), range(size // 2)
    take = {
        (t, a): lp.add_variable(f"take_{t}_{a}", 0, 1, cat=pulp.LpBinary)
        for t in tasks
        for a in agents
    }
    weight = {key: rng.randint(5, 25) for key in take}
    cost = {key: 111 - weight[key] + rng.randint(-10, 10) for key in take}
    for t in tasks:
        lp.addConstraint(pulp.lpSum(take[t, a] for a in agents) == 1, f"task_{t}")
    for a in agents:
        room = int(0.8 * sum(weight[t, a] for t in tasks) / len(agents))
        load = pulp.lpSum(weight[t, a] * take[t, a] for t in tasks)
        lp.addConstraint(load <= room, f"agent_{a}")
    lp.setObjective(pulp.lpSum(cost[key] * variable for key, variable in take.items()))
    return lp


def small_program():
    lp = pulp.LpProblem("small", pulp.LpMinimize)
    x = lp.add_variable("x", 0, 9, cat=pulp.LpInteger)
    y = lp.add_variable("y", 0, 9, cat=pulp.LpInteger)
    lp.setObjective(2 * x + 3 * y)
    lp.addConstraint(2 * x + 2 * y >= 9, "need")
    return lp


@pytest.mark.parametrize("nodes", [1, 5, 50])
def test_nodes_end_a_search_exactly(nodes):
    """A limit in nodes is kept to the node, told, and never called optimal."""
    answer = solve_program(hard_program(), Limits(nodes=nodes))
    assert answer.termination is Termination.WORK_LIMIT
    assert answer.nodes == nodes
    assert answer.bound < answer.value


def test_optimum_comes_with_value_bound_and_values():
    """A program that is solved has equal value and bound, and whole values."""
    answer = solve_program(small_program(), Limits())
    assert answer.termination is Termination.OPTIMAL
    assert answer.value == pytest.approx(10)
    assert answer.bound == pytest.approx(10)
    assert answer.values == {"x": 5.0, "y": 0.0}


def test_time_limit_is_not_called_optimal():
    """What PuLP calls Optimal after a time limit is a time limit here, with a bound below."""
    started = time.monotonic()
    answer = solve_program(hard_program(), Limits(time_limit_s=1.0))
    assert answer.termination is Termination.TIME_LIMIT
    assert answer.value is None or answer.bound < answer.value
    assert time.monotonic() - started < 30


def test_infeasible_program_has_no_values():
    """Values that an engine leaves behind after 'infeasible' are not handed on."""
    lp = small_program()
    lp.addConstraint(pulp.lpSum(lp.variables()) <= 4, "room")
    answer = solve_program(lp, Limits())
    assert answer.termination is Termination.INFEASIBLE
    assert not answer.solved
    assert answer.values == {}


def test_stop_from_outside_keeps_the_best_solution():
    """Setting the event ends the search soon, as interrupted."""
    stop = threading.Event()
    timer = threading.Timer(0.5, stop.set)
    timer.start()
    started = time.monotonic()
    answer = solve_program(hard_program(), Limits(time_limit_s=60.0), stop=stop)
    assert answer.termination is Termination.INTERRUPTED
    assert time.monotonic() - started < 30


def test_search_that_is_not_wanted_does_not_begin():
    """With the event set beforehand nothing is solved, and nothing is proven."""
    stop = threading.Event()
    stop.set()
    answer = solve_program(small_program(), Limits(), stop=stop)
    assert answer.termination is Termination.INTERRUPTED
    assert not answer.solved
    assert answer.bound == -math.inf


def test_interrupted_wait_leaves_no_engine_at_work():
    """Where waiting for the engine is broken off, the engine ends too."""
    hear = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.7)
    try:
        with pytest.raises(KeyboardInterrupt):
            solve_program(hard_program(), Limits(time_limit_s=60.0))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, hear)
    # its thread has only to end
    for thread in threading.enumerate():
        if thread.name == "engine":
            thread.join(timeout=10)
            assert not thread.is_alive()


def test_start_is_never_made_worse():
    """A solution handed in is the worst that can come back."""
    limits = Limits(time_limit_s=60.0, first_solution=True)
    first = solve_program(hard_program(), limits)
    assert first.solved
    again = solve_program(hard_program(), limits, start=first.values)
    assert again.value <= first.value + 1e-6


def test_first_solution_is_enough_where_asked():
    """The search ends at the first solution, which is not called optimal."""
    answer = solve_program(hard_program(), Limits(time_limit_s=60.0, first_solution=True))
    assert answer.solved
    assert answer.termination is Termination.WORK_LIMIT


def test_progress_hears_value_and_bound():
    """While the search goes on the listener hears of bounds not above the values."""
    heard = []
    solve_program(
        hard_program(),
        Limits(time_limit_s=4.0),
        progress=lambda value, bound: heard.append((value, bound)),
    )
    assert heard
    assert all(value is None or bound <= value + 1e-6 for value, bound in heard)


def test_programs_in_two_threads_do_not_disturb_each_other():
    """Solved side by side, each gives what it gives alone."""
    alone = [solve_program(hard_program(8, seed), Limits()).value for seed in range(4)]
    jobs = [lambda seed=seed: solve_program(hard_program(8, seed), Limits()) for seed in range(4)]
    assert [answer.value for answer in run_in_threads(jobs, 2)] == pytest.approx(alone)


def test_dual_of_a_capacity_is_what_one_more_would_save():
    """The relaxed program's row dual is the derivative of its value."""
    lp = pulp.LpProblem("dual", pulp.LpMinimize)
    x = lp.add_variable("x", 0, None)
    y = lp.add_variable("y", 0, None)
    lp.setObjective(1 * x + 5 * y)
    lp.addConstraint(x + y >= 3, "need")
    lp.addConstraint(1 * x <= 2, "room")
    assert relaxed_duals(lp) == pytest.approx({"need": 5.0, "room": -4.0})


def test_nothing_is_printed(capfd):
    """The engine prints neither a banner nor a log: stdout is for results."""
    solve_program(small_program(), Limits())
    out, err = capfd.readouterr()
    assert out == ""
    assert err == ""


def test_engine_is_named_with_its_versions():
    """The name says which engine and which PuLP solved it."""
    assert engine_name().startswith("HiGHS 1.")
    assert "PuLP" in engine_name()


def test_known_wrong_presolve_is_not_installed():
    """The model that HiGHS 1.14 and 1.15 solve wrongly, found by brute force, is solved rightly."""
    import brute
    import toys

    from metro_gis.optimize import Settings, optimize

    problem = toys.random_town(961)
    outcome = optimize(problem, Settings(30.0, 0.0, threads=1))
    assert outcome.aims[2].value == brute.best_plan(problem)[2]


def test_bound_with_few_whole_variables():
    """With some variables whole the bound lies between that of none and that of all."""
    lp = small_program()
    exact = solve_program(lp, Limits())
    found = {names: bound_program(lp, Limits(), whole=names) for names in ((), ("y",), ("x", "y"))}
    # 2x + 2y >= 9, least 2x + 3y: 9 at x = 4.5; with y whole still; all whole 10 at x = 5
    assert [round(one.bound, 6) for one in found.values()] == [9, 9, 10]
    assert exact.value == 10
    assert [sorted(one.values) for one in found.values()] == [[], ["y"], ["x", "y"]]
    # the program is as it was
    assert solve_program(lp, Limits()).value == 10


def test_bound_of_what_cannot_be():
    """A program without solution is told, and so is a search that was stopped before it began."""
    lp = small_program()
    lp.addConstraint(lp.variables()[0] >= 10, "too_much")
    assert bound_program(lp, Limits(), whole=("y",)).bound == math.inf
    stop = threading.Event()
    stop.set()
    assert bound_program(small_program(), Limits(), whole=("y",), stop=stop).bound == -math.inf


def test_bound_in_a_moment_is_still_one():
    """Cut short, the bound lies below the value of the whole program."""
    lp = hard_program(size=12)
    names = [one.name for one in lp.variables()[:60]]
    found = bound_program(lp, Limits(nodes=1), whole=names)
    assert found.bound <= solve_program(lp, Limits(nodes=5)).value
    assert all(value == round(value) for value in found.values.values())
