"""States as arrays, and back."""

import math

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed (extra [torch])")

import torch

from bp.networks import EntropySGD
from bp.networks.state_arrays import arrays_of, state_of


def test_there_and_back():
    net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    optimizer = EntropySGD(net.parameters(), momentum=0.9, lr=1 / 3)

    def closure():
        loss = net(torch.ones(4, 2)).square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    state = {"net": net.state_dict(), "all": [optimizer.state_dict(), (1, "x", None, True)], "odd": [math.inf, 0.1]}
    back = state_of({name: np.array(array) for name, array in arrays_of(state).items()})
    assert back["all"][1] == (1, "x", None, True) and back["odd"] == [math.inf, 0.1]
    assert back["all"][0]["param_groups"] == optimizer.state_dict()["param_groups"]
    for name, value in net.state_dict().items():
        assert torch.equal(back["net"][name], value) and back["net"][name].dtype == value.dtype
    buffers = optimizer.state_dict()["state"]
    assert all(
        torch.equal(back["all"][0]["state"][k]["momentum_buffer"], buffers[k]["momentum_buffer"]) for k in buffers
    )


def test_what_has_no_arrays():
    with pytest.raises(TypeError, match="state must hold tensors, numbers, text, mappings and lists; got object"):
        arrays_of({"a": object()})
