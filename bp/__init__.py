"""Message passing on instances of the binary perceptron: entropies, local entropies and solvers at finite N."""

from bp.enumeration import SolutionDistances, SolutionSet, enumerate_solutions
from bp.files import read_instance, write_instance
from bp.instance import Instance, random_instance

__all__ = [
    "Instance",
    "SolutionDistances",
    "SolutionSet",
    "enumerate_solutions",
    "random_instance",
    "read_instance",
    "write_instance",
]
