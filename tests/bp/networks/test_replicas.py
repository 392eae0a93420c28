"""Replicas in one process: the limits of their coupling, stacked and in a loop, the centre's network, resuming."""

import copy

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra [torch])")

import torch
from torch.func import functional_call, stack_module_state, vmap

from bp.networks import EntropySGD, Replicas, Scoping

DOUBLE = torch.float64


def net(seed):
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Tanh(), torch.nn.Linear(5, 1)).to(DOUBLE)


def batches(steps, y, size=6):
    source = torch.Generator().manual_seed(5)
    x = torch.randn(steps, y, size, 3, generator=source, dtype=DOUBLE)
    return x, torch.sin(x.sum(-1, keepdim=True))


def loss_of(output, target):
    return (output - target).square().mean()


def flat(module):
    return torch.cat([parameter.detach().reshape(-1) for parameter in module.parameters()])


def sgd(module, **options):
    return torch.optim.SGD(module.parameters(), **({"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01} | options))


def trained(nets, optimizers, replicas, data):
    """One step after another: each replica on its own minibatch, then the pull."""
    for x, target in zip(*data, strict=True):
        for a, (one, optimizer) in enumerate(zip(nets, optimizers, strict=True)):
            optimizer.zero_grad()
            loss_of(one(x[a]), target[a]).backward()
            optimizer.step()
        replicas.step()


def test_strength_one_is_sgd_on_the_union():
    """Sharp test 4: a common start, pulled wholly at every step, and gradients' means are those of the union."""
    data = batches(8, 3)
    nets = [net(0) for _ in range(3)]
    optimizers = [sgd(one) for one in nets]
    trained(nets, optimizers, Replicas(optimizers, strength=1.0), data)
    single, optimizer = net(0), None
    optimizer = sgd(single)
    for x, target in zip(*data, strict=True):
        optimizer.zero_grad()
        loss_of(single(x.flatten(0, 1)), target.flatten(0, 1)).backward()
        optimizer.step()
    for one in nets:
        torch.testing.assert_close(flat(one), flat(single), rtol=1e-12, atol=1e-12)  # rounding of eight steps


@pytest.mark.parametrize("options", [{"strength": 0.0}, {"gamma": 0.0}, {"strength": 1.0, "period": 100}])
def test_strength_zero_is_independent_runs(options):
    data = batches(5, 2)
    nets = [net(seed) for seed in range(2)]
    optimizers = [sgd(one) for one in nets]
    trained(nets, optimizers, Replicas(optimizers, **options), data)
    for a in range(2):
        alone = net(a)
        optimizer = sgd(alone)
        trained([alone], [optimizer], Replicas([optimizer], strength=0.5), [part[:, a : a + 1] for part in data])
        assert torch.equal(flat(alone), flat(nets[a]))


@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.Adam])
@pytest.mark.parametrize("options", [
    {"gamma": Scoping(0.1, 0.5), "period": 2},
    {"strength": 0.3, "centre": "explicit"},
])  # fmt: skip
def test_stacked_is_the_loop(options, kind):
    """Parameters of shape (y, ...) under one optimiser, evaluated by torch.func; to rounding."""
    data = batches(6, 3)
    nets = [net(seed) for seed in range(3)]
    optimizers = [kind(one.parameters(), lr=0.05) for one in nets]
    loop = Replicas(optimizers, **options)
    parameters, buffers = stack_module_state([net(seed) for seed in range(3)])
    optimizer = kind(parameters.values(), lr=0.05)
    stacked = Replicas(optimizer, **options)
    assert stacked.y == loop.y == 3
    base = net(0)
    for x, target in zip(*data, strict=True):
        optimizer.zero_grad()
        output = vmap(lambda p, b, x: functional_call(base, (p, b), (x,)))(parameters, buffers, x)
        (loss_of(output, target) * 3).backward()  # a sum over the replicas
        optimizer.step()
        stacked.step()
    trained(nets, optimizers, loop, data)
    for a, one in enumerate(nets):
        held = torch.cat([p[a].detach().reshape(-1) for p in parameters.values()])
        torch.testing.assert_close(held, flat(one), rtol=1e-9, atol=1e-9)  # Adam divides by roots of small squares
    for left, right in zip(stacked.centre(), loop.centre(), strict=True):
        torch.testing.assert_close(left, right, rtol=1e-9, atol=1e-9)
    assert stacked.spread() == pytest.approx(loop.spread(), rel=1e-6)


def test_elastic_averaging_by_hand():
    """Zhang, Choromanska and LeCun (2015), eqs. 5 and 6 without gradients: both move, from where both were."""
    starts, alpha = [1.0, 2.0, 6.0], 0.3
    weights = [torch.nn.Parameter(torch.tensor([start], dtype=DOUBLE)) for start in starts]
    optimizers = [torch.optim.SGD([w], lr=0.0) for w in weights]
    replicas = Replicas(optimizers, strength=alpha, centre="explicit")
    centre = 3.0
    for _ in range(4):
        replicas.step()
        moved = [w - alpha * (w - centre) for w in starts]
        centre, starts = centre + alpha * sum(w - centre for w in starts), moved
    assert [w.item() for w in weights] == pytest.approx(starts, rel=1e-14)  # rounding
    assert replicas.centre()[0].item() == pytest.approx(centre, rel=1e-14)


def test_strengths_follow_the_learning_rates_of_groups():
    """s = K lr gamma for each group, by its own rate as a scheduler has set it."""
    pairs = [
        [torch.nn.Parameter(torch.tensor([v], dtype=DOUBLE)) for v in values] for values in ((0.0, 0.0), (2.0, 2.0))
    ]
    optimizers = [torch.optim.SGD([{"params": [a], "lr": 0.1}, {"params": [b], "lr": 0.4}]) for a, b in pairs]
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizers[0], 0.5)
    replicas = Replicas(optimizers, gamma=2.0)
    for optimizer in optimizers:
        optimizer.step()
    schedule.step()
    replicas.step()
    assert pairs[0][0].item() == pytest.approx(0.1) and pairs[0][1].item() == pytest.approx(0.4)


