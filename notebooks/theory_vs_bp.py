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
# # Theory against belief propagation: where algorithms find solutions
#
# The second figure of PRL 115, 128101. Local entropies around the solutions that focusing BP finds lie far above those
# around typical solutions (Franz-Parisi, confirmed by enumeration of small instances) and close below the largest that
# there are: the replica-symmetric bound $S_\infty$ ($y = \infty$) and the densest solutions ($\Sigma = 0$).

# %%
import os

import matplotlib.pyplot as plt
import numpy as np
from scipy.special import gammaln

import bp
import replica_theory as rt

FAST = os.environ.get("FAST", "1") == "1"  # "0": full resolution
model = rt.BinaryPerceptron()
alpha = 0.4

# %% [markdown]
# ## Theory

# %%
grid = np.concatenate([np.geomspace(0.006, 0.03, 8), np.linspace(0.035, 0.26, 60)])
typical = rt.franz_parisi(model, alpha, grid)
bound = rt.local_entropy(model, alpha, grid)
near = np.geomspace(0.015, 0.2, 40)  # outside, y exceeds 500 before the complexity vanishes
densest = rt.local_entropy(model, alpha, near, reference="solution", y="zero-complexity")
assert np.all(bound.entropy > typical.entropy)
assert np.all(rt.local_entropy(model, alpha, near).entropy > densest.entropy - 1e-6)

# %% [markdown]
# ## Solutions found by focusing BP
#
# On each instance focusing BP finds a solution and belief propagation in its field counts the solutions around it.

# %%
distance = np.array([0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2])
samples = 8 if FAST else 32
sizes = (501, 1001, 2001) if FAST else (501, 1001, 2001, 4001)
found = bp.ensemble(model, alpha, sizes, samples, ["solved", "local_entropy"], rng=11, distance=distance, method="amp")
assert np.all(found.values["solved"] == 1)
estimate = found.mean("local_entropy")
mean, error = (dict(zip(sizes, values[0], strict=True)) for values in (estimate.mean, estimate.error))

upper = rt.local_entropy(model, alpha, distance).entropy
lower = rt.franz_parisi(model, alpha, distance).entropy
largest = sizes[-1]
print("distance          ", distance)
print("typical solutions ", lower.round(4))
for n in sizes:
    print(f"found, N = {n:<8}", mean[n].round(4), "+-", error[n].round(4))
print("bound, y = inf    ", upper.round(4))
close = distance <= 0.1
assert np.all((mean[largest] - lower)[close] > 10 * error[largest][close])  # algorithms end in dense regions ...
assert np.all(mean[largest] < upper + 3 * error[largest])  # ... no denser than the bound

# %% [markdown]
# ## Typical solutions, by enumeration
#
# All solutions of small instances (patterns with Gaussian entries). Of the finite-size effects the binomial coefficient
# is known, $\frac1N\log\binom{N}{k} - H_2(k/N)$, and taken out of the mean of $\frac1N\log\mathcal N_{\tilde W}(k/N)$.

# %%
n_small, instances = (25, 24) if FAST else (28, 64)
steps = np.arange(2, 7)
exact = np.array(
    [
        bp.enumerate_solutions(
            bp.random_instance(model, n_small, alpha, np.random.SeedSequence([12, sample]), patterns="gaussian")
        )
        .around_solutions(references=200, rng=sample)
        .entropy[steps]
        for sample in range(instances)
    ]
)
binomial = (gammaln(n_small + 1) - gammaln(steps + 1) - gammaln(n_small - steps + 1)) / n_small
exact += rt.binary_entropy(steps / n_small) - binomial
exact_error = exact.std(axis=0, ddof=1) / np.sqrt(instances)
expected = rt.franz_parisi(model, alpha, steps / n_small).entropy
print("enumeration", exact.mean(axis=0).round(4), "+-", exact_error.round(4), "theory", expected.round(4))
assert np.all(np.abs(exact.mean(axis=0) - expected) < 4 * exact_error)

# %% [markdown]
# ## The figure

# %%
fig, (ax, difference) = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained")
bound.plot(ax, color="C3", ls="--", label=r"theory: bound $S_\infty$, $y = \infty$")
densest.plot(ax, color="C3", label=r"theory: densest solutions, $\Sigma = 0$")
for k, n in enumerate(sizes):
    style = {"fmt": "o", "ms": 4, "capsize": 2, "color": plt.get_cmap("Blues")(0.4 + 0.6 * k / (len(sizes) - 1))}
    ax.errorbar(distance, mean[n], error[n], label=f"focusing BP, N = {n}", **style)
    difference.errorbar(distance, mean[n] - upper, error[n], **style)
typical.plot(ax, color="k", label="theory: typical solutions (Franz-Parisi)")
style = {"fmt": "ks", "mfc": "w", "ms": 5, "capsize": 2}
ax.errorbar(steps / n_small, exact.mean(axis=0), exact_error, label=f"enumeration, N = {n_small}", **style)
ax.axhline(0, color="0.7", lw=0.8)
ax.set(xlim=(0, 0.25), ylim=(-0.02, 0.44), title=rf"solutions at distance $d$ from a solution, $\alpha = {alpha}$")
ax.legend(frameon=False, fontsize=8, loc="lower right", bbox_to_anchor=(1.0, 0.05))  # above the line of zero
difference.plot(near, densest.entropy - rt.local_entropy(model, alpha, near).entropy, "C3")
difference.axhline(0, color="C3", ls="--")
difference.set(xlabel="distance $d$", ylabel="entropy $- S_\\infty$ (nats per weight)", xlim=(0, 0.25))
difference.set(ylim=(-0.014, 0.006), title=r"the same, relative to the bound $S_\infty$")
plt.show()
