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
# # The family of solvers, and where their solutions lie
#
# Many algorithms find weights of ±1 that satisfy $P=\alpha N$ random patterns, although typical solutions are isolated.
# All of them run here on the same problems through `bp.compare`, each with the same CPU time, and the entropy of the
# solutions around what they find is measured in the same way (belief propagation in the field of the solution found).
# Two energies of annealing are shown: *errors*, the number of violated patterns, and *flips*, the number of flips of
# weights by which they are missed.

# %%
import os
import warnings

import matplotlib.pyplot as plt
import numpy as np

import bp
import replica_theory as rt
from bp.algorithms.annealing import SimulatedAnnealing
from bp.algorithms.replicated_annealing import ReplicatedAnnealing
from bp.algorithms.replicated_sgd import ReplicatedSGD
from bp.execution.workers import worker_processes
from bp.plots import solver_entropies, solver_success

FAST = os.environ.get("FAST", "1") == "1"  # "0": full resolution
WORKERS = 1 if FAST else 2
warnings.simplefilter("ignore", rt.ConvergenceWarning)  # places without a local entropy are NaN and counted below
model = rt.BinaryPerceptron()
messages = ["focusing-bp", "reinforced-bp", "max-sum", "decimation", "entropic-monte-carlo"]
online = ["sbpi", "replicated-sgd"]


def annealing(n: int, sweeps: int) -> dict[str, SimulatedAnnealing | ReplicatedAnnealing]:
    """Both kinds with both energies, as many proposals each."""
    kinds = {"simulated": SimulatedAnnealing, "replicated": ReplicatedAnnealing}
    return {
        f"{word} annealing, {energy}": kind(energy=energy, max_iter=sweeps * n)
        for word, kind in kinds.items()
        for energy in ("flips", "errors")
    }


def compare(
    solvers: dict[str, object],
    problems: bp.RandomProblems,
    rng: int,
    seconds: float,
    distance: np.ndarray | None = None,
) -> bp.SolverComparison:
    around = {} if distance is None else {"measurements": ["local_entropy"], "distance": distance}
    with worker_processes(WORKERS) as executor:
        return bp.compare(solvers, problems, rng, executor, seconds=seconds, **around)


# %% [markdown]
# ## Success against load
#
# Bars are Wilson's intervals, one standard deviation. Annealing gets a schedule that uses the time it is allowed.

# %%
n, samples, seconds = (201, 5, 0.2) if FAST else (501, 12, 1.0)
loads = [0.3, 0.5, 0.65, 0.8] if FAST else [0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8]
family = {name: name for name in messages + online} | annealing(n, 60_000 if FAST else 100_000)
success = compare(family, bp.RandomProblems(model, loads, n, samples), 41, seconds)
print(success)
fraction = dict(zip(success.solvers, success.mean("solved").mean, strict=True))

# %%
thresholds = {"dense region ends": rt.local_entropy_threshold(model).alpha, "capacity": rt.capacity(model).alpha}
fig, axes = plt.subplots(1, 2, figsize=(12, 4.2), layout="constrained", sharey=True)
others = [label for label in family if label not in messages]
for ax, labels, title in zip(axes, (messages, others), ("with messages", "without messages"), strict=True):
    solver_success(success, ax, thresholds=thresholds, solvers=labels)
    ax.set_title(f"{title}: N = {n}, {samples} problems a load, {seconds:g} CPU s a run", fontsize=10)
    ax.legend(frameon=False, fontsize=8, loc="lower left")
axes[1].set_ylabel("")
plt.show()

# %% [markdown]
# What a solution costs: CPU seconds of all runs, unsolved ones included, by the number of solutions.

# %%
cost = {
    label: [row["cpu_seconds_per_solution"] for row in success.summary if row["solver"] == label] for label in family
}
print(f"{'CPU s a solution':30}" + "".join(f"alpha = {load:<6g}" for load in loads))
for label, values in cost.items():
    print(f"{label:30}" + "".join("-".ljust(14) if np.isnan(x) else f"{x:<14.2g}" for x in values))
assert all(fraction[label][0] == 1 for label in family if label != "max-sum" and "errors" not in label)
assert np.all(fraction["focusing-bp"][:3] == 1) and fraction["simulated annealing, errors"][-1] == 0
assert cost["focusing-bp"][1] < cost["simulated annealing, errors"][1] or np.isnan(
    cost["simulated annealing, errors"][1]
)

