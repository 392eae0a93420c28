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
# # Local entropy: rare dense regions of solutions
#
# $\mathcal N_{\tilde W}(d)$ is the number of solutions at distance $d$ from a reference $\tilde W$. Weighting
# references by $\mathcal N^y$ gives the local entropy $S(y, d)$ of those that dominate and their complexity
# $\Sigma(y, d)$ (Baldassi et al., PRL 115, 128101). Typical references ($y \to 0$) are the Franz-Parisi curve;
# $\Sigma = 0$ marks the densest references there are; $y = \infty$ with a free reference is the replica-symmetric bound
# on them.

# %%
import os

import matplotlib.pyplot as plt
import numpy as np

import replica_theory as rt

FAST = os.environ.get("FAST", "1") == "1"  # "0": full resolution
model = rt.BinaryPerceptron()

# %% [markdown]
# ## The figure of the letter
#
# Local entropy around the densest solutions ($\Sigma = 0$, solid), around any configuration ($y = \infty$, dashed) and
# around typical solutions (Franz-Parisi, dotted), against distance.

# %%
loads = (0.4, 0.6, 0.75) if FAST else (0.4, 0.5, 0.6, 0.7, 0.75, 0.77, 0.8)
distance = np.geomspace(0.006, 0.15, 16 if FAST else 40)
fig, ax = plt.subplots(figsize=(7.5, 4.6), layout="constrained")
for k, alpha in enumerate(loads):
    dense = rt.local_entropy(model, alpha, distance, reference="solution", y="zero-complexity")
    bound = rt.local_entropy(model, alpha, distance)
    typical = rt.franz_parisi(model, alpha, distance)
    dense.plot(ax, color=f"C{k}", label=rf"$\alpha = {alpha}$")
    bound.plot(ax, color=f"C{k}", ls="--", label=None)
    typical.plot(ax, color=f"C{k}", ls=":", label=None)
    shown = dense.converged & typical.converged
    assert np.all(bound.entropy[shown] >= dense.entropy[shown] - 1e-6)
    assert np.all(dense.entropy[shown] > typical.entropy[shown])
fine = np.linspace(0, 0.15, 200)
ax.plot(fine, rt.binary_entropy(fine), "k", lw=0.8, label="$H_2(d)$")
ax.axhline(0, color="0.7", lw=0.8)
ax.set(ylim=(-0.03, 0.35), title=r"solid: $\Sigma = 0$; dashed: $y = \infty$; dotted: typical solutions")
ax.legend(frameon=False, fontsize=9)
plt.show()

# %% [markdown]
# ## How many references of each local entropy: $\Sigma(y, d)$
#
# Raising $y$ selects denser and rarer references, until $\Sigma = 0$.

# %%
alpha = 0.6
ys = np.array([0.5, 1, 2, 4, 6, 8, 11, 14, 17]) if FAST else np.concatenate([[0.25, 0.5], np.arange(1, 25)])
grid = np.geomspace(0.01, 0.15, 14 if FAST else 30)
complexity = np.stack([rt.local_entropy(model, alpha, grid, reference="solution", y=float(y)).complexity for y in ys])
fig, ax = plt.subplots(figsize=(6.5, 4.2), layout="constrained")
filled = ax.contourf(grid, ys, complexity, levels=15, cmap="viridis")
ax.contour(grid, ys, complexity, levels=[0.0], colors="w")
ax.set(xlabel="distance $d$", ylabel="$y$", title=rf"complexity $\Sigma(y, d)$ at $\alpha = {alpha}$ (white: 0)")
fig.colorbar(filled, label="nats per weight")
plt.show()
assert np.all(np.diff(complexity, axis=0) < 1e-9)  # dSigma/dy = -y dS/dy <= 0

# %% [markdown]
# ## Thresholds, each with its criterion
#
# The load at which the local entropy first stops growing with the distance depends on which local entropy is meant:
#
# | criterion | reference | $y$ | $\alpha$ at $\kappa = 0$ |
# | --- | --- | --- | --- |
# | slope | free | $\infty$ | 0.75530203 |
# | slope | solution | zero complexity | 0.7757 |
# | margin | typical at the largest margin | 0 | 0.729 |
#
# The literature gives two digits: 0.77 by the slope along zero complexity (PRL 2015), the interval 0.77 to 0.78 by
# other means (Stojnic 2025). The second row is the same criterion with more digits: inside the interval, and 0.77 only
# if one cuts rather than rounds.

