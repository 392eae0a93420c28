"""Local energy of a module: closed forms, both kinds of disturbance, nothing left behind."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed (extra [torch])")

import torch

from bp.networks import local_energy


def perceptron(weights):
    network = torch.nn.Linear(len(weights), 1, bias=False)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([weights]))
    return network


def test_square_loss_under_multiplicative_noise():
    """For f = (w x)^2 the mean is w^2 x^2 (1 + sigma^2); 400 draws, five standard errors."""
    network, x = perceptron([2.0]), torch.tensor([[1.0]])
    sigma = [0.0, 0.5]
    found = local_energy(
        network, (x, x), sigma=sigma, samples=400, measure=lambda out, _: out.square().reshape(-1), rng=1
    )
    assert found.undisturbed == 4.0 and found.mean[0] == 4.0 and found.error[0] == 0.0
    assert abs(found.mean[1] - 4 * 1.25) < 5 * found.error[1]
    np.testing.assert_allclose(found.rise, found.mean - 4.0)


def test_errors_at_a_distance_are_the_stabilities_of_theory():
    """E(d) = mean of Phi(-t h / sqrt(1 - t^2)) over stabilities h (NETWORKS: local energy of a reference), N large."""
    n, p, d = 800, 400, 0.2
    source = np.random.default_rng(1)
    w, x = source.standard_normal(n), source.choice([-1.0, 1.0], (p, n))
    h = x @ w / np.linalg.norm(w)
    y = np.sign(h)
    data = [(torch.tensor(a).float(), torch.tensor(b)) for a, b in ((x[:150], y[:150]), (x[150:], y[150:]))]
    found = local_energy(perceptron(w.tolist()), data, distance=d, samples=40, rng=2)
    t = 1 - 2 * d
    z = t * np.abs(h) / np.sqrt(1 - t * t)
    expected = np.mean([0.5 * (1 - torch.erf(torch.tensor(v / 2**0.5)).item()) for v in z])
    assert found.undisturbed == 0.0 and abs(found.mean[0] - expected) < 5 * found.error[0] < 0.02


def test_distance_is_free_of_the_scale_of_weights():
    """Weights on their sphere: scaled layers (no bias, ReLU) give the same network and the same errors."""
    torch.manual_seed(0)
    first = torch.nn.Sequential(torch.nn.Linear(4, 8, bias=False), torch.nn.ReLU(), torch.nn.Linear(8, 3, bias=False))
    second = torch.nn.Sequential(torch.nn.Linear(4, 8, bias=False), torch.nn.ReLU(), torch.nn.Linear(8, 3, bias=False))
    with torch.no_grad():
        second[0].weight.copy_(first[0].weight * 8)
        second[2].weight.copy_(first[2].weight / 8)
    data = torch.randn(50, 4), torch.randint(0, 3, (50,))
    ends = [local_energy(network, data, distance=[0.05, 0.3], samples=4, rng=3) for network in (first, second)]
    np.testing.assert_allclose(ends[0].mean, ends[1].mean, atol=0.011)  # rounding may turn one of 50 x 4 labels
    with torch.no_grad():
        first[0].weight.zero_()  # no direction: it stays
    assert np.isfinite(local_energy(first, data, distance=0.1, samples=2).mean).all()


def test_network_is_left_as_it_was():
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2)).train()
    data = [(torch.randn(20, 3), torch.randint(0, 2, (20,)))]
    before = {name: value.clone() for name, value in network.state_dict().items()}
    found = [local_energy(network, data, sigma=0.3, samples=3, rng=1) for _ in range(2)]
    assert network.training and all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert found[0].mean == found[1].mean
    stale = local_energy(network, data, sigma=0.3, samples=3, recompute=False, rng=1)
    assert np.isnan(local_energy(network, data, sigma=0.3, samples=1).error[0]) and stale.mean.shape == (1,)


def test_refusals():
    network, data = perceptron([1.0]), (torch.ones(1, 1), torch.ones(1))
    for options in ({}, {"sigma": 0.1, "distance": 0.1}):
        with pytest.raises(ValueError, match="exactly one of sigma and distance"):
            local_energy(network, data, **options)
    with pytest.raises(ValueError, match=r"distance must lie in \[0, 1/2\]"):
        local_energy(network, data, distance=0.6)
    with pytest.raises(ValueError, match="sigma must be finite and non-negative"):
        local_energy(network, data, sigma=-0.1)
    with pytest.raises(ValueError, match="data must hold at least one batch"):
        local_energy(network, [], sigma=0.1)
    with pytest.raises(TypeError, match="data must be an iterable"):
        local_energy(network, 3, sigma=0.1)
    with pytest.raises(TypeError, match="network must be a"):
        local_energy(3, data, sigma=0.1)
