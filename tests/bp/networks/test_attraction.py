"""The strength of the pull, and the two operations that it is made of."""

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra [torch])")

import torch

from bp.networks import Attraction, Scoping
from bp.networks.attraction import mean_of, pull


def test_strength():
    """min(1, K lr gamma_t), with t the number of steps before."""
    assert Attraction(gamma=0.5, period=4).strength_at(4, 0.1) == pytest.approx(0.2, rel=1e-15)
    assert Attraction(gamma=50.0).strength_at(1, 0.1) == 1.0
    rising = Attraction(gamma=Scoping(0.0, 1.0, linear=True))
    assert [rising.strength_at(steps, 0.1) for steps in (1, 2, 11, 100)] == pytest.approx([0, 0.1, 1.0, 1.0])
    assert Attraction(gamma=Scoping(1.0, 1.0)).strength_at(10**6, 0.0) == 0.0  # infinite coupling, no learning rate
    assert Attraction(strength=0.3, period=5).strength_at(5, 17.0) == 0.3


def test_explicit_centre_follows_as_far_as_replicas_move():
    elastic = Attraction(strength=0.3, centre="explicit")
    assert elastic.centre_strength_at(0.3, 3) == pytest.approx(0.9) and elastic.centre_strength_at(0.3, 9) == 1.0
    assert Attraction(strength=0.3, centre="explicit", centre_strength=0.1).centre_strength_at(0.3, 3) == 0.1


def test_mean_and_pull():
    replicas = [[torch.tensor([1.0, 2.0]), torch.tensor([[4.0]])], [torch.tensor([3.0, 6.0]), torch.tensor([[0.0]])]]
    mean = mean_of(replicas)
    assert [tensor.tolist() for tensor in mean] == [[2.0, 4.0], [[2.0]]] and replicas[0][0].tolist() == [1.0, 2.0]
    pull(replicas[0], mean, 0.5)
    assert [tensor.tolist() for tensor in replicas[0]] == [[1.5, 3.0], [[3.0]]]
    pull(replicas[0], mean, 0.0)
    assert replicas[0][0].tolist() == [1.5, 3.0]
    pull(replicas[0], mean, 1.0)
    assert torch.equal(replicas[0][0], mean[0])


@pytest.mark.parametrize(("options", "error", "words"), [
    ({}, ValueError, "exactly one of gamma and strength must be given"),
    ({"gamma": 1.0, "strength": 0.5}, ValueError, "exactly one of gamma and strength"),
    ({"gamma": -1.0}, ValueError, "gamma must be finite and non-negative"),
    ({"gamma": "fast"}, TypeError, "gamma must be a real number or a Scoping"),
    ({"strength": 1.5}, ValueError, r"strength must be in \[0, 1\]; got 1.5"),
    ({"gamma": 1.0, "period": 0}, ValueError, "period must be a positive integer"),
    ({"gamma": 1.0, "centre": "mean"}, ValueError, "centre must be one of 'traced', 'explicit'; got 'mean'"),
    ({"gamma": 1.0, "centre_strength": 0.5}, ValueError, "centre_strength=0.5 is for centre='explicit'"),
])  # fmt: skip
def test_refusals(options, error, words):
    with pytest.raises(error, match=words):
        Attraction(**options)
