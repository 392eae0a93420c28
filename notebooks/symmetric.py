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
# # The symmetric binary perceptron
#
# Every pattern asks for $|h| \le \kappa$, $h = \xi\cdot W/\sqrt N$ (Aubin, Perkins and Zdeborová 2019). By the symmetry
# $W \to -W$ the first moment is exact: the entropy is $\log 2 + \alpha\log P(|z| \le \kappa)$ and ends at
# $\alpha_c = -\log 2/\log P(|z|\le\kappa)$. Typical solutions are isolated (frozen one-step replica symmetry breaking:
# each is a cluster of its own), and yet there are dense regions, in which algorithms end.

# %%
import os

import matplotlib.pyplot as plt
import numpy as np
from scipy.special import erf

import bp
import replica_theory as rt

FAST = os.environ.get("FAST", "1") == "1"  # "0": full resolution
model = rt.SymmetricBinaryPerceptron(1.0)
inside = erf(np.sqrt(0.5))  # P(|z| <= 1)

# %% [markdown]
# ## Capacity and the end of the dense region
#
# By the slope criterion at $y = \infty$. Below $\alpha = 2/\pi$ (dotted in the figure) the best reference meets every
# constraint at once.

# %%
kappa = np.linspace(0.2, 1.4, 7 if FAST else 61)
symmetric = rt.SymmetricBinaryPerceptron(kappa)
capacity, dense = rt.capacity(symmetric).alpha, rt.local_entropy_threshold(symmetric).alpha
at_one = float(np.interp(1.0, kappa, dense))
print(f"kappa = 1: capacity {rt.capacity(model).alpha:.6f}, dense region ends at {at_one:.6f}")
assert np.allclose(capacity, -np.log(2) / np.log(erf(kappa / np.sqrt(2))), rtol=1e-9)
assert abs(rt.capacity(model).alpha - 1.815875) < 1e-6
assert abs(at_one - 1.5675308) < 1e-6  # literature: 1.58
assert np.all(dense < capacity)

# %% [markdown]
# ## Entropy: the first moment, replica theory, enumeration
#
# With Gaussian patterns $E\,\mathcal N = 2^N P(|z|\le\kappa)^P$ holds at every $N$; that typical instances follow it
# means that $\log\mathcal N - \log E\,\mathcal N$ stays of order one as $N$ grows.

# %%
sizes, instances = ((13, 17, 21, 25), 32) if FAST else ((15, 20, 25, 30), 200)
load = 0.8
excess = {}
for n in sizes:
    p = round(load * n)
    seeds = [np.random.SeedSequence([41, n, sample]) for sample in range(instances)]
    drawn = [bp.random_instance(model, n, p / n, seed, patterns="gaussian") for seed in seeds]
    excess[n] = np.array([n * bp.enumerate_solutions(instance).entropy for instance in drawn])
    excess[n] -= n * np.log(2) + p * np.log(inside)
    error = excess[n].std(ddof=1) / np.sqrt(instances)
    print(f"N = {n}: log N - log E N = {excess[n].mean():+.3f} +- {error:.3f}, scatter {excess[n].std(ddof=1):.3f}")
    assert excess[n].mean() < 3 * error  # Jensen
    assert abs(excess[n].mean()) < 0.5 and excess[n].std(ddof=1) < 1.0
alphas = np.linspace(0.02, rt.capacity(model).alpha, 40)
entropy = rt.replica_symmetric(model, alphas).entropy
assert np.allclose(entropy, np.log(2) + alphas * np.log(inside), atol=1e-9)

# %% [markdown]
# ## Around typical solutions, around the densest, around those found
#
# Franz-Parisi entropies become negative below $d_{\min}$: typical solutions are isolated. Focusing BP ends far above,
# near the bound $S_\infty$.

# %%
grid = np.concatenate([np.geomspace(0.003, 0.03, 8), np.linspace(0.04, 0.3, 30 if FAST else 60)])
distance = np.array([0.02, 0.05, 0.1, 0.15, 0.2])
n, samples = (501, 6) if FAST else (2001, 24)
loads = (0.6, 1.0)
found = bp.ensemble(model, loads, n, samples, ["solved", "local_entropy"], rng=42, distance=distance, method="amp")
assert np.all(found.values["solved"] == 1)
estimate = found.mean("local_entropy")

fig, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4.3), layout="constrained")
fine = np.linspace(0.2, 1.4, 121)
left.plot(
    fine, rt.capacity(rt.SymmetricBinaryPerceptron(fine)).alpha, "k", lw=2, label=r"capacity $\alpha_c$ (entropy 0)"
)
left.plot(kappa, dense, "C3o" if FAST else "C3", ms=5, label=r"dense region ends (slope, $y = \infty$)", clip_on=False)
left.axhline(2 / np.pi, color="0.6", ls=":", lw=1)
left.text(1.39, 2 / np.pi + 0.03, r"$\alpha = 2/\pi$", ha="right", color="0.4", fontsize=9)
left.set(xlabel=r"half-width $\kappa$", ylabel=r"load $\alpha = P/N$", xlim=(0.2, 1.4), ylim=(0, None))
left.legend(frameon=False)
for k, load in enumerate(loads):
    typical, bound = rt.franz_parisi(model, load, grid), rt.local_entropy(model, load, grid)
    mean, error = estimate.mean[k, 0], estimate.error[k, 0]
    lower = rt.franz_parisi(model, load, distance).entropy
    upper = rt.local_entropy(model, load, distance).entropy
    smallest = rt.minimum_distance(model, load)
    print(f"alpha = {load}: d_min = {smallest:.5f}", lower.round(4), mean.round(4), error.round(4), upper.round(4))
    typical.plot(right, color=f"C{k}", label=rf"$\alpha = {load}$: typical solutions")
    bound.plot(right, color=f"C{k}", ls="--", label=rf"$\alpha = {load}$: bound $S_\infty$")
    right.errorbar(
        distance,
        mean,
        error,
        fmt="o",
        ms=4,
        capsize=2,
        color=f"C{k}",
        label=rf"$\alpha = {load}$: focusing BP, N = {n}",
    )
    assert smallest > 0 and np.all(typical.entropy <= rt.planted_bound(model, load, grid) + 1e-9)
    assert np.all(mean > lower + 5 * error) and np.all(mean < upper + 3 * error)
right.axhline(0, color="0.7", lw=0.8)
right.set(ylim=(-0.03, 0.58), xlim=(0, 0.3), title=r"solutions around a reference, $\kappa = 1$")
right.legend(frameon=False, fontsize=8.5, ncols=2, loc="upper left")
plt.show()
