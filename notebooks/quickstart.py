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
# # Quickstart: the binary perceptron in theory and on an instance
#
# Weights $W_i = \pm1$, $P = \alpha N$ random patterns, a pattern is satisfied when its stability
# $h = y\,\xi\cdot W/\sqrt N$ is at least $\kappa$. `replica_theory` gives the limit $N \to \infty$, `bp` measures the
# same quantities on instances. Entropies are in nats per weight.

# %%
import os

import matplotlib.pyplot as plt
import numpy as np

import bp
import replica_theory as rt
from replica_theory.plots import phase_diagram

FAST = os.environ.get("FAST", "1") == "1"  # "0": full resolution

# %% [markdown]
# ## Phase diagram: how many solutions are there?
#
# The replica-symmetric entropy $S(\alpha, \kappa)$ on a grid, and the capacity $\alpha_c(\kappa)$ where it vanishes.

# %%
kappa = np.linspace(-0.6, 1.0, 81 if FAST else 161)
ratio = np.linspace(0.01, 1.0, 60 if FAST else 160)  # loads in units of the capacity
capacity = rt.capacity(rt.BinaryPerceptron(kappa=kappa))
points = rt.replica_symmetric(rt.BinaryPerceptron(kappa=kappa), ratio[:, None] * capacity.alpha)
ax = phase_diagram(capacity, points=points, cmap="viridis", ylim=(0, 1.3))
ax.set_xlim(-0.6, 1.0)
plt.show()

krauth_mezard = rt.capacity(rt.BinaryPerceptron(kappa=0.0))
print(f"capacity at kappa = 0: {krauth_mezard.alpha:.12f}")
assert abs(krauth_mezard.alpha - 0.833078599739579) < 1e-12
assert np.all(points.entropy[:-1] > 0) and np.abs(points.entropy[-1]).max() < 1e-8

# %% [markdown]
# ## Franz-Parisi: what surrounds a typical solution?
#
# The entropy of solutions at distance $d$ from a typical solution. It is negative below $d_{\min}$: typical solutions
# are isolated, at every $\alpha$.

# %%
fig, ax = plt.subplots(figsize=(8, 4.2), layout="constrained")
distance = np.concatenate([np.geomspace(1e-3, 0.02, 30), np.linspace(0.03, 0.5, 60)])
for load in (0.2, 0.4, 0.6, 0.8):
    curve = rt.franz_parisi(rt.BinaryPerceptron(), load, distance[distance > 0.03 * load**2])
    smallest = rt.minimum_distance(rt.BinaryPerceptron(), load)
    curve.plot(ax, label=rf"$\alpha = {load}$, $d_{{\min}} = {smallest:.4f}$")
    assert smallest > 0
ax.plot(distance, rt.binary_entropy(distance), "k:", label=r"all configurations, $H_2(d)$")
ax.axhline(0, color="0.7", lw=0.8)
ax.set(ylim=(-0.05, 0.6), title="solutions around a typical solution")
ax.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1.0, 1.0))
plt.show()

# %% [markdown]
# ## One instance on top
#
# Belief propagation counts the solutions of an instance; focusing BP finds one, and belief propagation in its field
# counts the solutions around it. They are *more* than around a typical solution: algorithms end in dense regions.

# %%
n = 501 if FAST else 2001
load = 0.5
instance = bp.random_instance(rt.BinaryPerceptron(), n=n, alpha=load, rng=7)
run = bp.belief_propagation(instance, damping=0.3)
solution = bp.solve(instance, "focusing-bp", rng=7)
print(f"Bethe entropy {run.entropy:.4f} (theory {rt.replica_symmetric(rt.BinaryPerceptron(), load).entropy:.4f})")
print(f"focusing BP: {solution.message} after {solution.iterations} iterations")
assert solution.solved and instance.errors(solution.weights) == 0
assert abs(run.entropy - rt.replica_symmetric(rt.BinaryPerceptron(), load).entropy) < 0.1

around = bp.local_entropy(instance, solution.weights, np.array([0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]), method="amp")
typical = rt.franz_parisi(rt.BinaryPerceptron(), load, distance[distance > 0.005])
fig, ax = plt.subplots(figsize=(6, 4.2), layout="constrained")
typical.plot(ax, label="theory: around typical solutions")
around.plot(ax, ls="none", marker="o", label=f"N = {n}: around the solution found")
ax.axhline(0, color="0.7", lw=0.8)
ax.legend(frameon=False)
plt.show()
assert np.all(around.entropy > np.interp(around.distance, typical.distance, typical.entropy) - 0.02)