def test_gamma_grows():
    w = [torch.nn.Parameter(torch.ones(1)) for _ in range(2)]
    replicas = Replicas([torch.optim.SGD([p], lr=0.1) for p in w], gamma=Scoping(1.0, 1.0))
    gammas = []
    for _ in range(3):
        gammas.append(replicas.gamma)
        replicas.step()
    assert gammas == [1.0, 2.0, 4.0] and Replicas([torch.optim.SGD(w[:1])], strength=0.1).gamma is None


def test_replicas_of_entropy_sgd():
    """The recipe Parle: each replica descends on its own local entropy, and all are pulled to the centre."""
    data = batches(4, 2)
    nets = [net(seed) for seed in range(2)]
    optimizers = [EntropySGD(one.parameters(), seed=seed) for seed, one in enumerate(nets)]
    replicas = Replicas(optimizers, gamma=Scoping(0.1, 0.5))
    before = replicas.spread()
    for x, target in zip(*data, strict=True):
        for a, optimizer in enumerate(optimizers):

            def closure(a=a, x=x, target=target):
                nets[a].zero_grad()
                loss = loss_of(nets[a](x[a]), target[a])
                loss.backward()
                return loss

            optimizer.step(closure)
        replicas.step()
    assert (
        0 < replicas.spread() < 0.6 * before
    )  # product of 1 - s: 0.9, 0.85, 0.775, 0.66; the starts differ by far more


@pytest.mark.parametrize("centre", ["traced", "explicit"])
def test_resume_bit_for_bit(centre):
    data = batches(10, 2)
    options = {"gamma": Scoping(0.1, 0.5), "period": 3, "centre": centre}

    def fresh():
        nets = [net(seed) for seed in range(2)]
        optimizers = [sgd(one) for one in nets]
        return nets, optimizers, Replicas(optimizers, **options)

    nets, optimizers, replicas = fresh()
    trained(nets, optimizers, replicas, [part[:4] for part in data])
    held = copy.deepcopy([each.state_dict() for each in (*nets, *optimizers, replicas)])
    trained(nets, optimizers, replicas, [part[4:] for part in data])
    others = fresh()
    for each, state in zip((*others[0], *others[1], others[2]), held, strict=True):
        each.load_state_dict(state)
    trained(*others, [part[4:] for part in data])
    assert all(torch.equal(flat(a), flat(b)) for a, b in zip(nets, others[0], strict=True))
    assert all(torch.equal(a, b) for a, b in zip(replicas.centre(), others[2].centre(), strict=True))


