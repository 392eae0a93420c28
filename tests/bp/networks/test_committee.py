"""The committee of tanh units and its patterns."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed (extra [torch])")

import torch

from bp.networks import CommitteePatterns, TanhCommittee


def test_votes_as_written():
    committee, patterns = TanhCommittee(6, 3, rng=1), CommitteePatterns.random(6, 3, 0.5, rng=2)
    w, x = committee.weight.detach().double().numpy(), patterns.inputs.double().numpy()
    assert x.shape == (9, 6) and set(np.unique(x)) == {-1.0, 1.0} and len(patterns) == 9
    votes = np.tanh(x @ w.T / np.sqrt(6)).sum(axis=1)
    np.testing.assert_allclose(committee(patterns.inputs).detach(), votes, rtol=1e-5, atol=1e-6)  # single precision
    y = patterns.labels.numpy()
    loss = np.log1p(np.exp(-3 * y * votes)).mean()
    assert patterns.loss(committee(patterns.inputs)).item() == pytest.approx(loss, rel=1e-5)
    assert int(patterns.errors(committee(patterns.inputs))) == int((y * votes <= 0).sum())
    assert patterns[2][1] == patterns.labels[2] and torch.equal(patterns[2][0], patterns.inputs[2])


@pytest.mark.parametrize("together", [True, False])
def test_stacks_are_single_committees(together):
    """Replicas of several samples in one module, on patterns of their own or all on the same."""
    committee = TanhCommittee(8, 3, (2, 4), rng=1)
    patterns = CommitteePatterns.random(8, 3, 0.5, rng=2, samples=None if together else 4)
    votes = committee(patterns.inputs)
    losses, errors = patterns.loss(votes), patterns.errors(votes)
    assert votes.shape == (2, 4, 12) and losses.shape == errors.shape == (2, 4)
    for a, s in np.ndindex(2, 4):
        single = TanhCommittee(8, 3)
        single.load_state_dict({"weight": committee.weight[a, s]})
        inputs, labels = (part if together else part[s] for part in (patterns.inputs, patterns.labels))
        mine = CommitteePatterns(inputs, labels)
        torch.testing.assert_close(votes[a, s], single(inputs))
        torch.testing.assert_close(losses[a, s], mine.loss(single(inputs)))
        assert errors[a, s] == mine.errors(single(inputs))


def test_same_seed_same_draw():
    first, second = (CommitteePatterns.random(5, 3, 1.0, rng=3, samples=2) for _ in range(2))
    assert torch.equal(first.inputs, second.inputs) and torch.equal(first.labels, second.labels)
    assert not torch.equal(first.inputs[0], first.inputs[1])
    assert torch.equal(TanhCommittee(5, 3, rng=4).weight, TanhCommittee(5, 3, rng=4).weight)


def test_refusals():
    with pytest.raises(ValueError, match="units must be a positive integer; got 0"):
        TanhCommittee(5, 0)
    with pytest.raises(TypeError, match="stack must be a positive integer"):
        TanhCommittee(5, 3, (2.0,))
    with pytest.raises(ValueError, match="alpha must be positive and finite"):
        CommitteePatterns.random(5, 3, 0.0)
    with pytest.raises(ValueError, match="samples must be a positive integer"):
        CommitteePatterns.random(5, 3, 1.0, samples=0)
