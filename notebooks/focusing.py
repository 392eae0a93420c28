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
# # Focusing belief propagation
#
# Focusing BP (PNAS 113, E7655) passes messages in a system of $y$ replicas, each coupled with strength $\gamma$ to a
# common reference. Two theories have something to say about it, neither with a parameter to fit:
#
# - `rt.robust_ensemble`, the true statistical mechanics of that system;
# - `rt.focusing_fixed_point`, the state evolution of the algorithm's messages. These treat the copies of a pattern, one
#   for each replica, as independent; in truth the replicas of a reference feel a pattern with correlated fields.

# %%
import os
import warnings

import matplotlib.pyplot as plt
import numpy as np

import bp
import replica_theory as rt
from bp.algorithms.schedules import FreeSchedule, Pseudo
from bp.plots import success_probability

FAST = os.environ.get("FAST", "1") == "1"  # "0": full resolution
warnings.simplefilter("ignore", rt.ConvergenceWarning)  # points without a saddle are NaN and not drawn
model = rt.BinaryPerceptron()
alpha = 0.6

# %% [markdown]
# ## Fixed points at given $(\gamma, y)$
#
# Twenty-five steps at each coupling bring the messages to their fixed point. What they report is compared with both
# theories: the overlap of a replica with the reference, $q$ (in the ensemble $q_0$, between replicas of different
# references) and the internal entropy $-\beta F - \gamma\,\mathrm{overlap}$ (in the ensemble $S + \Sigma/y$: the local
# entropy $S$ and a share of the reference's own, $(\log 2)/y$ at $\gamma = 0$). The
# algorithm follows its own theory at every $y$. At $y = 1$ the reference decouples and the two theories are one; at
# $y > 1$ they part as the coupling grows, and the algorithm's overlap falls short of the ensemble's.

# %%
n, samples = (2001, 6) if FAST else (4001, 24)
couplings = np.array([0.1, 0.2, 0.3, 0.45, 0.6])
columns = ("overlap", "q", "internal_entropy")


def fixed_points(y: float, sample: int) -> np.ndarray:
    draw, solver = np.random.SeedSequence([31, sample]).spawn(2)
    instance = bp.random_instance(model, n, alpha, draw)
    schedule = FreeSchedule([(gamma, y) for gamma in couplings for _ in range(25)])
    trace = bp.solve(instance, "focusing-bp", schedule=schedule, entropies=True, rng=solver).trace
    return np.stack([trace[name][24::25] for name in columns])


replicas = (1.0, 2.0, 3.0)
measured = {y: np.array([fixed_points(y, sample) for sample in range(samples)]) for y in replicas}
load = round(alpha * n) / n
print("  y  gamma" + "".join(f"{name:>34}" for name in columns) + "   (measured, its theory, z, ensemble)")
for y, values in measured.items():
    own, ensemble = rt.focusing_fixed_point(model, load, couplings, y), rt.robust_ensemble(model, load, couplings, y)
    expected = np.stack([own.overlap, own.q, own.internal_entropy])
    true = np.stack([ensemble.overlap, ensemble.q0, ensemble.internal_entropy])
    mean, error = values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(samples)
    z = (mean - expected) / np.maximum(error, 1e-4)  # the overlap hardly scatters; finite size shifts it
    for k, gamma in enumerate(couplings):
        cells = "".join(f"  {mean[c, k]:8.4f}{expected[c, k]:8.4f}{z[c, k]:7.1f} {true[c, k]:8.4f}" for c in range(3))
        print(f"{y:3.0f}{gamma:7.2f}{cells}")
    assert np.all(np.abs(z) < 5)
    if y == 1:
        assert np.allclose(expected, true, atol=1e-8)
    else:
        missing = (true - mean)[0]  # overlap that the algorithm lacks
        assert np.all(missing[1:] > 5 * error[0, 1:]) and np.all(np.diff(missing) > 0) and missing[-1] < 0.04

# %%
dense_gamma = np.linspace(0.0, 0.65, 60)
titles = ("overlap with the reference", r"overlap $q$ of two systems", "internal entropy (nats per weight)")
fig, axes = plt.subplots(1, 3, figsize=(11, 3.8), layout="constrained")
for color, (y, values) in zip(("k", "C0", "C3"), measured.items(), strict=True):
    own = rt.focusing_fixed_point(model, alpha, dense_gamma, y)
    ensemble = rt.robust_ensemble(model, alpha, dense_gamma, y)
    curves = (own.overlap, own.q, own.internal_entropy)
    true = (ensemble.overlap, ensemble.q0, ensemble.internal_entropy)
    for c, ax in enumerate(axes):
        ax.plot(dense_gamma, curves[c], color=color, label=f"$y = {y:.0f}$")
        ax.plot(dense_gamma, true[c], color=color, ls=":", label="robust ensemble" if y == 3 else None)
        error = values[:, c].std(axis=0, ddof=1) / np.sqrt(samples)
        ax.errorbar(couplings, values[:, c].mean(axis=0), error, fmt="o", ms=4, capsize=2, color=color)
for ax, title in zip(axes, titles, strict=True):
    ax.set(xlabel=r"coupling $\gamma$", ylabel=title)
