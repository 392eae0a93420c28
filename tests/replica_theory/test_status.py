"""How a computation ended: words, sentences, and who hears of it."""

from types import SimpleNamespace

import pytest

from replica_theory import ConvergenceError, ConvergenceWarning, Status
from replica_theory.status import report, silenced, statuses


def test_status_words_and_sentences():
    for status in Status:
        assert str(status) == status.value and status.sentence.endswith(".")
    assert {s for s in Status if s.ok} >= {Status.CONVERGED, Status.NEGATIVE_ENTROPY}
    assert not any(s.ok for s in (Status.SADDLE_LOST, Status.MAX_ITERATIONS, Status.INACCURATE_QUADRATURE))


def test_warning_is_a_user_warning():
    assert issubclass(ConvergenceWarning, UserWarning)


def test_failed_points_are_heard_of():
    """A scalar call raises with its result, an array call warns once, and an outer call may keep that quiet."""
    report(SimpleNamespace(status=Status.CONVERGED), "call")
    lost = SimpleNamespace(status=Status.FOLD)
    with pytest.raises(ConvergenceError, match=r"^call at 0\.5: the branch .* turns back before") as caught:
        report(lost, "call", "at 0.5")
    assert caught.value.result is lost
    several = SimpleNamespace(status=statuses(["converged", "fold", "saddle-lost", "fold"]))
    with pytest.warns(ConvergenceWarning) as heard:
        report(several, "call")
    assert [str(w.message) for w in heard] == ["call: 3 of 4 points are NaN (2 x fold; 1 x saddle-lost)"]
    with silenced():
        report(several, "call")


def test_words_become_members_again():
    table = statuses(["fold", Status.CONVERGED], (2, 1))
    assert table.shape == (2, 1) and table[0, 0] is Status.FOLD and table[1, 0] is Status.CONVERGED
    with pytest.raises(ValueError, match="'lost' is not a valid Status"):
        statuses(["lost"])


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({}, "converged"),
        ({"stability": 0.3, "reference": 0.0}, "converged"),
        ({"stability": float("nan")}, "converged"),
        ({"stability": -1e-12}, "converged"),  # rounding
        ({"stability": -1e-3}, "unstable"),
        ({"stability": -1.0, "complexity": -1.0}, "negative-complexity"),
        ({"stability": -1.0, "complexity": -1.0, "entropy": -1.0}, "negative-entropy"),
        ({"entropy": -1.0, "reference": -1e-3}, "no-reference"),
        ({"error": 1e-3, "reference": -1e-3, "tolerance": 1e-4}, "inaccurate-quadrature"),
        ({"error": float("nan"), "tolerance": 1e-4}, "inaccurate-quadrature"),
        ({"error": 1e-3}, "converged"),  # nobody asked
    ],
)
def test_one_rule(numbers, expected):
    """Inaccurate before no reference, negative entropy, negative complexity, unstable."""
    found = Status.of(numbers.pop("entropy", 0.1), **numbers)
    assert found == expected and found.ok == (expected != "inaccurate-quadrature")
