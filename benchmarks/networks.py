"""Coupled replicas of continuous networks (extra ``torch``): ``python benchmarks/networks.py committee``.

``committee``: five tanh units with 800 weights, full-batch gradient descent on 800 random patterns: three coupled
replicas, the best of three that are not, and one run, at equal gradient evaluations; at a large and a small learning
rate. ``rates``: at others. ``loads``: one, three and five replicas against the load. ``digits``: the training set
split among three. ``--root`` is the seed of all (2026; constants were chosen on others), ``--samples`` the number of
instances, or of splits of the digits.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch.func import functional_call, vmap

from bp.networks import CommitteePatterns, Replicas, Scoping, TanhCommittee

N_INPUTS, UNITS, GAIN, EVALUATIONS = 160, 5, 3.0, 4000
LARGE, SMALL = 1.75, 0.3
"""Learning rates in units of the number of inputs, for the mean loss of a pattern."""
STRENGTH = 0.03
"""Strength of the pull at the last step; it rises linearly from zero."""


def descent(root: int, samples: int, alpha: float, y: int, rate: float, strength: float) -> tuple[Any, Any]:
    """Solved (y, samples), whether a replica ever had no errors, and errors left, after 4000 evaluations altogether."""
    data = CommitteePatterns.random(N_INPUTS, UNITS, alpha, np.random.SeedSequence([root, 0]), samples)
    committee = TanhCommittee(N_INPUTS, UNITS, (y, samples), np.random.SeedSequence([root, 1]))
    steps, lr = EVALUATIONS // y, rate * N_INPUTS
    optimizer = torch.optim.SGD(committee.parameters(), lr=lr)
    scoping = Scoping(0.0, strength / lr / (steps - 1), linear=True)
    replicas = Replicas(optimizer, gamma=scoping)
    solved = torch.zeros(y, samples, dtype=torch.bool)
    for _ in range(steps):
        optimizer.zero_grad()
        votes = committee(data.inputs)
        errors = data.errors(votes.detach())
        solved |= errors == 0
        data.loss(votes, GAIN).sum().backward()
        optimizer.step()
        replicas.step()
    return solved.numpy(), errors.numpy()


def share(solved: Any) -> tuple[float, float]:
    """Part solved, and its standard error."""
    p = float(np.mean(solved))
    return p, float(np.sqrt(p * (1 - p) / len(solved)))


def committee(root: int, samples: int) -> Iterator[str]:
    """Rows at load 1, for both learning rates."""
    yield "| learning rate / N | run | solved | errors left | CPU s |\n| --: | --- | --: | --: | --: |"
    for rate in (LARGE, SMALL):
        parts = {}
        for name, y, strength in (("3 coupled", 3, STRENGTH), ("best of 3", 3, 0.0), ("one run", 1, 0.0)):
            start = time.process_time()
            solved, errors = descent(root, samples, 1.0, y, rate, strength)
            parts[name] = solved.any(axis=0).astype(float)
            p, error = share(parts[name])
            seconds = time.process_time() - start
            yield f"| {rate} | {name} | {p:.2f} ± {error:.2f} | {errors.min(axis=0).mean():.1f} | {seconds:.0f} |"
        paired = parts["3 coupled"] - parts["best of 3"]
        error = paired.std(ddof=1) / np.sqrt(samples)
        yield f"| {rate} | difference on the same instances | {paired.mean():+.2f} ± {error:.2f} | | |"


def rates(root: int, samples: int) -> Iterator[str]:
    """What the comparison of `committee` is at other learning rates."""
    yield "| learning rate / N | 3 coupled | best of 3 | one run |\n| --: | --: | --: | --: |"
    for rate in (1.0, 2.0):
        cells = []
        for y, strength in ((3, STRENGTH), (3, 0.0), (1, 0.0)):
            solved, _ = descent(root, samples, 1.0, y, rate, strength)
            cells.append("{:.2f} ± {:.2f}".format(*share(solved.any(axis=0))))
        yield f"| {rate} | {' | '.join(cells)} |"


def loads(root: int, samples: int) -> Iterator[str]:
    """One, three and five replicas over the load."""
    yield "| α | y = 1 | y = 3 | y = 5 |\n| --: | --: | --: | --: |"
    for alpha in (0.8, 1.0, 1.2):
        cells = []
        for y in (1, 3, 5):
            solved, _ = descent(root, samples, alpha, y, LARGE, STRENGTH if y > 1 else 0.0)
            cells.append("{:.2f} ± {:.2f}".format(*share(solved.any(axis=0))))
        yield f"| {alpha} | {' | '.join(cells)} |"


def digits(root: int, samples: int) -> Iterator[str]:
    """Test errors of a shard alone, averaged predictions, coupled replicas, all data; labels clean and noisy."""
    head = "noisy labels", "a shard alone", "averaged predictions", "3 coupled", "all data", "coupled - all"
    yield f"| {' | '.join([*head, 'shard - coupled'])} |\n|{' --: |' * 7}"
    for noise in (0.0, 0.2):
        shard = trained(root, samples, noise, 3, 0.0)
        coupled = trained(root, samples, noise, 3, 1.0)
        whole = trained(root, samples, noise, 1, 0.0)
        columns = [shard["each"], shard["averaged"], coupled["centre"], whole["each"]]
        columns += [coupled["centre"] - whole["each"], shard["each"] - coupled["centre"]]
        cells = [f"{100 * c.mean():.2f} ± {100 * c.std(ddof=1) / np.sqrt(samples):.2f}" for c in columns]
        yield f"| {noise:.0%} | {' | '.join(cells)} |"


def trained(root: int, samples: int, noise: float, y: int, last: float, epochs: int = 100) -> dict[str, Any]:
    """Test errors by split of `y` networks on a part of 600 digits each; the pull rises to strength `last`."""
    x, label, test, truth = splits(root, samples, noise)
    net = torch.nn.Sequential(torch.nn.Linear(64, 48), torch.nn.ReLU(), torch.nn.Linear(48, 10))
    source = torch.Generator().manual_seed(root)
    weights = {
        name: (torch.randn(y, samples, *p.shape, generator=source) * (2 / p.shape[1]) ** 0.5 if p.dim() > 1
               else torch.zeros(y, samples, *p.shape)).requires_grad_()
        for name, p in net.named_parameters()
    }  # fmt: skip
    evaluate = vmap(vmap(lambda w, x: functional_call(net, w, (x,))))
    rate, batch, part = 0.1, 20, 600 // y
    steps = epochs * part // batch
    optimizer = torch.optim.SGD(weights.values(), lr=rate, momentum=0.9)
    replicas = Replicas(optimizer, gamma=Scoping(0.0, last / rate / steps, linear=True))
    for step in range(steps):
        if step % (part // batch) == 0:  # a fresh order of every part
            order = torch.rand(y, samples, part, generator=source).argsort(-1)
            order = order + part * torch.arange(y)[:, None, None]
        chosen = order[..., (step % (part // batch)) * batch :][..., :batch]
        rows = torch.arange(samples)[None, :, None].expand_as(chosen)
        optimizer.zero_grad()
        scores = evaluate(weights, x[rows, chosen])
        entropies = torch.nn.functional.cross_entropy(
            scores.flatten(0, 2), label[rows, chosen].flatten(), reduction="sum"
        )
        (entropies / batch).backward()
        optimizer.step()
        replicas.step()
    with torch.no_grad():
        scores = evaluate(weights, test.expand(y, *test.shape))
        middle = vmap(lambda w, x: functional_call(net, w, (x,)))(
            dict(zip(weights, replicas.centre(), strict=True)), test
        )
    wrong = {"each": scores, "averaged": scores.softmax(-1).mean(0)[None], "centre": middle[None]}
    return {name: (s.argmax(-1) != truth).double().mean(dim=(0, 2)).numpy() for name, s in wrong.items()}


def splits(root: int, samples: int, noise: float) -> tuple[torch.Tensor, ...]:
    """600 digits to train with (some labels drawn anew) and 1197 to test with, in several orders."""
    pixels, labels = load_digits(return_X_y=True)
    source = np.random.default_rng([root, 2])
    orders = np.array([source.permutation(len(labels)) for _ in range(samples)])
    given = np.where(
        source.random((samples, 600)) < noise, source.integers(0, 10, (samples, 600)), labels[orders[:, :600]]
    )
    x = torch.as_tensor(pixels[orders] / 16 - 0.3, dtype=torch.float32)
    return x[:, :600], torch.as_tensor(given), x[:, 600:], torch.as_tensor(labels[orders[:, 600:]])


def main() -> None:
    """Run a study and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", choices=("committee", "rates", "loads", "digits"))
    parser.add_argument("--root", type=int, default=2026, help="seed of all (default %(default)s)")
    parser.add_argument("--samples", type=int, help="instances (default 40), or splits of the digits (default 10)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    samples = arguments.samples or (10 if arguments.study == "digits" else 40)
    studies = {"committee": committee, "rates": rates, "loads": loads, "digits": digits}
    for line in studies[arguments.study](arguments.root, samples):
        print(line, flush=True)


if __name__ == "__main__":
    main()