axes[1].legend(frameon=False, title=f"points: focusing BP, N = {n}", fontsize=9, title_fontsize=9, alignment="left")
plt.show()

# %% [markdown]
# ## Along the schedule
#
# The pseudo schedule $\gamma = \mathrm{atanh}\sqrt\rho$, $y = (2-\rho)/(1-\rho)$ with the algorithm's theory at the
# same pairs. At $\alpha = 0.6$ theory has a single branch, the same upwards and downwards in $\rho$. It rises steeply
# above $\rho = 0.5$, where it is no longer what messages do: at $\rho = 0.502$ its fixed point becomes unstable (the
# `stability` of `rt.focusing_fixed_point`; dotted beyond). Instances of any size leave it there, however slowly they
# go: squares are messages that have settled, sixty updates at each pair. They condense ($q \to 1$) onto a solution
# all the same.

# %%
draw, solver = np.random.SeedSequence([32]).spawn(2)
instance = bp.random_instance(model, n, alpha, draw)
found = bp.solve(instance, "focusing-bp", schedule=Pseudo(200), entropies=True, rng=solver)
trace = found.trace
rho = np.tanh(trace["gamma"]) ** 2
print(f"{found.message} {found.iterations} iterations; rho at the end {rho[-1]:.2f}")
assert found.solved and instance.errors(found.weights) == 0
assert np.all(np.diff(trace["q"][5:]) > -1e-3)  # the messages condense step by step
assert trace["errors"][5] > 20


def pairs(rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.arctanh(np.sqrt(rho)), (2 - rho) / (1 - rho)


fine = np.concatenate([np.linspace(0.001, 0.48, 25), np.linspace(0.49, 0.56, 15), np.linspace(0.58, rho[-1], 8)])
theory = rt.focusing_fixed_point(model, instance.alpha, *pairs(fine))
stable = theory.stability > 0
assert np.all(theory.converged) and abs(fine[stable][-1] - 0.5) < 0.01
held = np.array([0.1, 0.2, 0.3, 0.4, 0.45, 0.5, 0.53, 0.56, 0.6])
slowly = FreeSchedule([pair for pair in zip(*pairs(held), strict=True) for _ in range(60)])
settled = bp.solve(instance, "focusing-bp", schedule=slowly, entropies=True, rng=solver).trace[59::60]
held = held[: len(settled)]
same = rt.focusing_fixed_point(model, instance.alpha, *pairs(held))
print(np.column_stack([held, settled["q"], same.q, same.stability]).round(3))
below = held < 0.46
assert np.all(np.abs(settled["q"] - same.q)[below] < 0.025)  # 1/sqrt(N) of one instance
assert np.all((same.q - settled["q"])[np.isin(held, [0.53, 0.56])] > 0.05)

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4.0), layout="constrained", sharex=True)
beyond = ~stable
beyond[np.argmax(beyond) - 1] = True  # no gap
for ax, name, color, label in (
    (left, "overlap", "C0", "overlap with the reference"),
    (left, "q", "C3", "overlap $q$ of two systems"),
    (right, "internal_entropy", "C0", "internal entropy (nats per weight)"),
):
    values = getattr(theory, name)
    ax.plot(rho, trace[name], color=color, label=label)
    ax.plot(fine[stable], values[stable], "--", color="k", lw=1, zorder=3)
    ax.plot(fine[beyond], values[beyond], ":", color="k", lw=1, zorder=3)
    ax.plot(held, settled[name], "s", mfc="none", ms=5, color=color)
right.plot(rho, trace["errors"] / instance.n_patterns, "C2", label="fraction of patterns violated")
left.set(xlabel=r"$\rho = \tanh^2\gamma$", ylabel="overlap", ylim=(0, 1))
right.set(xlabel=r"$\rho = \tanh^2\gamma$", ylabel="entropy, errors", ylim=(0, None))
left.plot([], [], "k--", lw=1, label="theory, stable")
left.plot([], [], "k:", lw=1, label="theory, unstable")
left.plot([], [], "s", color="0.5", mfc="none", ms=5, label="settled messages")
for ax in (left, right):
    ax.legend(frameon=False, fontsize=9)
fig.suptitle(rf"lines: focusing BP in 200 steps, N = {n}, $\alpha = {alpha}$", fontsize=11)
plt.show()

# %% [markdown]
# ## Success against load
#
# One pass of 200 steps, so that slower schedules do not blur the picture; bands are binomial (Wilson, one standard
# deviation).

# %%
loads = np.array([0.5, 0.6, 0.65, 0.7, 0.75, 0.8] if FAST else np.linspace(0.5, 0.82, 17))
trials, sizes = (16, (201, 1001)) if FAST else (100, (1001, 4001))
one_pass = {"schedule": "pseudo", "steps": 200}
success = bp.ensemble(model, loads, sizes, trials, ["solved"], rng=33, solver_options=one_pass)
thresholds = {"dense region ends": rt.local_entropy_threshold(model).alpha, "capacity": rt.capacity(model).alpha}
success_probability(success, thresholds=thresholds)
plt.show()
fraction = success.mean("solved").mean
print(np.column_stack([loads, fraction]).round(3))
assert np.all(fraction[0] == 1) and np.all(fraction[-1] < 1)
