"""The small network of convolutions."""

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra [torch])")

import torch

from bp.networks import AllConvolutional


@pytest.mark.parametrize(("channels", "side"), [(1, 8), (3, 32)])
def test_shapes_and_parts(channels, side):
    network = AllConvolutional(channels, 10, width=4, rng=1)
    assert network(torch.zeros(2, channels, side, side)).shape == (2, 10)
    kinds = [type(part).__name__ for part in network.layers]
    assert kinds.count("BatchNorm2d") == 4 and kinds.count("Conv2d") == 5 and "Linear" not in kinds


def test_start_is_that_of_the_seed():
    first, same, other = (torch.nn.utils.parameters_to_vector(AllConvolutional(1, 3, rng=seed).parameters())
                          for seed in (1, 1, 2))  # fmt: skip
    assert torch.equal(first, same) and not torch.equal(first, other)


def test_refusals():
    with pytest.raises(ValueError, match="classes must be a positive integer; got 0"):
        AllConvolutional(1, 0)
