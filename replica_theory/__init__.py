"""Replica theory of the binary perceptron: entropies, local entropies and thresholds in the limit N → ∞."""

from replica_theory.around_teacher import around_teacher
from replica_theory.curves import EntropyCurve
from replica_theory.dense_region import DenseThreshold, local_entropy_threshold, local_entropy_thresholds
from replica_theory.dense_teacher import DenseTeacherThreshold, dense_teacher, dense_teacher_threshold
from replica_theory.focusing import FocusingFixedPoint, focusing_fixed_point
from replica_theory.franz_parisi import binary_entropy, franz_parisi, minimum_distance, planted_bound
from replica_theory.labelled import read_netcdf
from replica_theory.local_entropy import local_entropy
from replica_theory.models import (
    BinaryPerceptron,
    CustomModel,
    IntervalModel,
    Model,
    SymmetricBinaryPerceptron,
    TeacherStudent,
    UShapePerceptron,
)
from replica_theory.replica_symmetric import ReplicaSymmetric, annealed_entropy, replica_symmetric
from replica_theory.replica_symmetry_breaking import local_entropy_1rsb
from replica_theory.robust_ensemble import RobustEnsemble, robust_ensemble
from replica_theory.state_evolution import StateEvolution, state_evolution
from replica_theory.status import ConvergenceError, ConvergenceWarning, Status
from replica_theory.teacher_student import (
    Learning,
    LearningTransition,
    teacher_student,
    teacher_student_spinodal,
    teacher_student_transition,
)
from replica_theory.thresholds import Capacity, capacity

__version__ = "0.1.0"

__all__ = [
    "BinaryPerceptron",
    "Capacity",
    "ConvergenceError",
    "ConvergenceWarning",
    "CustomModel",
    "DenseTeacherThreshold",
    "DenseThreshold",
    "EntropyCurve",
    "FocusingFixedPoint",
    "IntervalModel",
    "Learning",
    "LearningTransition",
    "Model",
    "ReplicaSymmetric",
    "RobustEnsemble",
    "StateEvolution",
    "Status",
    "SymmetricBinaryPerceptron",
    "TeacherStudent",
    "UShapePerceptron",
    "annealed_entropy",
    "around_teacher",
    "binary_entropy",
    "capacity",
    "dense_teacher",
    "dense_teacher_threshold",
    "focusing_fixed_point",
    "franz_parisi",
    "local_entropy",
    "local_entropy_1rsb",
    "local_entropy_threshold",
    "local_entropy_thresholds",
    "minimum_distance",
    "planted_bound",
    "read_netcdf",
    "replica_symmetric",
    "robust_ensemble",
    "state_evolution",
    "teacher_student",
    "teacher_student_spinodal",
    "teacher_student_transition",
]