# %% [markdown]
# ## Where the solutions lie
#
# The entropy of the solutions at distance $d$ from those found, beside theory:
#
# - the largest there can be around any configuration, `rt.local_entropy` at $y=\infty$, and around references drawn
#   with weight $e^{yNS}$ at finite $y$ (the ensemble of $y$ replicas that share a reference);
# - from a typical solution, `rt.franz_parisi`: at small $d$ there are none;
# - the first moment of pairs, $H(d)+\alpha\log\frac{\Pr(h>0,h'>0)}{\Pr(h>0)}$: what annealed averages
#   see, in which pairs of solutions that lie densely have the largest say.
#
# Only problems count that all solvers shown have solved.

# %%
distance = np.array([0.02, 0.04, 0.07, 0.1, 0.15, 0.2])
n_around, samples_around = (201, 6) if FAST else (301, 16)
around = {}
fine = np.concatenate([np.geomspace(0.004, 0.03, 12), np.linspace(0.035, 0.21, 40)])
for load in (0.3, 0.5):
    solvers = {name: name for name in messages + online} | annealing(n_around, 100_000 if FAST else 500_000)
    if load > 0.4:  # the number of violated patterns is then too hard for annealing, which is seen above
        solvers = {label: solver for label, solver in solvers.items() if "errors" not in label}
    problems = bp.RandomProblems(model, load, n_around, samples_around)
    around[load] = compare(solvers, problems, 42, 0.5 if FAST else 8.0, distance)
    lost = int(np.isnan(around[load].values["local_entropy"][around[load].values["solved"] == 1]).sum())
    print(around[load], f"{lost} places without a local entropy\n", sep="\n\n")


# %%
def largest(load: float, y: float = np.inf) -> rt.EntropyCurve:
    if np.isinf(y):
        return rt.local_entropy(model, load, fine)
    return rt.local_entropy(model, load, fine, reference="solution", y=y)


def pairs(load: float, d: np.ndarray) -> np.ndarray:
    return rt.binary_entropy(d) + load * np.log1p(-np.arccos(1 - 2 * d) / np.pi)


colours = {}
fig, axes = plt.subplots(2, 2, figsize=(12, 8.4), layout="constrained", sharex=True)
for row, (load, found) in zip(axes, around.items(), strict=True):
    groups = ([*messages, *online], [label for label in found.solvers if "annealing" in label])
    for ax, labels in zip(row, groups, strict=True):
        for curve, style, label in (
            (largest(load), "-", r"largest, $y = \infty$"),
            (largest(load, 3.0), "-.", "$y = 3$ around solutions"),
            (rt.franz_parisi(model, load, fine), "--", "typical solution"),
        ):
            ax.plot(fine, curve.entropy, color="k", ls=style, lw=1.2, label=label)
        ax.plot(fine, pairs(load, fine), color="k", ls=":", lw=1.2, label="first moment of pairs")
        solver_entropies(found, ax, solvers=labels, shared=True)
        colours |= {bars.get_label(): bars.lines[0].get_color() for bars in ax.containers}
        ax.set(ylim=(0, None), xlim=(0, 0.21))
        ax.set_title(rf"$\alpha = {load}$, N = {n_around}, {samples_around} problems", fontsize=10)
        ax.legend(frameon=False, fontsize=8, loc="lower right", ncols=2 if len(labels) > 4 else 1)
plt.show()

# %% [markdown]
# How dense on one scale: $(S-S_{\rm typical})/(S_\infty-S_{\rm typical})$ at $d=0.07$, zero at a typical solution and
# one at the best place that there is, by solver.

# %%
at = list(distance).index(0.07)
density: dict[float, dict[str, tuple[float, float]]] = {}
for load, found in around.items():
    low, high = rt.franz_parisi(model, load, 0.07).entropy, rt.local_entropy(model, load, 0.07).entropy
    estimate = found.mean("local_entropy", over="shared")
    density[load] = {
        label: ((estimate.mean[s, 0, at] - low) / (high - low), estimate.error[s, 0, at] / (high - low))
        for s, label in enumerate(found.solvers)
    }
    print(f"alpha = {load}")
    for label, (mean, error) in sorted(density[load].items(), key=lambda item: -item[1][0]):
        print(f"  {label:30}{mean:6.2f} +- {error:.2f}")

