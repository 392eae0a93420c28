import numpy as np
import pytest
from scipy.special import ndtr

from bp.algorithms.opening import opening
from replica_theory import BinaryPerceptron, CustomModel, PowerWeight, SymmetricBinaryPerceptron, UShapePerceptron


@pytest.mark.parametrize("model", [BinaryPerceptron(0.3), SymmetricBinaryPerceptron(1.0), UShapePerceptron(0.5)])
@pytest.mark.parametrize("beta", [np.inf, 2.0, 0.1])
def test_a_jump_has_no_power(model, beta):
    assert abs(opening(model, beta)) < 1e-9  # the kernel has no other scale: rounding


def test_nothing_opens_where_the_weight_is_even():
    assert opening(BinaryPerceptron(), 0.0) == np.inf


def test_a_soft_edge_is_no_edge():
    """A label that flips with a noise of width 1/2 has a smooth weight, with forces that do not grow."""
    smooth = CustomModel(lambda mean, std: ndtr(mean / np.sqrt(std**2 + 0.25)))
    assert abs(opening(smooth) - 2.0) < 0.01  # to the order of the widths


@pytest.mark.parametrize("power", [0.0, 0.3, 1.0, 1.7, 3.0])
@pytest.mark.parametrize("kappa", [0.0, -0.7])
def test_powers(power, kappa):
    assert abs(opening(PowerWeight(kappa, power=power)) - power) < 1e-6  # that of the kernel's table, over a decade
