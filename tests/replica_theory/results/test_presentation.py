"""Results in a line and in a table, and when two are equal."""

from dataclasses import dataclass, replace

import numpy as np

import replica_theory as rt
from replica_theory.results.labelled import Labelled
from replica_theory.results.presentation import as_html, equal, in_a_line, ranged
from replica_theory.results.quantities import Quantity


def test_a_line_has_the_range_and_never_the_numbers():
    line = in_a_line("Curve", ["'a label'"], "entropy", np.linspace(0, 1, 10**6).reshape(1000, 1000), "all converged")
    assert line == "Curve('a label', shape (1000, 1000), entropy = 0 to 1, all converged)"
    assert ranged(np.array([np.nan, 2.0])) == "2" and ranged(np.full(3, np.nan)) == "nan" and ranged([]) == "nothing"
    assert ranged(True) == "1" and ranged(np.array([False, True])) == "0 to 1"


def test_html_is_escaped_and_has_units():
    html = as_html("T", "a < b", {"x": (np.arange(3.0), Quantity("a & b", "nats"))})
    assert "a &lt; b" in html and "a &amp; b (nats)" in html and "0 to 2" in html


@dataclass(eq=False)
class Plain:
    x: np.ndarray


def test_equality():
    nan = np.array([1.0, np.nan])
    assert equal(nan, nan.copy()) and equal(np.nan, np.nan) and equal({"a": [nan]}, {"a": [nan.copy()]})
    assert equal(Plain(nan), Plain(nan.copy())) and not equal(Plain(nan), Plain(np.ones(2)))
    assert not equal(nan, nan[:1]) and not equal(1.0, np.array(1.0)) and not equal(np.array([1]), np.array([1.0]))
    assert equal(np.array(["a", 1.0], dtype=object), np.array(["a", 1.0], dtype=object))
    assert not equal({"a": 1}, {"b": 1}) and not equal((1, 2), (1,))


def test_results_are_equal_by_value():
    first = rt.franz_parisi(rt.BinaryPerceptron(), 0.3, [0.1, 0.2])
    assert first == replace(first) and first != replace(first, label="another") and first != 3
    assert first != replace(first, entropy=first.entropy + 1) and first in [replace(first)]


def test_a_message_counts_outcomes():
    status = np.array([rt.Status.CONVERGED, rt.Status.FOLD, rt.Status.FOLD], dtype=object)
    curve = rt.EntropyCurve(np.arange(3) / 10, np.zeros(3), np.zeros(3), status)
    assert curve.message.startswith("1 of 3 points: converged") and "2 of 3 points: the branch" in curve.message
    assert repr(curve) == "EntropyCurve(shape (3,), entropy = 0, 1 of 3 converged)"


def subclasses(kind):
    for sub in kind.__subclasses__():
        yield sub
        yield from subclasses(sub)


def test_no_result_of_theory_shows_itself_otherwise():
    own = [kind for kind in subclasses(Labelled) if kind.__module__.startswith("replica_theory")]
    assert len(own) > 10
    for kind in own:
        assert kind.__repr__ is Labelled.__repr__ and kind.__eq__ is Labelled.__eq__, kind
