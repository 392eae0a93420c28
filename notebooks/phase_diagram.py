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
# # Phase diagram of the binary perceptron
#
# Load $\alpha = P/N$ against margin $\kappa$: how many solutions there are, where the last one goes (capacity), up to
# where some of them are surrounded by others at every distance (dense region), and where replica symmetry breaks.

# %%
import os
import warnings

import matplotlib.pyplot as plt
import numpy as np

import replica_theory as rt

FAST = os.environ.get("FAST", "1") == "1"  # "0": full resolution
warnings.simplefilter("ignore", rt.ConvergenceWarning)  # beyond the stability line the saddle point is lost: NaN

# %% [markdown]
# ## Entropy, capacity and stability
#
# The replica-symmetric entropy on a grid of loads, in units of the capacity $\alpha_c(\kappa)$ where it vanishes
# (Krauth and Mézard 1989). The saddle point becomes unstable (de Almeida-Thouless) only beyond the capacity.

# %%
kappa = np.linspace(-0.6, 1.0, 33 if FAST else 161)
capacity = rt.capacity(rt.BinaryPerceptron(kappa=kappa)).alpha
ratio = np.linspace(0.001, 1.3, 130 if FAST else 516)
points = rt.replica_symmetric(rt.BinaryPerceptron(kappa=kappa), ratio[:, None] * capacity)

krauth_mezard = rt.capacity(rt.BinaryPerceptron()).alpha
unstable = np.array([np.interp(0, -s[np.isfinite(s)], ratio[np.isfinite(s)]) for s in points.stability.T])
at_zero = np.interp(0, kappa, unstable) * krauth_mezard
print(f"kappa = 0: capacity {krauth_mezard:.12f}, de Almeida-Thouless line at {at_zero:.3f}")
assert abs(krauth_mezard - 0.833078599740) < 1e-11
assert abs(at_zero - 1.015) < 1e-3  # Gardner and Derrida 1988
assert np.all(points.entropy[ratio < 0.995] > 0) and np.all(points.entropy[(ratio > 1.005) & (ratio < 1.1)] < 0)
assert np.all(unstable > 1)

# %% [markdown]
# ## Where the dense region ends
#
# | criterion | drawn at | the load at which the entropy around ... stops growing with the distance |
# | --- | --- | --- |
# | slope, $y = \infty$ | all margins | the best reference, any configuration ($S_\infty$) |
# | margin | one margin (full size: nine) | typical solutions of the largest margin (Franz-Parisi) |
# | slope, $\Sigma = 0$ | full size only | the densest solutions there are; 0.7757 at $\kappa = 0$ (literature: 0.77) |

# %%
margins = np.linspace(-0.6, 1.0, 9 if FAST else 17)
bound = rt.local_entropy_threshold(rt.BinaryPerceptron(kappa=margins))
few = np.array([-0.2]) if FAST else np.linspace(-0.6, 1.0, 9)
typical = rt.local_entropy_threshold(rt.BinaryPerceptron(kappa=few), "margin")
print(bound, typical, sep="\n")
slope_at_zero = rt.local_entropy_threshold(rt.BinaryPerceptron()).alpha
assert abs(slope_at_zero - 0.75530203) < 1e-7
thresholds = {
    "C3o": (r"dense: slope at $y = \infty$", bound),
    "C1s": ("dense: margin criterion", typical),
}
if not FAST:
    densest = rt.local_entropy_threshold(rt.BinaryPerceptron(kappa=few), reference="solution", y="zero-complexity")
    thresholds["C0^"] = (r"dense: slope at $\Sigma = 0$", densest)
    assert abs(densest.alpha[3] - 0.77566) < 2e-5  # kappa = 0; PRL 115, 128101 has 0.77

# %%
fig, (ax, scaled) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained", sharex=True)
grid, load = np.broadcast_arrays(kappa, ratio[:, None] * capacity)
shown = np.where(ratio[:, None] < 1.02, points.entropy, np.nan)  # a little beyond, for a smooth edge
filled = ax.contourf(grid, load, shown, levels=np.linspace(0, 0.7, 15), cmap="viridis")
fig.colorbar(filled, ax=ax, label="entropy of solutions (nats per weight)")
for panel, unit in ((ax, np.ones_like(capacity)), (scaled, capacity)):
    panel.plot(kappa, capacity / unit, "k", lw=2, label=r"capacity $\alpha_c$: entropy 0")
    panel.plot(kappa, unstable * capacity / unit, "--", color="0.45", label="de Almeida-Thouless line")
    for style, (label, found) in thresholds.items():
        panel.plot(
            found.kappa, found.alpha / np.interp(found.kappa, kappa, unit), style, ms=4, label=label, clip_on=False
        )
        panel.lines[-1].set_linestyle("-" if panel is scaled else "none")
