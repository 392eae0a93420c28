# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # Continuous weights: coupled replicas, and a training set split among them
#
# Networks that are trained from different starts and pulled together while they learn end in regions where many
# configurations are good. Here are two things this does, with their errors, and one that it does not. All needs the
# extra `torch`.

# %%
import os

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch.func import functional_call, vmap

from bp.networks import CommitteePatterns, Replicas, Scoping, TanhCommittee, local_energy

FAST = os.environ.get("FAST", "1") == "1"  # "0": full resolution
torch.set_num_threads(1)

# %% [markdown]
# ## (a) Three that are coupled, the best of three that are not, and one
#
# A committee of five tanh units on $NK=800$ weights learns $P=\alpha NK$ random patterns by full-batch gradient
# descent, with the logistic loss of gain 3. Every row has 4000 gradients in all: 1333 steps of three replicas, or
# 4000 of one. The pull rises linearly from zero to a strength of 0.03 a step. An instance is solved if a replica once
# has no errors.

# %%
N, UNITS, GAIN, GRADIENTS = (40, 5, 3.0, 1200) if FAST else (160, 5, 3.0, 4000)
instances = 12 if FAST else 40


def descent(alpha, y, rate, strength, root=43):
    """Solved (y, instances) after all gradients, and the loss step by step."""
    data = CommitteePatterns.random(N, UNITS, alpha, np.random.SeedSequence([root, 0]), instances)
    committee = TanhCommittee(N, UNITS, (y, instances), np.random.SeedSequence([root, 1]))
    steps, lr = GRADIENTS // y, rate * N
    optimizer = torch.optim.SGD(committee.parameters(), lr=lr)
    replicas = Replicas(optimizer, gamma=Scoping(0.0, strength / lr / (steps - 1), linear=True))
    solved, spreads = torch.zeros(y, instances, dtype=torch.bool), []
    for _ in range(steps):
        optimizer.zero_grad()
        votes = committee(data.inputs)
        solved |= data.errors(votes.detach()) == 0
        data.loss(votes, GAIN).sum().backward()
        optimizer.step()
        replicas.step()
        spreads.append(replicas.spread())
    return solved.numpy(), np.array(spreads)


def mean(values):
    """Mean and standard error."""
    return float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values)))


runs = {"3 coupled": (3, 0.03), "best of 3": (3, 0.0), "one run": (1, 0.0)}
found, spread = {}, {}
for rate in (1.75, 0.3):
    for name, (y, strength) in runs.items():
        solved, spread[rate, name] = descent(1.0, y, rate, strength)
        found[rate, name] = solved.any(axis=0).astype(float)
        print("learning rate {} N, {}: solved {:.2f} ± {:.2f}".format(rate, name, *mean(found[rate, name])))
difference, error = mean(found[1.75, "3 coupled"] - found[1.75, "best of 3"])
print(f"at the large rate, coupled less best of three: {difference:.2f} ± {error:.2f}")
assert spread[1.75, "3 coupled"][-1] < spread[1.75, "best of 3"][-1]  # they were pulled together
if not FAST:
    assert difference > 2.5 * error
    assert mean(found[1.75, "3 coupled"])[0] >= 0.55

# %% [markdown]
# At the large learning rate a single network is mostly left with a few errors, and replicas that are coupled do what
# the best of as many could not. **At a learning rate six times smaller nothing is left to gain**: one run solves all
# that coupled replicas solve. What coupling does here is let one learn fast.
#
# Over the load, at the large rate:

# %%
loads = (0.8, 1.2) if FAST else (0.8, 1.0, 1.2)
fig, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4.0), layout="constrained")
for k, y in enumerate((1, 3, 5)):
    shares = np.array([mean(descent(a, y, 1.75, 0.03 if y > 1 else 0.0, 44)[0].any(axis=0)) for a in loads])
    print(f"y = {y}:", shares[:, 0].round(2), "±", shares[:, 1].round(2))
    left.errorbar(loads, *shares.T, color=f"C{k}", marker="os^"[k], capsize=3, label=f"y = {y}")
left.set(xlabel=r"load $\alpha = P/NK$", ylabel="solved", ylim=(-0.03, 1.03), title="equal gradients")
left.legend(frameon=False)
for name, color in (("3 coupled", "C1"), ("best of 3", "0.5")):
    right.plot(spread[1.75, name], color=color, label=name)
