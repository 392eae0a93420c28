"""The network at the centre of replicas: weights, frozen ones, batch norm."""

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra [torch])")

import torch

from bp.networks import Replicas, centre_network


def test_batch_norm_of_the_centre():
    """Means of replicas' statistics are not the centre's: these are made anew over the data."""
    torch.manual_seed(0)
    nets = [
        torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2)) for _ in range(2)
    ]
    x = torch.randn(50, 3) + 1
    for one in nets:
        for _ in range(30):
            one(x)
    replicas = Replicas([torch.optim.SGD(one.parameters()) for one in nets], gamma=1.0)
    with pytest.raises(ValueError, match="data must be given for a network with batch norm"):
        centre_network(replicas, nets[0])
    centre = centre_network(replicas, nets[0], [(x, None)])
    weight = (nets[0][0].weight + nets[1][0].weight) / 2
    torch.testing.assert_close(centre[0].weight, weight)
    hidden = centre[0](x).detach()
    torch.testing.assert_close(centre[1].running_mean, hidden.mean(0))
    torch.testing.assert_close(centre[1].running_var, hidden.var(0))
    mixed = (nets[0][1].running_var + nets[1][1].running_var) / 2
    assert (mixed > 1.2 * hidden.var(0)).any()  # a mean of nets is narrower than the nets
    assert centre is not nets[0] and centre.training


def test_what_is_not_trained_stays():
    nets = [torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 1)) for _ in range(2)]
    replicas = Replicas([torch.optim.SGD(net[1].parameters()) for net in nets], strength=0.5, centre="explicit")
    middle = centre_network(replicas, nets[0])
    assert torch.equal(middle[0].weight, nets[0][0].weight)
    torch.testing.assert_close(middle[1].bias, (nets[0][1].bias + nets[1][1].bias) / 2)


def test_refusals():
    nets = [torch.nn.Linear(2, 1) for _ in range(2)]
    replicas = Replicas([torch.optim.SGD(nets[0].parameters())], gamma=1.0)
    with pytest.raises(ValueError, match="network must have the parameters"):
        centre_network(replicas, nets[1])
    with pytest.raises(TypeError, match="data must be an iterable"):
        centre_network(replicas, nets[0], 3)
    with pytest.raises(TypeError, match="replicas must be a"):
        centre_network(3, nets[0])
    stacked = Replicas(torch.optim.SGD([torch.nn.Parameter(torch.ones(3, 2))]), gamma=1.0)
    with pytest.raises(ValueError, match="replicas must not be stacked"):
        centre_network(stacked, nets[0])
