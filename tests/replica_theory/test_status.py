"""How a computation ended: words, sentences, and who hears of it."""

from replica_theory import ConvergenceWarning, Status


def test_status_words_and_sentences():
    for status in Status:
        assert str(status) == status.value and status.sentence.endswith(".")
    assert {s for s in Status if s.ok} >= {Status.CONVERGED, Status.NEGATIVE_ENTROPY}
    assert not any(s.ok for s in (Status.SADDLE_LOST, Status.MAX_ITERATIONS, Status.INACCURATE_QUADRATURE))


def test_warning_is_a_user_warning():
    assert issubclass(ConvergenceWarning, UserWarning)