def test_scaler_with_replicas():
    """A GradScaler steps each base optimiser; the pull follows by hand, skipped steps or not."""
    nets = [net(seed).float() for seed in range(2)]
    optimizers = [torch.optim.SGD(one.parameters(), lr=0.1) for one in nets]
    replicas, scaler = Replicas(optimizers, strength=0.5), torch.amp.GradScaler("cpu", init_scale=4.0)
    before = [flat(one).clone() for one in nets]
    for one in nets:
        scaler.scale(one(torch.ones(2, 3)).sum()).backward()
    nets[0][0].weight.grad[0, 0] = float("inf")  # the step of replica 0 is left out
    for optimizer in optimizers:
        scaler.step(optimizer)
    scaler.update()
    assert torch.equal(flat(nets[0]), before[0]) and not torch.equal(flat(nets[1]), before[1])
    replicas.step()
    assert replicas.steps == 1 and not torch.equal(flat(nets[0]), before[0])


def test_refusals():
    nets = [net(0), net(1)]
    with pytest.raises(ValueError, match="at least one torch optimiser"):
        Replicas([], gamma=1.0)
    with pytest.raises(TypeError, match="optimizers must be torch optimisers"):
        Replicas(3, gamma=1.0)
    with pytest.raises(TypeError, match="optimizers must be an Optimizer"):
        Replicas([nets[0]], gamma=1.0)
    with pytest.raises(ValueError, match="a parameter is shared"):
        Replicas([sgd(nets[0]), sgd(nets[0])], gamma=1.0)
    with pytest.raises(ValueError, match="those of replica 1 differ"):
        Replicas([sgd(nets[0]), sgd(nets[1][0])], gamma=1.0)
    with pytest.raises(ValueError, match=r"stacked parameters must have the shape \(y, ...\)"):
        Replicas(sgd(nets[0]), gamma=1.0)
    with pytest.raises(ValueError, match="exactly one of gamma and strength"):
        Replicas([sgd(nets[0])])
    replicas = Replicas([sgd(nets[0])], gamma=1.0)
    with pytest.raises(ValueError, match="state_dict must have a centre of 0 tensors"):
        replicas.load_state_dict({"steps": 1, "centre": [torch.ones(1)]})


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_device():
    """The same as on the CPU, to rounding."""
    data, ends = batches(6, 3), []
    for device in ("cpu", "cuda"):
        nets = [net(seed).to(device) for seed in range(3)]
        optimizers = [sgd(one) for one in nets]
        replicas = Replicas(optimizers, gamma=Scoping(0.1, 0.5), period=2, centre="explicit")
        trained(nets, optimizers, replicas, [part.to(device) for part in data])
        ends.append([flat(one).cpu() for one in nets])
    for here, there in zip(*ends, strict=True):
        torch.testing.assert_close(here, there, rtol=1e-10, atol=1e-10)


def test_local_steps_and_an_outer_optimiser():
    """The recipe DiLoCo: with the outer rate 1 and no momentum it is the mean of the replicas, taken over by all."""
    data = batches(6, 2)
    nets = [net(0) for _ in range(2)]
    outer = [parameter.detach().clone() for parameter in nets[0].parameters()]
    optimizers = [torch.optim.AdamW(one.parameters(), lr=0.05) for one in nets]
    replicas = Replicas(optimizers, strength=1.0, period=3)
    for first in (0, 3):
        trained(nets, optimizers, replicas, [part[first : first + 3] for part in data])
        for place, middle in zip(outer, replicas.centre(), strict=True):
            place.grad = place - middle
        torch.optim.SGD(outer, lr=1.0).step()
        for one in nets:
            torch.testing.assert_close(flat(one), torch.cat([place.reshape(-1) for place in outer]))
