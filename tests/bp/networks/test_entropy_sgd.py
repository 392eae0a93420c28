"""Entropy-SGD against its formulas: SGD as a limit, a quadratic loss solved by hand, resuming, refusals."""

import copy

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed (extra [torch])")

import torch

from bp.networks import EntropySGD


def task(dtype=torch.float64, seed=0):
    """A small net, and a closure that draws a fresh minibatch at each call."""
    source = torch.Generator().manual_seed(seed)
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)).to(dtype)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=source, dtype=torch.float64))

    def closure():
        net.zero_grad()
        loss = (net(torch.randn(8, 3, generator=source, dtype=torch.float64).to(dtype)) - 1).square().mean()
        loss.backward()
        return loss

    return net, closure, source


def weights(net):
    return torch.cat([parameter.detach().reshape(-1) for parameter in net.parameters()])


@pytest.mark.parametrize("options", [
    {},
    {"weight_decay": 0.1},
    {"momentum": 0.9},
    {"momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01},
    {"momentum": 0.9, "nesterov": True},
    {"maximize": True},
])  # fmt: skip
def test_the_limit_of_one_step_is_sgd(options):
    """Sharp test 1. To rounding: the step is the difference of two positions of order 1 (ten steps of 1e-16)."""
    net, closure, _ = task()
    entropic = EntropySGD(net.parameters(), 0.5, steps=1, step_size=0.2, averaging=0.0, noise=0.0, gamma=0.0, **options)
    for _ in range(10):
        entropic.step(closure)
    plain, same, _ = task()
    sgd = torch.optim.SGD(plain.parameters(), 0.1, **options)
    for _ in range(10):
        same()
        sgd.step()
    torch.testing.assert_close(weights(net), weights(plain), rtol=1e-13, atol=1e-13)


def quadratic(hessian, start, **options):
    w = torch.nn.Parameter(torch.full((4,), start, dtype=torch.float64))
    optimizer = EntropySGD([w], **options)

    def closure():
        optimizer.zero_grad()
        loss = (0.5 * hessian * w.square()).sum()
        loss.backward()
        return loss

    return w, optimizer, closure


def test_gradient_of_the_local_entropy_of_a_quadratic():
    r"""Sharp test 2: gamma (w - <w'>) = H gamma / (H + gamma) w once the inner loop has settled (400 steps)."""
    hessian, gamma = 2.0, 0.7
    w, optimizer, closure = quadratic(hessian, 1.5, steps=400, step_size=0.05, gamma=gamma, noise=0.0, averaging=0.0)
    optimizer.step(closure)  # w is the mean now
    gradient = gamma * (1.5 - w.detach())
    torch.testing.assert_close(gradient, torch.full((4,), hessian * gamma / (hessian + gamma) * 1.5).double())


def test_stationary_variance_of_the_inner_loop():
    """Sharp test 3: 2 h T / (1 - a^2), a = (1 - h H) / (1 + h gamma); 10^5 independent walks, five standard errors."""
    hessian, gamma, h, noise, count = 1.3, 0.6, 0.2, 0.05, 100_000
    w = torch.nn.Parameter(torch.zeros(count, dtype=torch.float64))
    optimizer = EntropySGD([w], steps=60, step_size=h, gamma=gamma, noise=noise, averaging=0.0)

    def closure():
        w.grad = hessian * w.detach()
        return torch.zeros(())

    optimizer.step(closure)  # a^60 = 1e-11 of the start is left
    a = (1 - h * hessian) / (1 + h * gamma)
    expected = 2 * h * noise**2 / (1 - a**2)
    assert abs(float(w.detach().var()) / expected - 1) < 5 * np.sqrt(2 / count)
    assert abs(float(w.detach().mean())) < 5 * np.sqrt(expected / count)


def test_inner_steps_as_written():
    """Two inner steps with every option, by the formula of the docstring."""
    h, gamma, decay, a, lr = 0.3, 0.4, 0.1, 0.6, 0.8
    options = {"step_size": h, "gamma": gamma, "weight_decay": decay, "averaging": a, "noise": 0.0}
    w, optimizer, closure = quadratic(2.0, 1.0, steps=2, lr=lr, **options)
    optimizer.step(closure)
    inner, mean = 1.0, 1.0
    for _ in range(2):
        inner = (inner - h * (2.0 * inner + decay * inner) + h * gamma * 1.0) / (1 + h * gamma)
        mean = a * mean + (1 - a) * inner
    assert w.detach().tolist() == pytest.approx([1 - lr * (1 - mean)] * 4, rel=1e-14)  # rounding


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("gamma", [0.01, "auto"])
def test_resume_bit_for_bit(gamma, dtype):
    """Sharp test 5: a copy of state_dict goes on as if nothing had happened, noise and growing coupling included."""
    options = {"momentum": 0.9, "gamma": gamma, "growth": 0.1, "noise": 0.01, "lr": 0.3, "seed": 7}
    net, closure, source = task(dtype)
    optimizer = EntropySGD(net.parameters(), **options)
    for _ in range(3):
        optimizer.step(closure)
    held = copy.deepcopy((net.state_dict(), optimizer.state_dict(), source.get_state()))
    for _ in range(3):
        optimizer.step(closure)
    other, again, drawn = task(dtype, seed=3)
    resumed = EntropySGD(other.parameters(), **{**options, "seed": 1})
    other.load_state_dict(held[0])
    resumed.load_state_dict(held[1])
    drawn.set_state(held[2])
    for _ in range(3):
        resumed.step(again)
    assert torch.equal(weights(net), weights(other)) and weights(net).dtype == dtype
    assert resumed.param_groups[0]["gamma"] == optimizer.param_groups[0]["gamma"] != gamma


def test_noise_is_that_of_the_seed():
    runs = []
    for seed in (1, 1, 2):
        net, closure, _ = task()
        EntropySGD(net.parameters(), noise=0.1, seed=seed).step(closure)
        runs.append(weights(net))
    assert torch.equal(runs[0], runs[1]) and not torch.equal(runs[0], runs[2])


def test_automatic_gamma_is_the_loss_over_the_half_squared_distance():
    w, optimizer, closure = quadratic(2.0, 1.0, gamma="auto", steps=3, step_size=0.1, averaging=0.0, noise=0.0)
    assert optimizer.param_groups[0]["gamma"] == "auto"
    optimizer.step(closure)  # w is where the loop ended: averaging 0, lr 1
    moved = float((1.0 - w.detach()).square().sum())
    assert optimizer.param_groups[0]["gamma"] == pytest.approx(4.0 / (0.5 * moved), rel=1e-6)  # squares in floats
    still = torch.nn.Parameter(torch.zeros(2))
    waiting = EntropySGD([still], gamma="auto", noise=0.0)
    waiting.step(lambda: still.sum() * 0)  # no gradient: nothing moved
    assert waiting.param_groups[0]["gamma"] == "auto"


def test_groups_and_schedules():
    """Options of their own, learning rates by torch's schedulers, couplings set from outside."""
    net, closure, _ = task()
    groups = [{"params": net[0].parameters(), "gamma": 0.5, "growth": 1.0}, {"params": net[2].parameters(), "lr": 0.0}]
    optimizer = EntropySGD(groups, lr=0.4)
    before = [parameter.detach().clone() for parameter in net.parameters()]
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    optimizer.step(closure)
    schedule.step()
    assert [group["lr"] for group in optimizer.param_groups] == [0.2, 0.0]
    assert [group["gamma"] for group in optimizer.param_groups] == [1.0, 0.01]
    moved = [not torch.equal(*pair) for pair in zip(before, net.parameters(), strict=True)]
    assert moved == [True, True, False, False]
    optimizer.param_groups[0]["gamma"] = 1e12  # the elastic force is implicit: any coupling is stable
    before = net[0].weight.detach().clone()
    optimizer.step(closure)
    torch.testing.assert_close(net[0].weight.detach(), before, atol=1e-3, rtol=0)  # noise sqrt(2 h) 1e-4, five of them
    late = torch.nn.Parameter(torch.ones(2))
    optimizer.add_param_group({"params": [late]})
    optimizer.step(closure)
    assert torch.equal(late.detach(), torch.ones(2))  # it has no gradient: it stays


def test_gradient_accumulation():
    """The closure may add the gradients of several parts of a minibatch: the same step as of the whole."""
    data = torch.randn(8, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    ends = []
    for parts in (1, 4):
        net, _, _ = task()
        optimizer = EntropySGD(net.parameters(), noise=0.0)

        def closure(net=net, optimizer=optimizer, parts=parts):
            optimizer.zero_grad()
            losses = [net(part).square().mean() / parts for part in data.chunk(parts)]
            for loss in losses:
                loss.backward()
            return sum(losses)

        optimizer.step(closure)
        ends.append(weights(net))
    torch.testing.assert_close(*ends, rtol=1e-12, atol=1e-12)  # order of summation


def test_a_closure_that_fails_leaves_the_weights():
    net, closure, _ = task()
    optimizer, before, calls = EntropySGD(net.parameters(), momentum=0.9), weights(net).clone(), []

    def failing():
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("out of data")
        return closure()

    with pytest.raises(RuntimeError, match="out of data"):
        optimizer.step(failing)
    assert torch.equal(weights(net), before) and optimizer.param_groups[0]["steps_done"] == 0


def test_batch_norm_keeps_statistics_of_the_inner_nets():
    """Of the nets at w', which update_bn makes anew."""
    net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
    data = torch.randn(64, 2, generator=torch.Generator().manual_seed(0))
    optimizer = EntropySGD(net.parameters(), step_size=1.0)

    def closure():
        optimizer.zero_grad()
        loss = (net(data)[:, 0] - data[:, 1]).square().mean()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert int(net[1].num_batches_tracked) == 5
    torch.optim.swa_utils.update_bn([data], net)
    torch.testing.assert_close(net[1].running_mean, net[0](data).mean(0).detach())


def test_half_precision_scaler_refuses_closures():
    """As the documentation says: GradScaler.step takes no closure; autocast to bfloat16 needs no scaler."""
    net, closure, _ = task(torch.float32)
    optimizer, scaler = EntropySGD(net.parameters()), torch.amp.GradScaler("cpu")
    with pytest.raises(RuntimeError, match="Closure use"):
        scaler.step(optimizer, closure=closure)
    with torch.autocast("cpu", torch.bfloat16):
        assert optimizer.step(closure).isfinite()


@pytest.mark.parametrize(("options", "error", "words"), [
    ({"lr": -1.0}, ValueError, "lr must be finite and non-negative; got -1.0"),
    ({"lr": "0.1"}, TypeError, "lr must be a real number"),
    ({"step_size": 0.0}, ValueError, "step_size must be positive"),
    ({"steps": 0}, ValueError, "steps must be a positive integer"),
    ({"steps": 2.0}, TypeError, "steps must be a positive integer"),
    ({"averaging": 1.0}, ValueError, r"averaging must be in \[0, 1\)"),
    ({"gamma": "auto!"}, TypeError, "gamma must be a real number or 'auto'"),
    ({"gamma": -1}, ValueError, "gamma must be finite and non-negative"),
    ({"noise": float("nan")}, ValueError, "noise must be finite"),
    ({"seed": -1}, ValueError, "seed must be a non-negative integer"),
    ({"maximize": 1}, TypeError, "maximize must be True or False"),
    ({"nesterov": True}, ValueError, "nesterov needs a positive momentum"),
])  # fmt: skip
def test_options_that_are_not_allowed(options, error, words):
    with pytest.raises(error, match=words):
        EntropySGD([torch.nn.Parameter(torch.ones(2))], **options)


def test_what_else_is_refused():
    w = torch.nn.Parameter(torch.ones(2))
    with pytest.raises(TypeError, match="real floating-point"):
        EntropySGD([torch.nn.Parameter(torch.ones(2, dtype=torch.complex64))])
    optimizer = EntropySGD([w])
    with pytest.raises(TypeError, match=r"closure must be callable as closure\(\) -> loss"):
        optimizer.step()
    with pytest.raises(ValueError, match="steps must be 5 as in the first group"):
        optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))], "steps": 3})
    assert len(optimizer.param_groups) == 1
    table = torch.nn.Embedding(5, 2, sparse=True)
    sparse = EntropySGD(table.parameters())
    with pytest.raises(TypeError, match=r"dense gradients; that of shape \(5, 2\) is sparse"):
        sparse.step(lambda: table(torch.tensor([1, 2])).sum().backward())
    optimizer.param_groups[0]["gamma"] = float("inf")
    with pytest.raises(ValueError, match="gamma must be finite"):
        optimizer.step(lambda: w.sum())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_device():
    """The limit of SGD, and resuming with noise that is drawn there."""
    data = torch.randn(8, 3, dtype=torch.float64).cuda()

    def run(optimizer, net, steps):
        def closure():
            optimizer.zero_grad()
            loss = (net(data) - 1).square().mean()
            loss.backward()
            return loss

        for _ in range(steps):
            optimizer.step(closure)

    nets = [task()[0].cuda() for _ in range(2)]
    options = {"steps": 1, "step_size": 0.2, "averaging": 0.0, "noise": 0.0, "gamma": 0.0}
    run(EntropySGD(nets[0].parameters(), 0.5, momentum=0.9, **options), nets[0], 10)
    run(torch.optim.SGD(nets[1].parameters(), 0.1, momentum=0.9), nets[1], 10)
    torch.testing.assert_close(weights(nets[0]), weights(nets[1]), rtol=1e-12, atol=1e-12)
    first, second = (EntropySGD(net.parameters(), gamma="auto", growth=0.1, noise=0.01) for net in nets)
    run(first, nets[0], 2)
    nets[1].load_state_dict(copy.deepcopy(nets[0].state_dict()))
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    for optimizer, net in ((first, nets[0]), (second, nets[1])):
        run(optimizer, net, 2)
    assert torch.equal(weights(nets[0]), weights(nets[1])) and weights(nets[0]).is_cuda
