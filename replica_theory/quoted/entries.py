"""All numbers that are quoted, by topic. A new one is a line here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from replica_theory.algorithms.focusing import focusing_fixed_point
from replica_theory.algorithms.localization import localization
from replica_theory.models.committee import TreeCommittee
from replica_theory.models.intervals import SymmetricBinaryPerceptron, UShapePerceptron
from replica_theory.models.mixture import Mixture
from replica_theory.models.perceptron import BinaryPerceptron, TeacherStudent
from replica_theory.models.power_weight import PowerWeight
from replica_theory.models.satisfiability import RandomSatisfiability
from replica_theory.models.weights import DiscreteWeights, SphericalWeights
from replica_theory.neighbourhood.around_teacher import around_teacher
from replica_theory.neighbourhood.dense_teacher import dense_teacher
from replica_theory.neighbourhood.franz_parisi import franz_parisi, minimum_distance, planted_bound
from replica_theory.neighbourhood.local_entropy import local_entropy
from replica_theory.neighbourhood.robust_ensemble import robust_ensemble
from replica_theory.quoted.entry import Entry, Published
from replica_theory.thresholds.capacity import capacity
from replica_theory.thresholds.dense_region import local_entropy_threshold
from replica_theory.thresholds.dense_teacher import dense_teacher_threshold
from replica_theory.thresholds.largest_margin import largest_margin
from replica_theory.thresholds.learning import teacher_student_spinodal, teacher_student_transition
from replica_theory.thresholds.local_energy import local_energy
from replica_theory.thresholds.sampling_threshold import sampling_threshold
from replica_theory.thresholds.stability_limit import stability_limit
from replica_theory.thresholds.tuples import algorithmic_threshold, multi_overlap_gap, tuple_threshold
from replica_theory.typical.replica_symmetric import replica_symmetric
from replica_theory.typical.satisfiability import satisfiability_entropy
from replica_theory.typical.teacher_student import teacher_student

_BINARY, _STUDENT, _EVEN = BinaryPerceptron(), TeacherStudent(), SymmetricBinaryPerceptron(1.0)
_SPHERE = BinaryPerceptron(weights=SphericalWeights())
_TERNARY = BinaryPerceptron(weights=DiscreteWeights([-1, 0, 1]))
_SIGN, _RELU = TreeCommittee(activation="sign"), TreeCommittee(activation="relu")
_ALONG: Mapping[str, Any] = {"reference": "solution", "y": "zero-complexity"}
_THREE: Mapping[str, Any] = {"reference": "solution", "y": 3}
_LINEAR = PowerWeight(power=1.0)
_POWERS = (1.0, 1.05, 1.2, 1.5, 2.0, 3.0, 5.0)
_FOURS = Published("1.6578", "Stojnic 2026, arXiv:2604.19712", units=1, remark="a bound")
_LIFTED_EVEN = {
    2: Published("1.8159", "Stojnic 2026, arXiv:2601.10628"),
    3: Published("1.6576", "Stojnic 2026, arXiv:2604.19712", units=1, remark="within a unit of the last digit"),
    4: Published("1.6218", "Stojnic 2026, arXiv:2604.19712", units=1, remark="within a unit of the last digit"),
    5: Published("1.6093", "Stojnic 2026, arXiv:2604.19712", same=False, remark="said of level 7: unexplained"),
    7: Published("1.6021", "Stojnic 2026, arXiv:2601.10628", same=False, remark="unexplained"),
}
_LIFTED = {
    5: Published("0.7764", "Stojnic 2025, arXiv:2511.01037", same=False, remark="none of the levels: unexplained"),
}
_POPULATION: Mapping[str, Any] = {"population": 4000, "sweeps": 40}


def _committee(units: int) -> TreeCommittee:
    return TreeCommittee(units=units)


def _biased(share: float) -> Mixture:
    """Outputs +1 with the probability `share`, and a threshold that is learnt."""
    return Mixture([(share, _BINARY, 1), (1.0 - share, _BINARY, -1)], shift="free")


def _noisy(share: float, beta: float) -> Mixture:
    """Labels of a teacher of which a share is flipped."""
    return Mixture([(1.0 - share, _STUDENT, 1), (share, _STUDENT, -1)], beta=beta)


def _even_capacity(kappa: float) -> Published:
    r"""The closed form :math:`-\log 2/\log P(|z|\le\kappa)`."""
    value = -math.log(2.0) / math.log(math.erf(kappa / math.sqrt(2.0)))
    return Published(f"{value:.15g}", "Aubin, Perkins and Zdeborová 2019", exact=True)


ENTRIES: Mapping[str, tuple[Entry, ...]] = {
    "capacity": (
        Entry("margin 0", capacity, (_BINARY,), published=Published("0.833", "Krauth and Mézard 1989")),
        Entry("margin 0, to nine digits", capacity, (_BINARY,),
              published=Published("0.833078599 to 0.833078600", "certified bracket of Krauth and Mézard's constant")),
        Entry("margin 0, the overlap there", capacity, (_BINARY,), quantity="q"),
        Entry("margin 0, its conjugate", capacity, (_BINARY,), quantity="q_hat"),
        Entry("margin -1", capacity, (BinaryPerceptron(-1.0),)),
        Entry("margin -0.5", capacity, (BinaryPerceptron(-0.5),)),
        Entry("margin 0.5", capacity, (BinaryPerceptron(0.5),)),
        Entry("margin 1", capacity, (BinaryPerceptron(1.0),)),
        Entry("margin 0, de Almeida-Thouless line", stability_limit, (_BINARY,),
              published=Published("1.015", "Gardner and Derrida 1988")),
        Entry("symmetric, margin 1", capacity, (_EVEN,), published=_even_capacity(1.0)),
        Entry("symmetric, margin 0.5", capacity, (SymmetricBinaryPerceptron(0.5),), published=_even_capacity(0.5)),
        Entry("u-shape, stability at capacity where it is said to vanish", capacity, (UShapePerceptron(0.817),),
              quantity="stability",
              published=Published("0.000 to 0.002", "Aubin, Perkins and Zdeborová 2019", remark="0.817 is the margin")),
    ),
    "entropy": (
        Entry("load 0.2", replica_symmetric, (_BINARY, 0.2), quantity="entropy"),
        Entry("load 0.5", replica_symmetric, (_BINARY, 0.5), quantity="entropy"),
        Entry("load 0.5, overlap of two solutions", replica_symmetric, (_BINARY, 0.5), quantity="q"),
        Entry("load 0.6", replica_symmetric, (_BINARY, 0.6), quantity="entropy"),
        Entry("load 0.8", replica_symmetric, (_BINARY, 0.8), quantity="entropy"),
    ),
    "teacher": (
        Entry("transition to perfect learning", teacher_student_transition, (_STUDENT,),
              published=Published("1.245", "Györgyi 1990")),
        Entry("spinodal of the students", teacher_student_spinodal, (_STUDENT,)),
        Entry("load 0.5, overlap with the teacher", teacher_student, (_STUDENT, 0.5), quantity="teacher_overlap"),
        Entry("load 1, overlap with the teacher", teacher_student, (_STUDENT, 1.0), quantity="teacher_overlap"),
        Entry("load 1, error of one student", teacher_student, (_STUDENT, 1.0), quantity="generalization_error"),
        Entry("load 1, error of the vote of all", teacher_student, (_STUDENT, 1.0), quantity="vote_error"),
        Entry("load 0.8, error of the vote of all", teacher_student, (_STUDENT, 0.8), quantity="vote_error"),
        Entry("load 1.2, overlap with the teacher", teacher_student, (_STUDENT, 1.2), quantity="teacher_overlap"),
        Entry("load 0.8, students at distance 0.1 of the teacher", around_teacher, (_STUDENT, 0.8, 0.1),
              quantity="entropy"),
        Entry("load 0.6, densest students at distance 0.1", dense_teacher, (_STUDENT, 0.6, 0.1), quantity="entropy"),
        Entry("load where the dense students end", dense_teacher_threshold, (_STUDENT,), slow=True),
    ),
    "around typical solutions": (
        Entry("load 0.5, distance 0.01", franz_parisi, (_BINARY, 0.5, 0.01), quantity="entropy"),
        Entry("load 0.5, distance 0.05", franz_parisi, (_BINARY, 0.5, 0.05), quantity="entropy"),
        Entry("load 0.5, distance 0.1", franz_parisi, (_BINARY, 0.5, 0.1), quantity="entropy"),
        Entry("load 0.4, distance 0.1", franz_parisi, (_BINARY, 0.4, 0.1), quantity="entropy"),
        Entry("load 0.5, distance of the nearest", minimum_distance, (_BINARY, 0.5), quantity="", slow=True),
        Entry("symmetric, load 1, distance 0.1", franz_parisi, (_EVEN, 1.0, 0.1), quantity="entropy"),
        Entry("symmetric, load 1, distance 0.1, planted", planted_bound, (_EVEN, 1.0, 0.1), quantity=""),
    ),
    "local entropy": (
        Entry("load 0.4, distance 0.1, y = 3", local_entropy, (_BINARY, 0.4, 0.1), _THREE, "entropy"),
        Entry("load 0.4, distance 0.1, y = 3: complexity", local_entropy, (_BINARY, 0.4, 0.1), _THREE, "complexity"),
        Entry("load 0.6, distance 0.05, y = inf", local_entropy, (_BINARY, 0.6, 0.05), quantity="entropy"),
        Entry("load 0.6, distance 0.1, y = inf", local_entropy, (_BINARY, 0.6, 0.1), quantity="entropy"),
        Entry("load 0.75, distance 0.01, y = inf", local_entropy, (_BINARY, 0.75, 0.01), quantity="entropy"),
        Entry("load 0.75, distance 0.03, y = inf", local_entropy, (_BINARY, 0.75, 0.03), quantity="entropy"),
        Entry("load 0.75, distance 0.1, y = inf", local_entropy, (_BINARY, 0.75, 0.1), quantity="entropy"),
        Entry("robust ensemble, load 0.6, gamma 0.5, y = 3", robust_ensemble, (_BINARY, 0.6, 0.5, 3),
              quantity="free_entropy"),
        Entry("the same, overlap with the reference", robust_ensemble, (_BINARY, 0.6, 0.5, 3), quantity="overlap"),
        Entry("the same, local entropy", robust_ensemble, (_BINARY, 0.6, 0.5, 3), quantity="local_entropy"),
        Entry("focusing BP, load 0.6, gamma 0.4, y = 3: overlap", focusing_fixed_point, (_BINARY, 0.6, 0.4, 3),
              quantity="overlap"),
    ),
    "end of the dense region": (
        Entry("slope, free reference, y = inf", local_entropy_threshold, (_BINARY,)),
        Entry("slope, reference a solution, zero complexity", local_entropy_threshold, (_BINARY,), _ALONG, slow=True,
              published=Published("0.77 to 0.78", "Baldassi et al. 2015 (0.77); Stojnic 2025 (between 0.77 and 0.78)")),
        Entry("margin, typical at the largest margin", local_entropy_threshold, (_BINARY, "margin"), slow=True),
        Entry("symmetric, margin 1: slope, free reference, y = inf", local_entropy_threshold, (_EVEN,), slow=True,
              published=Published("1.58", "Baldassi et al. 2020", same=False, remark="by another criterion")),
        Entry("sign committee: slope, free reference, y = inf", local_entropy_threshold, (_SIGN,), slow=True),
    ),
    "tuples": (
        *(Entry(f"symmetric, margin 1, {m} solutions", multi_overlap_gap, (_EVEN, m),
                published=_FOURS if m == 4 else None) for m in (2, 3, 4, 5)),
        Entry("symmetric, margin 1, 3 groups of 4 solutions", tuple_threshold, (_EVEN,), {"sizes": (12, 4)},
              published=Published("1.6219", "Stojnic 2026, arXiv:2604.19712", units=1, remark="a bound")),
        *(Entry(f"symmetric, margin 1, level {level}", tuple_threshold, (_EVEN, level),
                published=_LIFTED_EVEN.get(level), slow=level > 4) for level in range(2, 8)),
        Entry("symmetric, margin 1, limit of the levels", algorithmic_threshold, (_EVEN,), slow=True,
              published=Published("1.59", "Stojnic 2026, arXiv:2601.10628", same=False, remark="a tendency")),
        *(Entry(f"margin 0: level {level}", tuple_threshold, (_BINARY, level), published=_LIFTED.get(level),
                slow=level > 5) for level in range(2, 8)),
        Entry("margin 0: limit of the levels", algorithmic_threshold, (_BINARY,), slow=True),
    ),
    "sampling": (
        *(Entry(f"power {power:g}: localisation", sampling_threshold, (PowerWeight(power=power),), slow=True)
          for power in _POWERS),
        *(Entry(f"power {power:g}: entropy there", sampling_threshold, (PowerWeight(power=power),),
                quantity="entropy", slow=True) for power in _POWERS),
        *(Entry(f"power {power:g}: decimation", sampling_threshold, (PowerWeight(power=power), "decimation"),
                slow=True) for power in _POWERS),
        *(Entry(f"power {power:g}, load 0.3, time {time:g}: 1 - q", localization, (model, 0.3, time), quantity="rest",
                slow=time != 1)
          for power, model in ((1, _LINEAR), (0, _BINARY)) for time in (0.1, 0.5, 1.0, 2.0, 4.0)),
        Entry("power 1, load 0.3: free entropy", replica_symmetric, (_LINEAR, 0.3), quantity="free_entropy"),
        Entry("power 1, load 0.3: entropy", replica_symmetric, (_LINEAR, 0.3), quantity="entropy"),
        Entry("power 1, load 0.3: energy", replica_symmetric, (_LINEAR, 0.3), quantity="energy"),
    ),
    "weights": (
        Entry("spherical, capacity", capacity, (_SPHERE,), published=Published("2", "Gardner 1988", exact=True)),
        Entry("spherical, load 1: entropy", replica_symmetric, (_SPHERE, 1.0), quantity="entropy"),
        Entry("spherical, load 1: overlap of two solutions", replica_symmetric, (_SPHERE, 1.0), quantity="q"),
        Entry("spherical, margin 0.5, load 0.5: entropy", replica_symmetric,
              (BinaryPerceptron(0.5, weights=SphericalWeights()), 0.5), quantity="entropy"),
        Entry("spherical, load 1: largest margin", largest_margin, (_SPHERE, 1.0), quantity="kappa"),
        Entry("spherical, load 1, distance 0.05, y = inf", local_entropy, (_SPHERE, 1.0, 0.05), quantity="entropy"),
        Entry("spherical, load 1, distance 0.1, y = inf", local_entropy, (_SPHERE, 1.0, 0.1), quantity="entropy"),
        Entry("spherical, load 1: errors at distance 0.05 of the largest margin", local_energy,
              (_SPHERE, 1.0, 0.05, "margin"), quantity="energy"),
        Entry("spherical, load 1: errors at distance 0.1 of the largest margin", local_energy,
              (_SPHERE, 1.0, 0.1, "margin"), quantity="energy"),
        Entry("spherical, margin -0.5: de Almeida-Thouless line", stability_limit,
              (BinaryPerceptron(-0.5, weights=SphericalWeights()),)),
        Entry("levels -1, 0, 1: capacity", capacity, (_TERNARY,)),
        Entry("levels -1, 0, 1, load 0.5: entropy", replica_symmetric, (_TERNARY, 0.5), quantity="entropy"),
        Entry("levels -1, 0, 1, load 0.8, distance 0.05, y = inf", local_entropy, (_TERNARY, 0.8, 0.05),
              quantity="entropy"),
        Entry("levels -1, 0, 1, load 0.8, distance 0.1, y = inf", local_entropy, (_TERNARY, 0.8, 0.1),
              quantity="entropy"),
        Entry("levels 0, 1: capacity", capacity, (BinaryPerceptron(weights=DiscreteWeights([0, 1])),),
              published=Published("0.59", "Gutfreund and Stein 1990")),
        Entry("levels -2 to 2: capacity", capacity, (BinaryPerceptron(weights=DiscreteWeights([-2, -1, 0, 1, 2])),)),
    ),
    "committee": (
        Entry("sign units: capacity", capacity, (_SIGN,)),
        Entry("sign units: overlap at capacity", capacity, (_SIGN,), quantity="q"),
        Entry("relu units: capacity", capacity, (_RELU,)),
        Entry("sign units, load 0.5: entropy", replica_symmetric, (_SIGN, 0.5), quantity="entropy"),
        Entry("sign units, load 0.5: overlap of two solutions", replica_symmetric, (_SIGN, 0.5), quantity="q"),
        Entry("relu units, load 0.5: entropy", replica_symmetric, (_RELU, 0.5), quantity="entropy"),
        Entry("sign units, load 0.4, distance 0.1, y = inf", local_entropy, (_SIGN, 0.4, 0.1), quantity="entropy"),
        Entry("the same, slope in the distance", local_entropy, (_SIGN, 0.4, 0.1), quantity="slope"),
        Entry("sign units, load 0.4, distance 0.1 of a typical solution", franz_parisi, (_SIGN, 0.4, 0.1),
              quantity="entropy"),
        Entry("relu units, load 0.4, distance 0.1, y = inf", local_entropy, (_RELU, 0.4, 0.1), quantity="entropy"),
    ),
    "committee of few units": (
        Entry("3 sign units: capacity", capacity, (_committee(3),)),
        Entry("3 sign units, load 0.5: entropy", replica_symmetric, (_committee(3), 0.5), quantity="entropy"),
        Entry("3 sign units, load 0.5: overlap of two solutions", replica_symmetric, (_committee(3), 0.5),
              quantity="q"),
        Entry("3 sign units, load 0.4, distance 0.1 of a typical solution", franz_parisi, (_committee(3), 0.4, 0.1),
              quantity="entropy", slow=True),
        Entry("5 sign units: capacity", capacity, (_committee(5),), slow=True),
        Entry("5 sign units, load 0.5: entropy", replica_symmetric, (_committee(5), 0.5), quantity="entropy"),
        Entry("5 sign units, load 0.5: overlap of two solutions", replica_symmetric, (_committee(5), 0.5),
              quantity="q"),
        Entry("7 sign units: capacity", capacity, (_committee(7),), slow=True),
        Entry("7 sign units, load 0.5: entropy", replica_symmetric, (_committee(7), 0.5), quantity="entropy",
              slow=True),
        Entry("7 sign units, load 0.5: overlap of two solutions", replica_symmetric, (_committee(7), 0.5),
              quantity="q", slow=True),
    ),
    "mixtures": (
        Entry("outputs +1 with probability 0.4, free threshold: capacity", capacity, (_biased(0.4),)),
        Entry("outputs +1 with probability 0.4, free threshold: shift there", capacity, (_biased(0.4),),
              quantity="shift"),
        Entry("outputs +1 with probability 0.3, free threshold: capacity", capacity, (_biased(0.3),)),
        Entry("outputs +1 with probability 0.3, free threshold: shift there", capacity, (_biased(0.3),),
              quantity="shift"),
        Entry("outputs +1 with probability 0.1, free threshold: capacity", capacity, (_biased(0.1),)),
        Entry("outputs +1 with probability 0.01, free threshold: capacity", capacity, (_biased(0.01),)),
        Entry("outputs +1 with probability 0.3, load 0.5: entropy", replica_symmetric, (_biased(0.3), 0.5),
              quantity="entropy"),
        Entry("outputs +1 with probability 0.3, load 0.5: shift", replica_symmetric, (_biased(0.3), 0.5),
              quantity="shift"),
        Entry("the same, at distance 0.1 of a typical solution", franz_parisi, (_biased(0.3), 0.5, 0.1),
              quantity="entropy"),
        Entry("the same, shift there", franz_parisi, (_biased(0.3), 0.5, 0.1), quantity="overlaps.shift"),
        Entry("the same, at distance 0.1 of the best reference", local_entropy, (_biased(0.3), 0.5, 0.1),
              quantity="entropy"),
        Entry("labels flipped with probability 0.1, load 0.8, beta 2: energy", replica_symmetric,
              (_noisy(0.1, 2.0), 0.8), quantity="energy"),
    ),
    "formulas": (
        Entry("3 literals, ratio 2: entropy", satisfiability_entropy, (RandomSatisfiability(3), 2.0), _POPULATION,
              "entropy"),
        Entry("4 literals: condensation", quantity="",
              published=Published("9.547", "Montanari, Ricci-Tersenghi and Semerjian 2008")),
        Entry("4 literals: satisfiability threshold", quantity="",
              published=Published("9.931", "Mertens, Mézard and Zecchina 2006")),
    ),
}  # fmt: skip
"""The numbers of each topic, in the order of the table."""