fig, axes = plt.subplots(1, 2, figsize=(12, 3.8), layout="constrained", sharex=True)
for ax, (load, measured) in zip(axes, density.items(), strict=True):
    labels = sorted(measured, key=lambda label: measured[label][0])
    for place, label in enumerate(labels):
        mean, error = measured[label]
        ax.errorbar(mean, place, xerr=error, fmt="o", color=colours[label], ms=5, capsize=3)
    ax.set_yticks(range(len(labels)), labels, fontsize=9)
    ax.axvline(0, color="k", ls="--", lw=1)
    ax.axvline(1, color="k", lw=1)
    ax.set(xlabel="local entropy at $d = 0.07$: 0 typical, 1 largest", title=rf"$\alpha = {load}$")
    ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %% [markdown]
# Belief propagation in any form, SBPI, replicated SGD and the Monte Carlo that climbs local entropy end close below the
# largest local entropy. Annealing does not: its solutions are surrounded about as typical ones are, for either energy.
# Replicated annealing does, for either energy: what it returns is the majority of seven replicas, their common middle.
# Max-sum, which optimises and counts nothing, ends where solutions are as few as around typical ones, or fewer.

# %%
for measured in density.values():
    for label in ("focusing-bp", "reinforced-bp", "entropic-monte-carlo", "sbpi", "replicated-sgd"):
        mean, error = measured[label]
        assert mean > 0.4 and mean > 5 * error, label  # dense regions ...
        assert mean < 1.1, label  # ... no denser than there are, up to the corrections of this size
    assert measured["focusing-bp"][0] > measured["simulated annealing, flips"][0] + 0.3
    print(
        {label: round(mean, 2) for label, (mean, _) in measured.items() if "annealing" in label or label == "max-sum"}
    )

# %% [markdown]
# Is it the coupling or the number of replicas? Replicated annealing at couplings that stay as they are: a stronger one
# saves proposals, and the majority of seven replicas is better surrounded than that of three.

# %%
fixed = {
    f"y = {y}, gamma = {gamma:g}": ReplicatedAnnealing(
        energy="flips", replicas=y, gamma=(gamma, gamma), max_iter=100_000 * n_around
    )
    for y, gamma in ((3, 0.2), (3, 1.0), (3, 2.0), (7, 0.5), (7, 1.0))
}
at_fixed = compare(fixed, bp.RandomProblems(model, 0.5, n_around, samples_around), 42, 1.0 if FAST else 8.0, distance)
low, high = rt.franz_parisi(model, 0.5, 0.07).entropy, rt.local_entropy(model, 0.5, 0.07).entropy
estimate = at_fixed.mean("local_entropy")
for s, row in enumerate(at_fixed.summary):
    mean, error = (estimate.mean[s, 0, at] - low) / (high - low), estimate.error[s, 0, at] / (high - low)
    print(
        f"{row['solver']:20}{row['solved']}/{row['runs']} {row['proposals']:10.3g} proposals {mean:6.2f} +- {error:.2f}"
    )

# %% [markdown]
# ## Committees
#
# Committee machines of five units, fully connected. A load is a number of patterns per weight of all units. Replicated
# SGD with a single learner, plain gradient descent, stands beside that with seven.

# %%
units, n_committee, samples_committee = (5, 105, 4) if FAST else (5, 255, 12)
loads_committee = [0.2, 0.4, 0.6] if FAST else [0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
committees = bp.RandomProblems(model, loads_committee, n_committee, samples_committee, units=units)
some = {"focusing-bp": "focusing-bp", "reinforced-bp": "reinforced-bp", "sbpi": "sbpi"}
some |= {"replicated-sgd, y = 7": ReplicatedSGD(replicas=7), "replicated-sgd, y = 1": ReplicatedSGD(replicas=1)}
some |= {"simulated-annealing": "simulated-annealing", "replicated-annealing": "replicated-annealing"}
machines = compare(some, committees, 43, 0.3 if FAST else 1.0)
print(machines)
solver_success(machines)
plt.title(f"committees, {units} units, {n_committee} weights, {samples_committee} problems a load", fontsize=10)
plt.show()
solved = dict(zip(machines.solvers, machines.mean("solved").mean, strict=True))
assert np.all(solved["focusing-bp"][:2] == 1) and solved["replicated-sgd, y = 7"][0] == 1
