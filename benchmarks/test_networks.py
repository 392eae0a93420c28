"""What Entropy-SGD costs beside the gradients: ``pytest -n 0 benchmarks/test_networks.py`` (not part of a plain run).

A net of 10^6 weights; CPU milliseconds of a training step of torch's SGD (gradient and update) and of one of the
gradients of an Entropy-SGD step, in turn in the same run, one thread. "overhead" is what Entropy-SGD takes for each
gradient beside the gradient itself, in parts of SGD's training step.
"""

import time

import pytest

pytest.importorskip("pytest_benchmark")
torch = pytest.importorskip("torch", reason="torch is not installed (extra [torch])")


def net(kind):
    """About 10^6 weights; dense layers, or convolutions, which do more with each weight."""
    if kind == "dense":
        layers = [torch.nn.Linear(1000, 500), torch.nn.ReLU(), torch.nn.Linear(500, 500), torch.nn.ReLU()]
        return torch.nn.Sequential(*layers, torch.nn.Linear(500, 500)), (1000,)
    layers = [torch.nn.Conv2d(3, 96, 3, 2, 1), torch.nn.ReLU()]
    for width in (192, 384):
        layers += [torch.nn.Conv2d(width // 2, width, 3, 2, 1), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers, torch.nn.Conv2d(384, 50, 3, 1, 1)), (3, 32, 32)


@pytest.mark.parametrize("noise", [1e-4, 0.0])
@pytest.mark.parametrize(("kind", "batch"), [("dense", 128), ("dense", 512), ("convolutional", 64)])
def test_overhead(benchmark, kind, batch, noise):
    from bp.networks import EntropySGD

    torch.set_num_threads(1)
    network, shape = net(kind)
    inputs = torch.randn(batch, *shape)
    spent = []

    def closure():
        start = time.process_time()
        network.zero_grad()
        loss = network(inputs).square().mean()
        loss.backward()
        spent.append(time.process_time() - start)
        return loss

    sgd = torch.optim.SGD(network.parameters(), lr=1e-6, momentum=0.9)
    entropic = EntropySGD(network.parameters(), 1e-6, momentum=0.9, noise=noise)
    plain, beside = [], []

    def both():
        start = time.process_time()
        sgd.step(closure)
        plain.append(time.process_time() - start)
        spent.clear()
        start = time.process_time()
        entropic.step(closure)
        beside.append((time.process_time() - start - sum(spent)) / len(spent))

    benchmark.pedantic(both, rounds=12, warmup_rounds=2)
    figures = {"weights": sum(p.numel() for p in network.parameters()), "SGD step, ms": 1e3 * min(plain)}
    benchmark.extra_info.update(figures | {"beside, ms": 1e3 * min(beside), "overhead": min(beside) / min(plain)})
