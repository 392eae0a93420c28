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
# # Learning from a teacher
#
# A binary teacher labels $\alpha N$ random patterns; a student is any $W$ that reproduces the labels. Its overlap $R$
# with the teacher gives the probability to disagree on a new pattern, $\varepsilon = \arccos(R)/\pi$. At
# $\alpha = 1.245$ the entropy of the students with $R < 1$ vanishes and the teacher alone is left (Györgyi 1990), but
# message passing stays on the metastable branch up to its end, the spinodal at 1.493.

# %%
import os
import warnings

import matplotlib.pyplot as plt
import numpy as np

import bp
import replica_theory as rt

FAST = os.environ.get("FAST", "1") == "1"  # "0": full resolution
warnings.simplefilter("ignore", rt.ConvergenceWarning)  # points without a saddle are NaN and not drawn
model = rt.TeacherStudent()

# %% [markdown]
# ## Theory: two branches

# %%
transition, spinodal = rt.teacher_student_transition(model), rt.teacher_student_spinodal(model)
print(transition, spinodal, sep="\n")
assert abs(transition.alpha - 1.244683990) < 1e-8
assert 1.492 < spinodal.alpha < 1.493
alpha = spinodal.alpha - np.geomspace(1e-5, spinodal.alpha - 0.01, 300)[::-1]  # steep at its end
few = np.geomspace(1e-4, 0.2, 40)  # the vote's error falls as the square root there
alpha = np.sort(np.concatenate([few, alpha, [transition.alpha]]))  # where the two parts of the curve meet
students = rt.teacher_student(model, alpha, branch="student")
assert abs(rt.teacher_student(model, 1.0).teacher_overlap - 0.560715) < 1e-6
assert np.allclose(students.q, students.teacher_overlap, atol=1e-7)  # the teacher is one more student (Nishimori)
assert np.all(students.vote_error < students.generalization_error)

# %% [markdown]
# ## AMP on instances
#
# Magnetisations $m$ of approximate message passing: $R = W^T\!\cdot m/N$, $q = m\cdot m/N$ and the Bethe entropy.

# %%
n, samples = (1001, 24) if FAST else (4001, 48)
loads = np.array([0.2, 0.4, 0.6, 0.8, 1.0, 1.1, 1.2, 1.3])


def measure(load: float, sample: int) -> tuple[float, float, float, float]:
    instance = bp.random_instance(model, n, load, np.random.SeedSequence([21, round(1000 * load), sample]))
    run = bp.belief_propagation(instance, "amp", damping=0.3)
    assert instance.teacher is not None
    vote = bp.generalization_error(run.magnetizations, instance.teacher)
    return instance.overlap(instance.teacher, run.magnetizations), run.overlap, run.entropy, vote


measured = np.array([[measure(load, sample) for sample in range(samples)] for load in loads])
mean, error = measured.mean(axis=1), measured.std(axis=1, ddof=1) / np.sqrt(samples)
theory = rt.teacher_student(model, np.round(loads * n) / n, branch="student")
expected = np.stack([theory.teacher_overlap, theory.q, theory.entropy, theory.vote_error], axis=1)
z = (mean - expected) / error
print("  alpha   R theory  R AMP            z(R)   z(q)   z(entropy)  z(vote)")
for load, want, got, err, row in zip(loads, expected, mean, error, z, strict=True):
    print(f"{load:7.2f} {want[0]:9.4f} {got[0]:9.4f} +- {err[0]:.4f}" + "".join(f" {x:6.2f}" for x in row))
assert np.all(np.abs(z) < 4.5)  # Student's t with 23 degrees of freedom: beyond in 1.6e-4 of the cases

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained", sharex=True)
parts = (alpha <= transition.alpha, "-", "theory: stable"), (alpha >= transition.alpha, "--", "theory: metastable")
for part, style, label in parts:
    left.plot(alpha[part], students.generalization_error[part], "C0" + style)
    left.plot(alpha[part], students.vote_error[part], "C3" + style)
    right.plot(alpha[part], students.entropy[part], "C0" + style, label=label)
left.plot([transition.alpha, 1.6], [0, 0], "C0", lw=3, clip_on=False)
right.plot([transition.alpha, 1.6], [0, 0], "C0", lw=3)
slope = np.abs(1 / (np.pi * np.sqrt(1 - mean[:, 0] ** 2)))  # of arccos(R)/pi
left.errorbar(
    loads, np.arccos(mean[:, 0]) / np.pi, slope * error[:, 0], fmt="C0o", ms=4, capsize=2, label="one student"
)
left.errorbar(loads, mean[:, 3], error[:, 3], fmt="C3s", ms=4, capsize=2, label="the vote of all (Bayes)")
left.legend(frameon=False, loc="lower left")
right.errorbar(loads, mean[:, 2], error[:, 2], fmt="ko", ms=4, capsize=2, label=f"AMP, N = {n}")
for ax in (left, right):
    ax.axvline(transition.alpha, color="0.6", lw=0.8, ls=":")
    ax.axvline(spinodal.alpha, color="0.6", lw=0.8, ls=":")
    ax.set(xlabel=r"load $\alpha = P/N$", xlim=(0, 1.6))
for x, name in ((transition.alpha, "transition"), (spinodal.alpha, "spinodal")):
    left.text(x - 0.01, 0.49, name, rotation=90, ha="right", va="top", color="0.4", fontsize=9)
left.set(ylabel=r"generalisation error $\varepsilon$", ylim=(0, 0.5))
right.set(ylabel="entropy of the students (nats per weight)")
right.legend(frameon=False)
plt.show()

# %% [markdown]
# ## Dense regions know more
#
# Around the best references ($y = \infty$): the reference of a dense region generalises better than a typical student.

# %%
distance = np.geomspace(0.01, 0.2, 40)
fig, ax = plt.subplots(figsize=(8, 4.2), layout="constrained")
for k, load in enumerate((0.6, 0.9) if FAST else (0.4, 0.6, 0.8, 0.9, 1.0)):
    curve = rt.dense_teacher(model, load, distance)
    typical = rt.teacher_student(model, load).generalization_error
    ax.plot(distance, curve.overlaps["generalization_error_ref"], f"C{k}", label=rf"$\alpha = {load}$: reference")
    ax.plot(
        distance, curve.overlaps["generalization_error"], f"C{k}--", label=rf"$\alpha = {load}$: students around it"
    )
    ax.axhline(typical, color=f"C{k}", ls=":", label=rf"$\alpha = {load}$: typical student")
    assert np.all(curve.overlaps["generalization_error_ref"] < typical)
ax.set(xlabel="distance $d$ between reference and student", ylabel=r"generalisation error $\varepsilon$", xlim=(0, 0.2))
ax.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1.0, 1.0))
plt.show()
