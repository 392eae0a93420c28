"""Results made by hand are results: their fields are checked by what they are annotated as."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import replica_theory as rt
from replica_theory.results.contents import checked_contents
from replica_theory.typing import Array, ArrayLike


@dataclass
class Sample:
    number: int = 1
    value: float = 0.5
    array: Array = None
    either: ArrayLike = 0.5
    words: tuple[str, ...] = ()
    anything: Any = None

    def __post_init__(self):
        self.array = np.zeros(2) if self.array is None else self.array
        checked_contents(self)


@pytest.mark.parametrize(
    ("name", "good", "bad", "sentence"),
    [
        ("number", [3, np.int8(3)], ["3", 3.0, True, None], "an integer"),
        ("value", [0.5, np.float32(0.5), 2, np.nan], ["0.5", True, 10**400, 0.5j, np.zeros(2)], "a real number"),
        ("array", [np.zeros(0), np.ones(2, dtype=bool), np.float32(1)],
         ["x", 1.0, [1.0], np.array(["x"]), np.ma.masked_array([1.0])],
         "an array of numbers"),
        ("either", [np.zeros(2), 0.5], [None, "x"], "a real number or an array of numbers"),
        ("words", [("a",)], ["a", ["a"], (1,)], "a tuple of text"),
        ("anything", [None, "x", object()], [], ""),
    ],
)  # fmt: skip
def test_kinds_of_fields(name, good, bad, sentence):
    for value in good:
        Sample(**{name: value})
    for value in bad:
        with pytest.raises(TypeError, match=rf"^{name} must be {sentence} \(a field of Sample\); got "):
            Sample(**{name: value})


def test_results_refuse_what_they_cannot_hold():
    curve = rt.franz_parisi(rt.BinaryPerceptron(), 0.5, [0.1, 0.2])
    assert replace(curve, label="mine").label == "mine"
    for name, value in (("entropy", "x"), ("model", "binary"), ("label", 3), ("overlaps", [1]), ("alpha", None)):
        if value is None:
            assert replace(curve, alpha=None).alpha is None
            continue
        with pytest.raises(TypeError, match=rf"^{name} must be .* \(a field of EntropyCurve\); got "):
            replace(curve, **{name: value})
    with pytest.raises(ValueError, match=r"^status must hold members of Status or their names; got "):
        replace(curve, status=np.array(["fine", "fine"]))
    with pytest.raises(TypeError, match=r"^status must be a Status, or an array of them; got None"):
        replace(rt.replica_symmetric(rt.BinaryPerceptron(), 0.5), status=None)


def test_a_result_without_points_says_so():
    assert rt.replica_symmetric(rt.BinaryPerceptron(), []).message == "There are no points."
    assert rt.state_evolution(rt.BinaryPerceptron(), np.zeros((0, 1)), 3).q.shape == (4, 0, 1)
