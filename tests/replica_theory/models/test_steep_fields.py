"""Where kernels change fast: at the crossovers of finite temperatures, soft constraints and holes."""

import numpy as np
import pytest
from scipy import special

from replica_theory import BinaryPerceptron, CustomModel, IntervalModel, SymmetricBinaryPerceptron, UShapePerceptron
from replica_theory.models.steep_fields import steep_fields
from replica_theory.models.weights import Orders
from replica_theory.results.grid import broadcast
from replica_theory.typical.functional import conjugates, flat_model


def noisy(mean, std):
    """Logarithm of 1e-30 + (1 - 1e-30) H(-mean/std): a constraint that is violated with probability 1e-30."""
    return np.logaddexp(np.log(1e-30), special.log_ndtr(mean / std))


MODELS = [
    BinaryPerceptron(0.3, beta=100.0),
    BinaryPerceptron(-0.5, beta=1e4),
    SymmetricBinaryPerceptron(1.0, beta=300.0),
    UShapePerceptron(1.5),
    UShapePerceptron(1.0, beta=30.0),
    IntervalModel([(-2.0, -1.5), (0.0, 0.5), (2.0, np.inf)], beta=60.0),
    CustomModel(noisy, log=True),
]


@pytest.mark.parametrize("model", MODELS, ids=repr)
@pytest.mark.parametrize("std", [0.3, 0.03])
def test_the_curvature_peaks_there(model, std):
    """Elsewhere the second derivative of the kernel stays below the parabola's 1/std^2 (to 10 %)."""
    h = np.linspace(-4.5, 4.5, 200_001)
    d2 = np.abs(model.log_kernel(h, std).d2) * std**2
    fields = steep_fields(model, np.array(std))
    near = np.any([np.abs(h - f.center) < 15 * f.width for f in fields], axis=0)
    assert d2[~near].max(initial=0.0) < 1.1
    peaks = [f for f in fields[len(model.edges) :] if abs(f.center) < 4.4]
    for field in peaks:
        assert d2[np.abs(h - field.center) < field.width].max() > 5


def test_edges_alone_where_nothing_crosses():
    for model in (BinaryPerceptron(0.2), BinaryPerceptron(beta=5.0), SymmetricBinaryPerceptron(1.0)):
        fields = steep_fields(model, np.array(0.2))
        assert [float(f.center) for f in fields] == [float(e) for e in model.edges]
        assert all(f.width == 0.2 for f in fields)


def test_rows_of_several_temperatures():
    """Where one row has a crossover the others keep their edge once more."""
    model = BinaryPerceptron(0.0, np.array([[1.0], [100.0], [np.inf]]))
    fields = steep_fields(model, np.full((3, 1), 0.1))
    assert len(fields) == 2
    assert fields[1].center[[0, 2]].tolist() == [[0.0], [0.0]]
    # log H(x) = -100 at x = 13.9: below sqrt(200) by about log(x sqrt(2 pi))/x.
    assert fields[1].center[1, 0] == pytest.approx(-0.1 * 13.8885, rel=1e-4)


@pytest.mark.parametrize("model", MODELS[:-1], ids=repr)
@pytest.mark.parametrize("rest", [0.1, 1e-3])
def test_conjugates_on_a_dense_grid(model, rest):
    """E(l'^2) by 241 nodes a step against the trapezoidal rule, whose 400 001 nodes resolve the crossover."""
    q = np.array([1 - rest])
    flat = flat_model(model, broadcast(kappa=np.reshape(model.kappa, 1), beta=np.reshape(model.beta, 1)))
    found = conjugates(flat, *Orders(q, np.zeros(1)), n=241).q[0]
    z = np.linspace(-10, 10, 400_001)
    density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    force = model.log_kernel(np.sqrt(q[0]) * z, np.sqrt(rest)).d1
    assert found == pytest.approx(np.trapezoid(density * force**2, z), rel=1e-9)
