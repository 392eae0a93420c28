import numpy as np
import pytest

import replica_theory as rt
from replica_theory.quoted.entry import Entry, Published


@pytest.mark.parametrize(
    ("published", "bracket"),
    [
        (Published("1.245", ""), (1.2445, 1.2455)),
        (Published("2", "", exact=True), (2.0, 2.0)),
        (Published("2", ""), (1.5, 2.5)),
        (Published("1.6219", "", units=1), (1.6218, 1.622)),
        (Published("0.77 to 0.78", ""), (0.77, 0.78)),
        (Published("-0.5", ""), (-0.55, -0.45)),
    ],
)
def test_what_a_text_stands_for(published, bracket):
    assert published.bracket == pytest.approx(bracket, abs=1e-15)  # rounding


@pytest.mark.parametrize(
    ("entry", "call"),
    [
        (Entry("", rt.capacity, (rt.BinaryPerceptron(0.5),)), "capacity(BinaryPerceptron(kappa=0.5)).alpha"),
        (Entry("", rt.minimum_distance, (rt.BinaryPerceptron(), 0.5), quantity=""),
         "minimum_distance(BinaryPerceptron(), 0.5)"),
        (Entry("", rt.local_entropy, (rt.TeacherStudent(), 1.0, 0.1), {"y": np.inf}, "overlaps.q"),
         "local_entropy(TeacherStudent(), 1, 0.1, y=inf).overlaps['q']"),
        (Entry("", rt.capacity, (rt.BinaryPerceptron(weights=rt.DiscreteWeights([0, 1], [0.5, 1])),), quantity="q"),
         "capacity(BinaryPerceptron(weights=DiscreteWeights(levels=(0, 1), prior=(0.5, 1)))).q"),
        (Entry("literature only", quantity=""), ""),
    ],
)  # fmt: skip
def test_calls_in_python(entry, call):
    assert entry.call == call
