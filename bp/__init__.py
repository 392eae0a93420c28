"""Message passing on instances of the binary perceptron: entropies, local entropies and solvers at finite N."""

from bp.instance import Instance, random_instance

__all__ = ["Instance", "random_instance"]
