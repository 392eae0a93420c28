"""The book of a run: the best configuration is the first with the fewest errors, and a snapshot holds everything."""

import numpy as np
import pytest

import bp
from bp.algorithms.runs import Sweep
from bp.algorithms.search import Search
from bp.algorithms.solution import SolverStatus
from bp.algorithms.solver import solver_of
from replica_theory import BinaryPerceptron


class Book(Search):
    columns = np.dtype([("errors", np.int64)])


@pytest.fixture
def instance():
    return bp.random_instance(BinaryPerceptron(), 21, 1.0, rng=1)


def test_best_and_candidate(instance):
    rng = np.random.default_rng(2)
    walk = [instance.start(rng) for _ in range(60)]
    errors = [instance.errors(w) for w in walk]
    book = Book(instance, rng, walk[0])
    assert [book.account(w) for w in walk[1:30]] == errors[1:30]
    assert np.array_equal(book.best, walk[np.argmin(errors[:30])]) and book.fewest == min(errors[:30])
    assert np.array_equal(book.candidate, book.best)
    book.forget()
    for w in walk[30:]:
        book.account(w)
        w[:] = 1  # copies are kept
    assert book.least == min(errors[30:]) == instance.errors(book.candidate)
    assert book.fewest == min(errors) == instance.errors(book.best) and book.errors == errors[-1]


def test_a_snapshot_is_that_of_its_step(instance):
    rng = np.random.default_rng(2)
    book = Book(instance, rng, instance.start(rng))
    book.records += [(3,), (2,)]
    book.forget()
    kept = book.kept(more=np.arange(3))
    book.records.append((1,))
    later = rng.random()
    stored = {name: np.array(value() if callable(value) else value) for name, value in kept.items()}
    again = Book(instance, np.random.default_rng(99), np.ones(21, dtype=np.int8), stored)
    assert again.rng.random() == later and again.records == [(3,), (2,)]
    assert again.least == instance.n_constraints + 1 and np.array_equal(again.best, book.best)
    assert stored["more"].tolist() == [0, 1, 2]


def test_results_are_read_only_and_honest(instance):
    rng = np.random.default_rng(2)
    book = Book(instance, rng, instance.start(rng))
    found = book.result(7, SolverStatus.SCHEDULE_ENDED)
    assert not found.solved and found.status == "schedule-ended" and found.iterations == 7
    assert not found.weights.flags.writeable and found.trace.dtype == Book.columns
    easy = bp.Instance(np.ones((2, 21)))
    assert Book(easy, rng, np.ones(21, dtype=np.int8)).result(1, SolverStatus.SCHEDULE_ENDED).status == "solved"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("decimation", {"fraction": 0.5, "backtracking": 0.0}),
        ("max-sum", {"rate": 0.2, "max_iter": 30}),
        ("focusing-bp", {}),
    ],
)
def test_a_run_goes_on_from_the_boundary_after_a_restart(name, options):
    """There the candidate is that of the pass before, and counts no more."""
    problem = bp.random_instance(BinaryPerceptron(), 21, 1.6, rng=2)
    solver = solver_of(name, {"max_iter": 900} | options)

    def drive(run):
        snapshots = []
        try:
            while True:
                request = next(run)
                if isinstance(request, Sweep):
                    request.state.sweep(request.field, request.damping)
                else:
                    kept = request.snapshot()
                    snapshots.append({k: np.array(v() if callable(v) else v) for k, v in kept.items()})
        except StopIteration as end:
            return end.value, snapshots

    whole, snapshots = drive(solver.begin(problem, 3))
    after = [s for s in snapshots if s["least"] == problem.n_constraints + 1] or snapshots[-3:]
    assert whole.trace["restart"][-1] > 0 and (name == "focusing-bp" or len(after) > 1)
    for stored in after[:2]:
        assert drive(solver.begin(problem, 3, stored))[0] == whole
