"""Replicas in processes: two of them over gloo are the loop of one process."""

import subprocess
import sys

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra [torch])")

import torch

from bp.networks import Replicas, Scoping, couple

SCRIPT = """
import sys
import torch
import torch.distributed as dist
from bp.networks import Scoping, couple

torch.set_num_threads(1)
rank, meeting, target = int(sys.argv[1]), sys.argv[2], sys.argv[3]
dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=2)
saved = []
for centre in ("traced", "explicit"):
    torch.manual_seed(rank)
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
    coupling = couple(optimizer, gamma=Scoping(1.0, 0.5), period=2, centre=centre)
    source = torch.Generator().manual_seed(10 + rank)
    for _ in range(8):
        optimizer.zero_grad()
        net(torch.randn(5, 3, generator=source)).square().mean().backward()
        optimizer.step()
    saved.append(torch.cat([p.detach().reshape(-1) for p in net.parameters()]))
    saved.append(torch.cat([c.reshape(-1) for c in coupling.centre()]))
    assert coupling.y == 2 and coupling.steps == 8
    coupling.remove()
    optimizer.step()
    assert coupling.steps == 8
weights = torch.nn.Parameter(torch.ones(2 + rank))
try:
    couple(torch.optim.SGD([weights]), gamma=1.0)
except ValueError as error:
    assert "all processes must have the same" in str(error)
else:
    raise AssertionError("nothing raised")
torch.save(saved, target)
dist.destroy_process_group()
"""


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory):
    """Weights and centre that each of two processes ends with, for both kinds of centre; unequal sizes are refused."""
    folder = tmp_path_factory.mktemp("processes")
    meeting = (folder / "meeting").as_uri()
    targets = [folder / f"{rank}.pt" for rank in range(2)]
    runs = [
        subprocess.Popen([sys.executable, "-c", SCRIPT, str(rank), meeting, str(targets[rank])], stderr=-1)
        for rank in range(2)
    ]
    ends = [run.communicate(timeout=60)[1].decode() for run in runs]
    assert [run.returncode for run in runs] == [0, 0], ends
    saved = [torch.load(target, weights_only=True) for target in targets]
    return {"traced": [each[:2] for each in saved], "explicit": [each[2:] for each in saved]}


@pytest.mark.parametrize("centre", ["traced", "explicit"])
def test_two_processes_are_the_loop(centre, two_processes):
    """To 1e-6: single precision, and the order of two summands."""
    saved = two_processes[centre]
    nets, sources = [], [torch.Generator().manual_seed(10 + rank) for rank in range(2)]
    for rank in range(2):
        torch.manual_seed(rank)
        nets.append(torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)))
    optimizers = [torch.optim.Adam(net.parameters(), lr=0.05) for net in nets]
    replicas = Replicas(optimizers, gamma=Scoping(1.0, 0.5), period=2, centre=centre)
    for _ in range(8):
        for net, optimizer, source in zip(nets, optimizers, sources, strict=True):
            optimizer.zero_grad()
            net(torch.randn(5, 3, generator=source)).square().mean().backward()
            optimizer.step()
        replicas.step()
    middle = torch.cat([c.reshape(-1) for c in replicas.centre()])
    for net, (flat, same) in zip(nets, saved, strict=True):
        here = torch.cat([p.detach().reshape(-1) for p in net.parameters()])
        torch.testing.assert_close(flat, here, atol=1e-6, rtol=1e-6)
        torch.testing.assert_close(same, middle, atol=1e-6, rtol=1e-6)
    assert torch.equal(saved[0][1], saved[1][1])


@pytest.fixture
def alone(tmp_path):
    torch.distributed.init_process_group("gloo", init_method=(tmp_path / "m").as_uri(), rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


def test_state_and_steps_by_hand(alone):
    """One process: a centre that follows, kept in the state; hook=False counts only what it is told."""
    weights = torch.nn.Parameter(torch.tensor([4.0]))
    optimizer = torch.optim.SGD([weights], lr=1.0)
    coupling = couple(optimizer, strength=0.5, centre="explicit", centre_strength=0.25, hook=False)
    weights.grad = torch.tensor([2.0])
    optimizer.step()
    assert coupling.steps == 0 and weights.item() == 2.0
    coupling.step()
    assert weights.item() == 3.0 and coupling.centre()[0].item() == 3.5  # both from where both were: 4 and 2
    other = couple(torch.optim.SGD([torch.nn.Parameter(torch.ones(1))]), strength=0.5, centre="explicit")
    other.load_state_dict(coupling.state_dict())
    assert other.steps == 1 and other.centre()[0].item() == 3.5
    with pytest.raises(ValueError, match="state_dict must have a centre of 1 tensors"):
        other.load_state_dict({"steps": 1, "centre": None})


def test_needs_processes():
    with pytest.raises(RuntimeError, match="init_process_group first"):
        couple(torch.optim.SGD([torch.nn.Parameter(torch.ones(1))]), gamma=1.0)
    with pytest.raises(TypeError, match="optimizer must be"):
        couple(3, gamma=1.0)
