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
# # Random satisfiability: another problem under the same solvers
#
# Random 4-SAT: $M=\alpha N$ clauses, each of four random literals. The solutions condense at $\alpha=9.547$ and are
# gone at 9.931; searches stop finding any somewhat before. The same solvers that run on perceptrons run here, beside
# the walks that belong to satisfiability (WalkSAT, focused Metropolis search) and decimation by survey propagation.

# %%
import os
import warnings

import matplotlib.pyplot as plt
import numpy as np

import bp
import replica_theory as rt
from bp.algorithms.annealing import SimulatedAnnealing
from bp.algorithms.decimation import Decimation
from bp.algorithms.focused_metropolis import FocusedMetropolis
from bp.execution.workers import worker_processes
from bp.plots import solver_entropies, solver_success
from replica_theory.models.satisfiability import RandomSatisfiability
from replica_theory.typical.satisfiability import satisfiability_entropy

FAST = os.environ.get("FAST", "1") == "1"  # "0": full resolution
WORKERS = 1 if FAST else 2
warnings.simplefilter("ignore", rt.ConvergenceWarning)  # places without a local entropy are NaN and counted below
walks = ["focused-metropolis", "walksat"]
messages = ["reinforced-bp", "focusing-bp", "entropic-monte-carlo"]

# %% [markdown]
# ## Entropy of the solutions
#
# Belief propagation on one formula, the population dynamics of an infinite one, and the first moment, which bounds both
# from above. Small formulas are counted: there belief propagation is approximate, since their graphs have short loops.

# %%
n, population, sweeps = (2000, 4000, 20) if FAST else (20_000, 40_000, 40)
theory = RandomSatisfiability(4)
ratios = np.array([4.0, 6.0, 8.0])
law = [satisfiability_entropy(theory, ratio, population=population, sweeps=sweeps) for ratio in ratios]
beliefs = [
    [bp.belief_propagation(bp.random_satisfiability(n, ratio, 4, rng=seed), tol=1e-6).entropy for seed in range(4)]
    for ratio in ratios
]
exact, bethe = [], []
for seed in range(10):
    small = bp.random_satisfiability(20, 5.0, 4, rng=seed)
    exact.append(bp.enumerate_solutions(small).entropy)
    bethe.append(bp.belief_propagation(small, damping=0.3, tol=1e-6, max_iter=3000).entropy)
for ratio, point, values in zip(ratios, law, beliefs, strict=True):
    mean, error = np.mean(values), np.std(values, ddof=1) / 2
    print(f"{ratio:g}: BP {mean:.4f} +- {error:.4f}, population {point.entropy:.4f} +- {point.error:.4f}, "
          f"first moment {theory.annealed(ratio):.4f}")  # fmt: skip
    assert abs(mean - point.entropy) < 5 * np.hypot(error, point.error) + 5 / n  # finite size is of the order 1 / N
    assert point.entropy < theory.annealed(ratio)
gap = np.array(bethe) - np.array(exact)
print(f"N = 20, ratio 5: BP less exact {gap.mean():.4f} +- {gap.std(ddof=1) / np.sqrt(len(gap)):.4f}")

# %%
fig, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
fine = np.linspace(0, 10, 100)
axes[0].plot(fine, [theory.annealed(r) if r else np.log(2) for r in fine], "k:", label="first moment")
axes[0].errorbar(ratios, [p.entropy for p in law], [p.error for p in law], fmt="ks", mfc="none", ms=8,
                 label="population dynamics")  # fmt: skip
axes[0].errorbar(ratios, np.mean(beliefs, axis=1), np.std(beliefs, axis=1, ddof=1) / 2, fmt="o", ms=4,
                 label=f"belief propagation, N = {n}")  # fmt: skip
axes[0].set(xlabel=r"clauses per variable $\alpha$", ylabel="entropy per variable", ylim=(0, 0.72), xlim=(0, 10))
axes[0].legend(frameon=False)
ends = [0.9 * min(exact), 1.05 * max(exact)]
axes[1].plot(ends, ends, "k-", lw=0.8)
axes[1].plot(exact, bethe, "o", ms=5)
axes[1].set(xlabel="entropy, counted", ylabel="Bethe entropy", title=r"N = 20, $\alpha$ = 5")
plt.show()

# %% [markdown]
# ## Success against the ratio
#
# Every run has the same CPU time, and annealing a schedule that fills it. Bars are Wilson's intervals, one standard
# deviation.

