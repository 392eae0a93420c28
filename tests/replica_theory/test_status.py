"""How a computation ended: words, sentences, and who hears of it."""

import numpy as np
import pytest

from replica_theory import ConvergenceError, ConvergenceWarning, Status
from replica_theory.status import report, silenced


def test_status_words_and_sentences():
    for status in Status:
        assert str(status) == status.value and status.sentence.endswith(".")
    assert {s for s in Status if s.ok} >= {Status.CONVERGED, Status.NEGATIVE_ENTROPY}
    assert not any(s.ok for s in (Status.SADDLE_LOST, Status.MAX_ITERATIONS, Status.INACCURATE_QUADRATURE))


def test_warning_is_a_user_warning():
    assert issubclass(ConvergenceWarning, UserWarning)


def test_failed_points_are_heard_of():
    """A scalar call raises with its result, an array call warns once, and an outer call may keep that quiet."""
    status = np.array([Status.CONVERGED, Status.FOLD, Status.SADDLE_LOST, Status.FOLD], dtype=object)
    report(status[:1], None, "call", scalar=True)
    with pytest.raises(ConvergenceError, match=r"^call: the branch .* turns back before") as caught:
        report(status[1:2], "result", "call", scalar=True)
    assert caught.value.result == "result"
    with pytest.warns(ConvergenceWarning) as heard:
        report(status, None, "call", scalar=False)
    assert [str(w.message) for w in heard] == ["call: 3 of 4 points are NaN (2 x fold; 1 x saddle-lost)"]
    with silenced():
        report(status, None, "call", scalar=False)
