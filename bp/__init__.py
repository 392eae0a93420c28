"""Message passing on instances of the binary perceptron: entropies, local entropies and solvers at finite N."""

import importlib
from typing import TYPE_CHECKING, Any

import bp.kernel_cache  # noqa: F401 (before anything that is compiled)
from bp.algorithms import Solution, solve, solve_batch, solvers
from bp.algorithms.localization import LocalizedSample, localize
from bp.algorithms.monte_carlo import Sample, monte_carlo
from bp.algorithms.tempering import LadderSample, parallel_tempering
from bp.ensembles.compare import compare
from bp.ensembles.ensemble import ensemble, read_ensemble
from bp.ensembles.random_formulas import RandomFormulas
from bp.ensembles.random_problems import RandomProblems
from bp.ensembles.solver_comparison import SolverComparison
from bp.ensembles.table import Ensemble
from bp.exact.enumeration import enumerate_solutions
from bp.exact.solutions import SolutionDistances, SolutionSet
from bp.messages.local_entropy import local_entropy
from bp.messages.propagation import BPResult, belief_propagation
from bp.messages.state import Messages
from bp.problems.committee import Committee, random_committee
from bp.problems.dimacs import read_dimacs, write_dimacs
from bp.problems.files import read_instance, write_instance
from bp.problems.generalization import generalization_error
from bp.problems.local_energy import local_energy
from bp.problems.mixtures import random_mixture
from bp.problems.perceptron import Instance, random_instance
from bp.problems.prediction import predict
from bp.problems.satisfiability import Satisfiability, random_satisfiability
from bp.problems.vote import predict_probability
from bp.validation.crosscheck import crosscheck
from bp.validation.report import Crosscheck
from bp.validation.table import Row
from replica_theory._version import __version__ as __version__

if TYPE_CHECKING:
    from bp import networks as networks
    from bp.estimators import BinaryPerceptronClassifier as BinaryPerceptronClassifier
    from bp.estimators import CommitteeMachineClassifier as CommitteeMachineClassifier

__all__ = [
    "BPResult",
    "Committee",
    "Crosscheck",
    "Ensemble",
    "Instance",
    "LadderSample",
    "LocalizedSample",
    "Messages",
    "RandomFormulas",
    "RandomProblems",
    "Row",
    "Sample",
    "Satisfiability",
    "Solution",
    "SolutionDistances",
    "SolutionSet",
    "SolverComparison",
    "belief_propagation",
    "compare",
    "crosscheck",
    "ensemble",
    "enumerate_solutions",
    "generalization_error",
    "local_energy",
    "local_entropy",
    "localize",
    "monte_carlo",
    "parallel_tempering",
    "predict",
    "predict_probability",
    "random_committee",
    "random_instance",
    "random_mixture",
    "random_satisfiability",
    "read_dimacs",
    "read_ensemble",
    "read_instance",
    "solve",
    "solve_batch",
    "solvers",
    "write_dimacs",
    "write_instance",
]

_EXTRAS = {"BinaryPerceptronClassifier": "bp.estimators", "CommitteeMachineClassifier": "bp.estimators"}
"""Names whose modules need an extra, and are loaded as the name is asked for."""

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name == "networks":
            return importlib.import_module("bp.networks")
        if name not in _EXTRAS:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(_EXTRAS[name]), name)
