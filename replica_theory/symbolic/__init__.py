"""Saddle-point equations by machine: a functional goes in, equations, LaTeX and a solver come out (sympy)."""

from replica_theory.symbolic.equations import SaddleEquations, saddle_equations
from replica_theory.symbolic.functionals import (
    FUNCTIONALS,
    Functional,
    Max,
    Mean,
    around_solutions,
    broken_local_entropy,
    franz_parisi,
    kernel,
    largest_local_entropy,
    local_entropy,
    replica_symmetric,
    robust_ensemble,
    teacher_student,
)

__all__ = [
    "FUNCTIONALS",
    "Functional",
    "Max",
    "Mean",
    "SaddleEquations",
    "around_solutions",
    "broken_local_entropy",
    "franz_parisi",
    "kernel",
    "largest_local_entropy",
    "local_entropy",
    "replica_symmetric",
    "robust_ensemble",
    "saddle_equations",
    "teacher_student",
]