ax.set(xlabel=r"margin $\kappa$", ylabel=r"load $\alpha = P/N$", ylim=(0, 2.6))
scaled.set(xlabel=r"margin $\kappa$", ylabel=r"load in units of the capacity, $\alpha/\alpha_c$", ylim=(0.8, 1.35))
ax.legend(frameon=False, fontsize=9)
scaled.text(0.97, 0.48, "no solutions", ha="right", transform=scaled.transAxes)
scaled.text(0.97, 0.30, "no dense region", ha="right", transform=scaled.transAxes, color="C3")
plt.show()
below = bound.alpha / rt.capacity(rt.BinaryPerceptron(kappa=margins)).alpha
assert np.all(below < 1) and np.all(np.diff(below) > 0)  # large margins leave less room for sparse solutions

# %% [markdown]
# ## Tuples of solutions
#
# An algorithm that changes little when patterns change little passes through tuples of solutions at every mutual
# overlap, nested in any way. The threshold of *level* $r$ is the load at which groups nested $r - 2$ times end (level 2
# is the capacity), at given sizes that of a *multi-overlap gap*; ever higher levels fall towards a limit, beyond which
# no such algorithm is expected to succeed. The slope at $y = \infty$ is another criterion, not ordered with these: at
# $\kappa = 0$ it is met below the limit of the levels, at $\kappa = 1$ above it.

# %%
model = rt.BinaryPerceptron()
algorithmic = rt.algorithmic_threshold(model, levels=6 if FAST else 7)
gaps = {m: rt.multi_overlap_gap(model, m) for m in (2, 3, 4, 5)}
rows = {
    "margin criterion": rt.local_entropy_threshold(model, "margin").alpha,
    "slope, y = inf": slope_at_zero,
    "limit of the levels": algorithmic.alpha,
    **{f"level {r:.0f}": a for r, a in zip(algorithmic.levels[::-1], algorithmic.thresholds[::-1], strict=True)},
    **{f"gap of {m}": found.alpha for m, found in sorted(gaps.items(), key=lambda item: item[1].alpha)},
    "capacity": krauth_mezard,
}
for name, load in rows.items():
    print(f"{name:20} {load:.6f}")
print(f"limit of the levels: +- {algorithmic.error:.5f}; stability at q0: {algorithmic.stabilities.round(3)}")
assert abs(algorithmic.thresholds[0] - 0.784214591) < 1e-8 and abs(algorithmic.alpha - 0.7624) < 2e-4
assert list(rows.values()) == sorted(rows.values())

# %%
margins = np.linspace(-0.6, 1.0, 5 if FAST else 9)
levels = np.array([[rt.tuple_threshold(rt.BinaryPerceptron(k), r).alpha for r in (3, 4, 5)] for k in margins.tolist()])
limits = [rt.algorithmic_threshold(rt.BinaryPerceptron(k), levels=6) for k in margins.tolist()]
distance = np.geomspace(0.0008, 0.15, 12 if FAST else 30)
fig, (ax, scaled) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
for k, load in enumerate((0.78, gaps[4].alpha, 0.795)):
    rt.tuple_entropy(model, load, distance, m=4).plot(ax, color=f"C{k}", label=rf"$\alpha = {load:.4f}$")
ax.axhline(0, color="0.6", lw=0.8)
ax.set(
    xscale="log", ylim=(-0.02, 0.06), xlabel="distance $d$ between all of them", ylabel=r"$\varphi(d)$ of 4 solutions"
)
ax.set_title(r"four solutions at one distance, $\kappa = 0$", fontsize=10)
ax.legend(frameon=False, fontsize=9)
unit = rt.capacity(rt.BinaryPerceptron(margins)).alpha
for r, column in zip((3, 4, 5), (levels / unit[:, None]).T, strict=True):
    scaled.plot(margins, column, "-", color=f"C{r - 3}", label=f"level {r}")
scaled.errorbar(margins, [one.alpha for one in limits] / unit, [one.error for one in limits] / unit, fmt="k--", lw=1,
                capsize=2, label="limit of the levels")  # fmt: skip
slopes = rt.local_entropy_threshold(rt.BinaryPerceptron(margins)).alpha
scaled.plot(margins, slopes / unit, "C3o", ms=4, label=r"slope at $y = \infty$")
scaled.set(xlabel=r"margin $\kappa$", ylabel=r"load in units of the capacity, $\alpha/\alpha_c$")
scaled.legend(frameon=False, fontsize=9)
plt.show()
above = slopes > [one.alpha for one in limits]
assert np.all(np.diff(levels, axis=1) < 0) and not above[0] and above[-1]
