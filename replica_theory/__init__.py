"""Replica theory of the binary perceptron: entropies, local entropies and thresholds in the limit N → ∞."""

from importlib import import_module
from types import ModuleType

from replica_theory._version import __version__ as __version__
from replica_theory.algorithms.focusing import FocusingFixedPoint, focusing_fixed_point
from replica_theory.algorithms.localization import Localization, localization
from replica_theory.algorithms.state_evolution import StateEvolution, state_evolution
from replica_theory.certified.certificate import Ball, Certificate
from replica_theory.certified.multiprecision import Digits
from replica_theory.models.committee import TreeCommittee
from replica_theory.models.custom import CustomModel
from replica_theory.models.intervals import IntervalModel, SymmetricBinaryPerceptron, UShapePerceptron
from replica_theory.models.mixture import Mixture
from replica_theory.models.model import Model
from replica_theory.models.overlap_map import OverlapMap
from replica_theory.models.perceptron import BinaryPerceptron, TeacherStudent
from replica_theory.models.power_weight import PowerWeight
from replica_theory.models.satisfiability import RandomSatisfiability
from replica_theory.models.weights import BinaryWeights, DiscreteWeights, SphericalWeights, Weights
from replica_theory.neighbourhood.around_teacher import around_teacher
from replica_theory.neighbourhood.dense_teacher import dense_teacher
from replica_theory.neighbourhood.franz_parisi import franz_parisi, minimum_distance, planted_bound
from replica_theory.neighbourhood.local_entropy import local_entropy
from replica_theory.neighbourhood.robust_ensemble import RobustEnsemble, robust_ensemble
from replica_theory.neighbourhood.symmetry_breaking import local_entropy_1rsb
from replica_theory.neighbourhood.tuple_entropy import tuple_entropy
from replica_theory.numerics.binary import binary_entropy
from replica_theory.quoted.table import NumberTable, QuotedNumber, numbers
from replica_theory.results.curve import EntropyCurve
from replica_theory.results.labelled import read_netcdf
from replica_theory.status import ConvergenceError, ConvergenceWarning, Status
from replica_theory.thresholds.capacity import Capacity, capacity
from replica_theory.thresholds.dense_region import (
    DenseThreshold,
    local_entropy_threshold,
    local_entropy_thresholds,
)
from replica_theory.thresholds.dense_teacher import DenseTeacherThreshold, dense_teacher_threshold
from replica_theory.thresholds.largest_margin import LargestMargin, largest_margin
from replica_theory.thresholds.learning import (
    LearningTransition,
    teacher_student_spinodal,
    teacher_student_transition,
)
from replica_theory.thresholds.local_energy import LocalEnergy, local_energy
from replica_theory.thresholds.sampling_threshold import SamplingThreshold, sampling_threshold
from replica_theory.thresholds.stability_limit import StabilityLimit, stability_limit
from replica_theory.thresholds.tuples import (
    AlgorithmicThreshold,
    TupleThreshold,
    algorithmic_threshold,
    multi_overlap_gap,
    tuple_threshold,
)
from replica_theory.typical.replica_symmetric import ReplicaSymmetric, annealed_entropy, replica_symmetric
from replica_theory.typical.satisfiability import SatisfiabilityEntropy, satisfiability_entropy
from replica_theory.typical.teacher_student import Learning, teacher_student


def __getattr__(name: str) -> ModuleType:
    """The module `replica_theory.symbolic`, loaded with sympy when it is first asked for."""
    if name == "symbolic":
        return import_module("replica_theory.symbolic")
    raise AttributeError(f"module 'replica_theory' has no attribute {name!r}")


__all__ = [
    "AlgorithmicThreshold",
    "Ball",
    "BinaryPerceptron",
    "BinaryWeights",
    "Capacity",
    "Certificate",
    "ConvergenceError",
    "ConvergenceWarning",
    "CustomModel",
    "DenseTeacherThreshold",
    "DenseThreshold",
    "Digits",
    "DiscreteWeights",
    "EntropyCurve",
    "FocusingFixedPoint",
    "IntervalModel",
    "LargestMargin",
    "Learning",
    "LearningTransition",
    "LocalEnergy",
    "Localization",
    "Mixture",
    "Model",
    "NumberTable",
    "OverlapMap",
    "PowerWeight",
    "QuotedNumber",
    "RandomSatisfiability",
    "ReplicaSymmetric",
    "RobustEnsemble",
    "SamplingThreshold",
    "SatisfiabilityEntropy",
    "SphericalWeights",
    "StabilityLimit",
    "StateEvolution",
    "Status",
    "SymmetricBinaryPerceptron",
    "TeacherStudent",
    "TreeCommittee",
    "TupleThreshold",
    "UShapePerceptron",
    "Weights",
    "algorithmic_threshold",
    "annealed_entropy",
    "around_teacher",
    "binary_entropy",
    "capacity",
    "dense_teacher",
    "dense_teacher_threshold",
    "focusing_fixed_point",
    "franz_parisi",
    "largest_margin",
    "local_energy",
    "local_entropy",
    "local_entropy_1rsb",
    "local_entropy_threshold",
    "local_entropy_thresholds",
    "localization",
    "minimum_distance",
    "multi_overlap_gap",
    "numbers",
    "planted_bound",
    "read_netcdf",
    "replica_symmetric",
    "robust_ensemble",
    "sampling_threshold",
    "satisfiability_entropy",
    "stability_limit",
    "state_evolution",
    "teacher_student",
    "teacher_student_spinodal",
    "teacher_student_transition",
    "tuple_entropy",
    "tuple_threshold",
]
