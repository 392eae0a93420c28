"""Array namespaces: the log-weights and products on a device are those of the host."""

from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import special

from bp.algorithms import solve
from bp.messages.amp import Amp
from bp.messages.propagation import belief_propagation
from bp.problems.devices import namespace
from bp.problems.perceptron import Instance, random_instance
from replica_theory import BinaryPerceptron, CustomModel, IntervalModel, SymmetricBinaryPerceptron, UShapePerceptron
from replica_theory.numerics.namespace import Namespace

BANDS = IntervalModel([(-2.0, -1.0), (-0.2, 0.3), (1.0, np.inf)])
MODELS = [BinaryPerceptron(0.3), SymmetricBinaryPerceptron(0.7), UShapePerceptron(0.5), BANDS]


@pytest.fixture(params=["numpy", "torch"])
def device(request):
    if request.param == "numpy":
        return None
    pytest.importorskip("torch", reason="torch is not installed: its arrays are not tested")
    return "cpu"


@pytest.mark.parametrize("beta", [0.0, 2.0, np.inf])
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_log_weights(device, model, beta):
    """The curvature is a small difference in the far tail: 1e-10 of it is left there."""
    rng = np.random.default_rng(1)
    mean, std = 4 * rng.normal(size=500), rng.uniform(0.1, 1, size=500)
    space = namespace(device)
    there = model.at(beta=beta).log_kernel(space.asarray(mean), space.asarray(std), space)
    for value, expected in zip(there, model.at(beta=beta).log_kernel(mean, std), strict=True):
        np.testing.assert_allclose(space.to_host(value), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("beta", [2.0, np.inf])
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_kernels_use_common_functions_only(model, beta):
    """Names that numpy, torch and cupy share are enough, and give the same bits."""
    names = ("where", "exp", "expm1", "log", "log1p", "logaddexp", "abs", "isinf", "isfinite", "stack")
    functions = SimpleNamespace(log_ndtr=special.log_ndtr, ndtr=special.ndtr, erfcx=special.erfcx)
    space = Namespace(SimpleNamespace(**{name: getattr(np, name) for name in names}), functions)
    mean, std = np.linspace(-9, 9, 181), np.full(181, 0.3)
    kernels = [model.at(beta=beta).log_kernel(mean, std, *where) for where in ((), (space,))]
    assert all(np.array_equal(one, other) for one, other in zip(*kernels, strict=True))


def test_a_custom_constraint_stays_on_the_host(device):
    model = CustomModel(lambda mean, std: special.ndtr(mean / std))
    space = namespace(device)
    if device is None:
        assert model.log_kernel(np.zeros(1), np.ones(1), space).log == pytest.approx(np.log(0.5))
        return
    with pytest.raises(TypeError, match="takes numpy arrays: leave device=None"):
        model.log_kernel(space.asarray(np.zeros(1)), space.asarray(np.ones(1)), space)


@pytest.mark.parametrize(("dtype", "tol"), [(np.float64, 1e-12), (np.float32, 1e-4)])
@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
def test_step_on_a_device(patterns, dtype, tol):
    pytest.importorskip("torch", reason="torch is not installed: its arrays are not tested")
    inst = random_instance(BinaryPerceptron(0.1), n=203, alpha=0.6, rng=1, patterns=patterns)
    rng = np.random.default_rng(2)
    m, g = np.tanh(rng.normal(size=(3, inst.n))), rng.normal(size=(3, inst.n_patterns))
    here, there = Amp(inst, beta=2.0).step(m, g), Amp(inst, beta=2.0, dtype=dtype, device="cpu").step(m, g)
    assert there.log_p is None and here.log_p is None  # at finite beta it takes more work
    for value, expected in zip(there[:-1], here[:-1], strict=True):
        np.testing.assert_allclose(value, expected, rtol=tol, atol=tol)


def test_devices_that_are_not_there():
    inst = Instance(np.ones((2, 3), dtype=int))
    with pytest.raises(TypeError, match="device must be None, 'cupy' or a device of torch"):
        Amp(inst, device=0)
    if find_spec("cupy") is None:
        with pytest.raises(RuntimeError, match="device='cupy' needs cupy, which is not installed"):
            namespace("cupy")
    try:
        import torch
    except ImportError:
        with pytest.raises(RuntimeError, match="device='cuda' needs torch, which is not installed"):
            namespace("cuda")
        return
    with pytest.raises(ValueError, match="device must be None"):
        namespace("abacus")
    if not torch.cuda.is_available():
        with pytest.raises(RuntimeError, match="device='cuda' is not available to torch"):
            namespace("cuda")


@pytest.mark.parametrize("model", [BinaryPerceptron(0.1), SymmetricBinaryPerceptron(1.0)])
def test_fixed_point_on_a_device(model):
    pytest.importorskip("torch", reason="torch is not installed: its arrays are not tested")
    inst = random_instance(model, n=301, alpha=0.4, rng=1)
    runs = [belief_propagation(inst, "amp", init=0.1, rng=1, damping=0.5, device=name) for name in (None, "cpu")]
    np.testing.assert_allclose(runs[1].magnetizations, runs[0].magnetizations, atol=1e-9)
    assert runs[1].entropy == pytest.approx(runs[0].entropy, abs=1e-11)


def test_solving_on_a_device():
    pytest.importorskip("torch", reason="torch is not installed: its arrays are not tested")
    inst = random_instance(BinaryPerceptron(), n=501, alpha=0.6, rng=1)
    for method in ("focusing-bp", "reinforced-bp"):
        found = solve(inst, method, rng=1, device="cpu")
        assert found.solved
        assert inst.errors(found.weights) == 0


def test_edges_have_no_device():
    inst = random_instance(BinaryPerceptron(), n=51, alpha=0.4, rng=1)
    with pytest.raises(ValueError, match="device='cpu' is for method='amp'"):
        belief_propagation(inst, device="cpu")
    with pytest.raises(ValueError, match="device='cpu' is for method='amp'"):
        solve(inst, method="gaussian", device="cpu")
