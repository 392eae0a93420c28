"""Replica theory of the binary perceptron: entropies, local entropies and thresholds in the limit N → ∞."""

from replica_theory.curves import EntropyCurve
from replica_theory.models import BinaryPerceptron, Model, SymmetricBinaryPerceptron, TeacherStudent
from replica_theory.replica_symmetric import ReplicaSymmetric, annealed_entropy, replica_symmetric
from replica_theory.status import ConvergenceError, ConvergenceWarning, Status

__version__ = "0.1.0"

__all__ = [
    "BinaryPerceptron",
    "ConvergenceError",
    "ConvergenceWarning",
    "EntropyCurve",
    "Model",
    "ReplicaSymmetric",
    "Status",
    "SymmetricBinaryPerceptron",
    "TeacherStudent",
    "annealed_entropy",
    "replica_symmetric",
]