# %%
threshold = rt.local_entropy_threshold(model)
print(threshold)
assert abs(threshold.alpha - 0.75530203) < 1e-7

kappa = np.linspace(-0.4, 0.8, 4 if FAST else 25)
fine = np.linspace(-0.4, 0.8, 121)
capacity = rt.capacity(rt.BinaryPerceptron(kappa=fine)).alpha
slope = rt.local_entropy_threshold(rt.BinaryPerceptron(kappa=kappa)).alpha
fig, ax = plt.subplots(figsize=(6, 4.2), layout="constrained")
ax.plot(fine, capacity, "k", label=r"capacity $\alpha_c$")
ax.plot(kappa, slope, "C3o", ms=4, label=r"dense region ends (slope, $y = \infty$)")
ax.set(xlabel=r"margin $\kappa$", ylabel=r"load $\alpha$")
ax.legend(frameon=False)
plt.show()
assert np.all(slope < np.interp(kappa, fine, capacity))

# %% [markdown]
# ## The symmetric perceptron, $|h| \le \kappa$
#
# The same theory, in the sector where different references overlap ($q_0 > 0$). The slope criterion at $y = \infty$ is
# met at $\alpha \approx 1.567$ for $\kappa = 1$ (literature: 1.58); the capacity is 1.816.

# %%
symmetric = rt.SymmetricBinaryPerceptron(1.0)
grid = np.geomspace(0.01, 0.2, 40)
fig, ax = plt.subplots(figsize=(6.5, 4.2), layout="constrained")
for k, alpha in enumerate((1.0, 1.4, 1.6) if FAST else (0.8, 1.0, 1.2, 1.4, 1.5, 1.567, 1.6)):
    rt.local_entropy(symmetric, alpha, grid).plot(ax, color=f"C{k}", label=rf"$\alpha = {alpha}$")
ax.plot(grid, rt.binary_entropy(grid), "k", lw=0.8, label="$H_2(d)$")
ax.set(ylim=(0, 0.35), title=r"symmetric perceptron, $\kappa = 1$, $y = \infty$")
ax.legend(frameon=False)
plt.show()
found = rt.local_entropy_threshold(rt.SymmetricBinaryPerceptron(np.array([0.3, 0.5, 1.0])))
print(found)
assert abs(found.alpha[2] - 1.5675308) < 1e-6

# %% [markdown]
# ## Learning from a teacher
#
# Around the densest references: their generalisation error, and that of the students around them, against distance.
# The reference of a dense region generalises better than a typical student.

# %%
teacher = rt.TeacherStudent()
grid = np.geomspace(0.01, 0.2, 40)
fig, ax = plt.subplots(figsize=(6.5, 4.2), layout="constrained")
for k, alpha in enumerate((0.6, 0.9) if FAST else (0.4, 0.6, 0.8, 0.9, 1.0)):
    curve = rt.dense_teacher(teacher, alpha, grid)
    typical = rt.teacher_student(teacher, alpha).generalization_error
    ax.plot(grid, curve.overlaps["generalization_error_ref"], f"C{k}", label=rf"reference, $\alpha = {alpha}$")
    ax.plot(grid, curve.overlaps["generalization_error"], f"C{k}--")
    ax.axhline(typical, color=f"C{k}", ls=":", lw=1)
    assert np.all(curve.overlaps["generalization_error_ref"] < typical)
ax.set(xlabel="distance $d$", ylabel=r"generalisation error $\arccos(R)/\pi$")
ax.set_title("solid: reference; dashed: its students; dotted: typical student")
ax.legend(frameon=False)
plt.show()
if not FAST:  # a minute
    end = rt.dense_teacher_threshold(teacher)
    print(f"dense region of students ends (slope, y = inf) at alpha = {end.alpha:.6f}")
    assert abs(end.alpha - 1.0862927) < 1e-5
