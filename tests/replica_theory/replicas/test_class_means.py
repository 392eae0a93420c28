"""Means over the classes of a mixture at the best shift."""

from typing import NamedTuple

import numpy as np
import pytest

from replica_theory import BinaryPerceptron, Mixture
from replica_theory.replicas.class_means import mean_of_classes


class Term(NamedTuple):
    value: float
    tilt: float
    sag: float


def gaussian(k, model):
    """-(M - a_k)^2 with a = 1, 2."""
    shift = float(np.asarray(model.shift))
    return Term(-((shift - k - 1) ** 2), -2 * (shift - k - 1), -2.0)


PLAIN = BinaryPerceptron()
MODEL = Mixture([(0.25, PLAIN, 1), (0.75, PLAIN, -1)], "free")


def test_a_free_shift_is_where_the_mean_is_largest():
    mean, shift = mean_of_classes(MODEL, gaussian, start=-30.0)
    assert shift == pytest.approx(1.75, abs=1e-12)
    assert mean.value == pytest.approx(-0.25 * 0.75, abs=1e-12)
    assert mean.tilt == pytest.approx(0, abs=1e-11)


def test_a_given_shift_stays():
    mean, shift = mean_of_classes(MODEL.at(shift=0.5), gaussian)
    assert shift == 0.5
    assert mean.value == pytest.approx(-0.25 * 0.25 - 0.75 * 2.25)


def test_what_is_not_found():
    assert mean_of_classes(MODEL, lambda k, model: None) is None
    assert mean_of_classes(MODEL, lambda k, model: Term(0.0, np.nan, -1.0)) is None
    assert mean_of_classes(MODEL, lambda k, model: Term(0.0, 1.0, -1e-9)) is None
