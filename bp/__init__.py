"""Message passing on instances of the binary perceptron: entropies, local entropies and solvers at finite N."""

from bp.crosscheck import Crosscheck, Row, crosscheck
from bp.ensemble import Ensemble, ensemble, read_ensemble
from bp.enumeration import SolutionDistances, SolutionSet, enumerate_solutions
from bp.files import read_instance, write_instance
from bp.instance import Instance, random_instance
from bp.local_entropy import local_entropy
from bp.monte_carlo import Sample, monte_carlo
from bp.propagation import BPResult, Messages, belief_propagation
from bp.solvers import Solution, solve, solve_batch, solvers

__all__ = [
    "BPResult",
    "Crosscheck",
    "Ensemble",
    "Instance",
    "Messages",
    "Row",
    "Sample",
    "Solution",
    "SolutionDistances",
    "SolutionSet",
    "belief_propagation",
    "crosscheck",
    "ensemble",
    "enumerate_solutions",
    "local_entropy",
    "monte_carlo",
    "random_instance",
    "read_ensemble",
    "read_instance",
    "solve",
    "solve_batch",
    "solvers",
    "write_instance",
]
