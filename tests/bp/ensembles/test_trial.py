"""One run of a solver: what is written down of it, its seed and its CPU time."""

import pickle
import time

import numpy as np
import pytest

import bp
from bp.algorithms.annealing import SimulatedAnnealing
from bp.algorithms.entropic_monte_carlo import EntropicMonteCarlo
from bp.algorithms.focusing import FocusingBP
from bp.algorithms.max_sum import MaxSum
from bp.algorithms.sbpi import SBPI
from bp.ensembles.random_problems import RandomProblems
from bp.ensembles.trial import Given, Trial, attempt, identity, label_of, settings_of
from bp.problems.committee import random_committee
from bp.problems.problem import Problem
from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron

INSTANCE = bp.random_instance(BinaryPerceptron(), 61, 0.4, rng=1)


def trial(solver, problem=INSTANCE, seconds=np.inf, distance=(), place=0):
    return Trial(Given(problem, 3, (place,)), solver, seconds, distance, "amp")


def same(one, other):
    """Whether two points are equal but for the time."""
    assert one.keys() == other.keys()
    for name in one.keys() - {"cpu_seconds"}:
        np.testing.assert_array_equal(one[name], other[name])


def test_a_point_says_what_the_run_with_its_seed_found():
    job = trial(SBPI(), distance=(0.1, 0.2))
    point, found = attempt(job), SBPI()(INSTANCE, rng=job.seed)
    assert set(job.columns) == set(point)
    assert (point["solved"], point["errors"], point["iterations"]) == (found.solved, found.errors, found.iterations)
    assert (point["n"], point["n_constraints"], point["problem"]) == (61, 24, repr(INSTANCE))
    around = bp.local_entropy(INSTANCE, found.weights, [0.1, 0.2], method="amp").entropy
    np.testing.assert_array_equal(point["local_entropy"], around)
    assert 0 < point["cpu_seconds"] < 5
    same(point, attempt(pickle.loads(pickle.dumps(job))))


def test_seeds_are_of_the_problem_and_the_solver():
    drawn_twice = RandomProblems(BinaryPerceptron(), 0.5, 21, 2).drawn(1)
    jobs = [trial(SBPI()), trial(SBPI(), place=1), trial(SBPI(barely=0.2)), trial(FocusingBP())]
    jobs += [Trial(draw, SBPI(), np.inf, (), "amp") for draw in drawn_twice]
    assert len({tuple(job.seed.generate_state(4)) for job in jobs}) == len({job.name for job in jobs}) == len(jobs)
    assert trial(SBPI(), seconds=1.0).seed.entropy == jobs[0].seed.entropy


def test_proposals_of_monte_carlo():
    harder = bp.random_instance(BinaryPerceptron(), 101, 0.7, rng=1)
    annealed, climbed = attempt(trial(SimulatedAnnealing())), attempt(trial(EntropicMonteCarlo(), harder))
    assert annealed["proposals"] == annealed["iterations"] and np.isnan(annealed["accepted"])
    assert 0 < climbed["accepted"] <= climbed["proposals"] and climbed["accepted"] <= climbed["flips"]
    assert np.isnan(annealed["flips"])
    assert np.isnan(attempt(trial(FocusingBP()))["proposals"])


def test_a_solver_that_does_not_apply_says_why():
    problem = random_committee(BinaryPerceptron(), 15, 3, 0.4, 1)
    point = attempt(trial(MaxSum(), problem))
    assert point["status"] == "inapplicable" and point["reason"] == MaxSum().applies(problem) != ""
    assert np.isnan([point[name] for name in ("solved", "errors", "iterations", "cpu_seconds")]).all()


def test_a_run_is_stopped_when_its_time_is_over():
    problem = bp.random_instance(SymmetricBinaryPerceptron(0.5), 101, 2.0, rng=1)
    point = attempt(trial(SimulatedAnnealing(max_iter=10**12), problem, seconds=0.05))
    assert point["status"] == "out-of-time" and point["solved"] == 0 and point["errors"] > 0
    assert 0.05 < point["cpu_seconds"] < 2 and point["iterations"] > 0


def test_every_run_has_to_prepare_the_problem_for_itself():
    instance = bp.Instance(INSTANCE.patterns)
    assert instance.allowed is instance.allowed  # kept from here on
    fresh = Given(instance, 1, (0,)).problem()
    assert "allowed" in vars(instance) and "allowed" not in vars(fresh) and fresh.fingerprint == instance.fingerprint


class Slow(SBPI):
    """The first run of a process takes 0.3 CPU seconds more, as if it compiled."""

    compiled = False

    def run(self, problem, rng, stored=None):
        until = time.thread_time() + (0.02 if Slow.compiled else 0.3)
        Slow.compiled = True
        while time.thread_time() < until:
            pass
        return super().run(problem, rng, stored)


def test_compilation_is_not_counted():
    """Twice 0.02 s would be a tenth of what compiling takes here; the CPU clock of a thread does not see other work."""
    assert 0.02 <= attempt(trial(Slow()))["cpu_seconds"] < 0.2


def test_identity_is_that_of_all_options():
    schedules = [np.linspace(0.1, 1 + last, 3000).reshape(-1, 2) for last in (0.0, 1e-9)]
    solvers = [FocusingBP(), FocusingBP(max_iter=5), *(FocusingBP(schedule=s) for s in schedules), SBPI()]
    assert len({identity(solver) for solver in solvers}) == len(solvers)
    assert settings_of(SBPI())["solver"] == "sbpi"


def test_labels_are_the_same_in_every_process():
    class Plain(Problem):
        n, n_constraints, model = 5, 3, None
        violated = arrays = None

        __repr__ = object.__repr__

    assert label_of(Plain()) == "Plain(3 constraints on 5 weights)" and label_of(INSTANCE) == repr(INSTANCE)


@pytest.mark.parametrize("tree", [False, True])
def test_committees_are_warmed_on_a_corner(tree):
    problem = random_committee(BinaryPerceptron(), 3 * 65, 3, 0.2, 1, tree=tree)
    assert attempt(trial(SBPI(), problem))["status"] == "solved"


def test_real_patterns_with_an_empty_corner():
    """As images have them: no tiny problem can be made of their first pixels."""
    patterns = np.random.default_rng(1).normal(size=(20, 101))
    patterns[:, :70] = 0.0
    point = attempt(trial(FocusingBP(), bp.Instance(patterns)))
    assert (
        point["status"] == "solved"
        and point["problem"] == "Instance(20 real patterns on 101 weights, margin, kappa=0.0)"
    )


def test_what_a_run_holds_when_its_time_is_up_counts():
    """Replicas that go on until their majority solves may hold a solution long before."""
    problem = bp.random_instance(BinaryPerceptron(), 201, 0.3, rng=1)
    solver = bp.algorithms.solver.solver_of("replicated-annealing", {"gamma": (0.0, 0.0), "max_iter": 10**9})
    point = attempt(Trial(Given(problem, 1, (0,)), solver, 0.3, (), "amp"))
    assert point["status"] == "solved" and point["errors"] == 0 and point["iterations"] < 1e9
