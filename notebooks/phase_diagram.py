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