# %%
n, samples, seconds = (500, 4, 0.3) if FAST else (1000, 20, 3.0)
loads = [9.0, 9.3, 9.6, 9.9] if FAST else [9.0, 9.2, 9.4, 9.5, 9.6, 9.7, 9.8, 9.9]
family = {name: name for name in messages + walks}
family["decimation, surveys"] = Decimation(method="survey")
family["simulated-annealing"] = SimulatedAnnealing(max_iter=int(seconds * 60e6))
with worker_processes(WORKERS) as executor:
    success = bp.compare(family, bp.RandomFormulas(loads, n, 4, samples), 51, executor, seconds=seconds)
print(success)

# %%
lines = {"condensation": 9.547, "last solution": 9.931}
fig, axes = plt.subplots(1, 2, figsize=(12, 4.2), layout="constrained", sharey=True)
groups = {"with messages": [*messages, "decimation, surveys"], "without": [*walks, "simulated-annealing"]}
for ax, (title, labels) in zip(axes, groups.items(), strict=True):
    solver_success(success, ax, thresholds=lines, solvers=labels)
    ax.set(title=f"{title}: N = {n}, {samples} formulas a ratio, {seconds:g} CPU s", xlabel=r"ratio $\alpha=M/N$")
    ax.legend(frameon=False, fontsize=8, loc="lower left")
plt.show()
fraction = dict(zip(success.solvers, success.mean("solved").mean, strict=True))
assert all(fraction[label][0] == 1 for label in ("reinforced-bp", "focusing-bp", "focused-metropolis"))

# %% [markdown]
# ## Beside published rates
#
# Open markers: RandCSPBench (2025), 200 formulas a point, N = 256, with $1000N^2$ proposals of annealing and $100N^2$
# of focused Metropolis search. `benchmarks/studies/published_formulas.py` does the same with more formulas, and 3-SAT.

# %%
samples = 8 if FAST else 100
clauses = np.array([2304, 2406, 2458, 2509, 2560] if not FAST else [2304, 2458, 2560])
walked = {
    "simulated-annealing": SimulatedAnnealing(max_iter=1000 * 256**2),
    "focused-metropolis": FocusedMetropolis(max_iter=100 * 256**2),
}
with worker_processes(WORKERS) as executor:
    ours = bp.compare(walked, bp.RandomFormulas(clauses / 256, 256, 4, samples), 53, executor)
print(ours)

# %%
theirs = {
    "simulated-annealing": [194, 194, 190, 176, 140, 127, 89, 69, 37, 22, 11],
    "focused-metropolis": [200, 200, 200, 200, 200, 200, 195, 187, 159, 111, 70],
}
ratio = np.array([2304, 2330, 2355, 2381, 2406, 2432, 2458, 2483, 2509, 2534, 2560]) / 256
published = {}
for label, solved in theirs.items():
    rate = np.array(solved) / 200
    published[label] = np.array([ratio, rate, np.sqrt(rate * (1 - rate) / 200)])
ax = solver_success(ours, published=published)
ax.set(title=f"4-SAT, N = 256, {samples} formulas a ratio", xlabel=r"ratio $\alpha=M/N$")
plt.show()
fraction, rows = ours.mean("solved").mean, np.searchsorted(ratio, clauses / 256)
for s, label in enumerate(ours.solvers):
    rate = published[label][1][rows]
    pooled = (samples * fraction[s] + 200 * rate) / (samples + 200)
    error = np.sqrt(pooled * (1 - pooled) * (1 / samples + 1 / 200))
    assert np.all(abs(fraction[s] - rate) <= 4 * error)  # ten numbers, binomial

# %% [markdown]
# ## Where the solutions lie
#
# The entropy of the solutions at distance $d$ from those found. Only formulas count that all solvers shown have solved.

# %%
distance = np.array([0.01, 0.03, 0.06, 0.1])
shown = {name: name for name in ("reinforced-bp", "focusing-bp", "focused-metropolis")}
shown["simulated-annealing"] = SimulatedAnnealing(max_iter=30_000_000)
around = bp.compare(shown, bp.RandomFormulas(8.5, n, 4, samples), 52,
                    measurements=["local_entropy"], distance=distance)  # fmt: skip
lost = int(np.isnan(around.values["local_entropy"][around.values["solved"] == 1]).sum())
print(around, f"{lost} places without a local entropy", sep="\n\n")
estimate = around.mean("local_entropy", over="shared")
for label, mean, error in zip(around.solvers, estimate.mean[:, 0], estimate.error[:, 0], strict=True):
    print(f"{label:22}" + "  ".join(f"{m:.4f} +- {e:.4f}" for m, e in zip(mean, error, strict=True)))
ax = solver_entropies(around, shared=True)
ax.plot(fine / 100, rt.binary_entropy(fine / 100), "k:", lw=1)
ax.set(title=rf"4-SAT, $\alpha$ = 8.5, N = {n}", xlim=(0, 0.11))
plt.show()