right.set(
    xlabel="step",
    ylabel="rms distance of a weight from the mean",
    title=r"three replicas, $\alpha = 1$",
    ylim=(0, None),
)
right.legend(frameon=False)
plt.show()

# %% [markdown]
# ## (b) A training set split among three replicas
#
# 600 digits, 200 for each of three networks (64-48-10). What they say alone; averaged; coupled, at their centre; and
# what a network says that sees all 600, after as many passes over its data.

# %%
splits, epochs = (4, 60) if FAST else (10, 100)
PIXELS, LABELS = load_digits(return_X_y=True)
net = torch.nn.Sequential(torch.nn.Linear(64, 48), torch.nn.ReLU(), torch.nn.Linear(48, 10))
many = vmap(vmap(lambda w, x: functional_call(net, w, (x,))))  # replicas, splits
one = vmap(lambda w, x: functional_call(net, w, (x,)))


def drawn(root):
    source = np.random.default_rng([root, 2])
    orders = np.array([source.permutation(len(LABELS)) for _ in range(splits)])
    x, label = torch.as_tensor(PIXELS[orders] / 16 - 0.3, dtype=torch.float32), torch.as_tensor(LABELS[orders])
    return x[:, :600], label[:, :600], x[:, 600:], label[:, 600:]


def trained(y, last, root=45, rate=0.1, batch=20):
    """Test errors by split, and the centre of the first, after training `y` networks on a part of the data each."""
    x, label, test, truth = drawn(root)
    source, part = torch.Generator().manual_seed(root), 600 // y
    weights = {
        name: torch.randn(y, splits, *p.shape, generator=source) * (2 / p.shape[-1]) ** 0.5 * (p.dim() > 1)
        for name, p in net.named_parameters()
    }
    optimizer = torch.optim.SGD([w.requires_grad_() for w in weights.values()], lr=rate, momentum=0.9)
    steps = epochs * part // batch
    replicas = Replicas(optimizer, gamma=Scoping(0.0, last / rate / steps, linear=True))
    for step in range(steps):
        first = step % (part // batch) * batch
        if not first:  # a fresh order of every part
            order = torch.rand(y, splits, part, generator=source).argsort(-1) + part * torch.arange(y)[:, None, None]
        chosen = order[..., first : first + batch]
        rows = torch.arange(splits)[None, :, None].expand_as(chosen)
        optimizer.zero_grad()
        scores = many(weights, x[rows, chosen]).flatten(0, 2)
        (torch.nn.functional.cross_entropy(scores, label[rows, chosen].flatten(), reduction="sum") / batch).backward()
        optimizer.step()
        replicas.step()
    centre = dict(zip(weights, replicas.centre(), strict=True))
    with torch.no_grad():
        scores = many(weights, test.expand(y, *test.shape))
        said = {"each": scores, "averaged": scores.softmax(-1).mean(0)[None], "centre": one(centre, test)[None]}
    errors = {name: 100 * (s.argmax(-1) != truth).double().mean(dim=(0, 2)).numpy() for name, s in said.items()}
    return errors, {name: value[0] for name, value in centre.items()}


alone, _ = trained(3, 0.0)
coupled, middle = trained(3, 1.0)
whole, single = trained(1, 0.0)
table = {"a shard alone": alone["each"], "averaged predictions": alone["averaged"],
         "coupled, at the centre": coupled["centre"], "all data": whole["each"]}  # fmt: skip
for name, values in table.items():
    print("{:24s}{:5.2f} ± {:.2f} %".format(name, *mean(values)))
cost, gain = mean(coupled["centre"] - whole["each"]), mean(alone["each"] - coupled["centre"])
print("coupled - all data {:.2f} ± {:.2f}, shard - coupled {:.2f} ± {:.2f} points".format(*cost, *gain))
assert gain[0] > 1.0
if not FAST:
    assert cost[0] <= 0.8 and gain[0] >= 1.5

# %% [markdown]
# The centre of three networks, none of which has seen more than a third of the data, is nearly as good as one that
# has seen all of it. Averaging the predictions of the uncoupled three does about as well, at three times the cost of
# use.
#
# ## (c) What it does not do
#
# The centre is not better than a network trained on all data, and a wider minimum is not a better one here. Flatness,
# the rise of the training error under $w(1+\sigma\xi)$, is to be compared at equal training error, which both have
# (none):

# %%
x, label, test, truth = drawn(45)
sigma = np.array([0.1, 0.2, 0.3, 0.4])
for name, weights in (("all data", single), ("coupled, a third each", middle)):
    net.load_state_dict(weights)
    energy = local_energy(net, (x[0], label[0]), sigma=sigma, samples=10 if FAST else 40, rng=1)
    wrong = float((net(test[0]).argmax(-1) != truth[0]).double().mean())
    rise = " ".join(f"{100 * r:.2f}±{100 * e:.2f}" for r, e in zip(energy.rise, energy.error, strict=True))
    print(f"{name:22s} training error {100 * energy.undisturbed:.2f} %, test {100 * wrong:.2f} %, rise (points) {rise}")

# %% [markdown]
# Neither Entropy-SGD nor replicas generalised better, at equal gradients, than SGD that was stopped well on any of our
# data. That is the result; `python -m bp.networks` trains the talk's small all-convolutional network by all four
# methods and prints test error and flatness epoch by epoch.

# %% [markdown]
# ## (d) The same on the sphere, where theory is exact
#
# A perceptron of real weights on the sphere, $\alpha=1$: the entropy at distance $d$ around typical solutions, around
# those of a larger margin, and the largest there is, $S_\infty$, beside what is measured around the solutions of
# gradient descent on the logistic loss. All are shown less the entropy of all solutions, $s=-0.8558$ in theory and
# that of its own instance in measurements, most of whose scatter it explains.

# %%
import warnings

import bp
import replica_theory as rt

warnings.simplefilter("ignore", rt.ConvergenceWarning)  # around large margins nothing is typical very near: NaN there
sphere, alpha = rt.BinaryPerceptron(weights=rt.SphericalWeights()), 1.0
fine = np.linspace(0.02, 0.2, 7 if FAST else 19)
volume = float(rt.replica_symmetric(sphere, alpha).entropy)
curves = {"typical": rt.franz_parisi(sphere, alpha, fine).entropy}
for margin in (0.2, 0.4):
    reference = sphere.at(kappa=margin)
    curves[f"typical of margin {margin}"] = rt.franz_parisi(sphere, alpha, fine, reference=reference).entropy
curves[r"largest, $S_\infty$"] = rt.local_entropy(sphere, alpha, fine).entropy

n, count, distance = (301, 4, [0.05, 0.1, 0.2]) if FAST else (1001, 16, [0.02, 0.05, 0.1, 0.15, 0.2])
descents = {"first solution": {}, "at rest": {"gain": 6.0, "tol": 1e-4, "max_iter": 3000}}
measured = {name: [] for name in descents}
for seed in range(count):
    instance = bp.random_instance(sphere, n, alpha, rng=seed)
    own = bp.belief_propagation(instance, "amp").entropy
    for name, options in descents.items():
        found = bp.solve(instance, "gradient-descent", rng=seed, **options)
        if found.solved:
            around = bp.local_entropy(instance, found.weights, distance, method="amp").entropy
            measured[name].append(around - own)

# %%
fig, ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
for (name, curve), style in zip(curves.items(), ("k:", "C2--", "C2-", "k-"), strict=True):
    ax.plot(fine, curve - volume, style, label=name)
for name, marker in zip(measured, "so", strict=True):
    values = np.array(measured[name])
    error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    ax.errorbar(distance, values.mean(axis=0), error, fmt=marker, label=f"gradient descent, {name}")
    print(
        f"{name:15s} {len(values)} solved, S - s:", "  ".join(map("{:.4f} ± {:.4f}".format, values.mean(axis=0), error))
    )
ax.set(
    xlabel="distance $d$", ylabel="$S(d)-s$, nats per weight", ylim=(-0.5, 0.02), title=rf"sphere, $\alpha=1$, N = {n}"
)
ax.legend(frameon=False, fontsize=8)
plt.show()
near = {name: np.mean(values, axis=0)[distance.index(0.1)] for name, values in measured.items()}
typical = rt.franz_parisi(sphere, alpha, 0.1).entropy - volume
largest = rt.local_entropy(sphere, alpha, 0.1).entropy - volume
print(f"at d = 0.1: typical {typical:.4f}, largest {largest:.4f}, at rest {near['at rest']:.4f}")
assert near["first solution"] < near["at rest"] < largest + 0.005 and near["at rest"] > typical + 0.05

# %% [markdown]
# Descent that stops at its first solution stands at the edge of the solutions, in places that are no denser than
# typical ones. Going on downhill, without a single error to correct any more, it reaches places where the entropy is
# nearly the largest possible at $d=0.1$: the loss leads inwards.
