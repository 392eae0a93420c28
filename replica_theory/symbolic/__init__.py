"""Saddle-point equations by machine: a functional goes in, equations, LaTeX and a solver come out (sympy)."""

from replica_theory.symbolic.equations import SaddleEquations, saddle_equations
from replica_theory.symbolic.functionals import (
    FUNCTIONALS,
    Functional,
    around_solutions,
    around_teacher,
    broken_local_entropy,
    dense_teacher,
    franz_parisi,
    largest_local_entropy,
    largest_spherical,
    local_entropy,
    localization,
    mixture,
    replica_symmetric,
    robust_ensemble,
    teacher_student,
    tuples,
)
from replica_theory.symbolic.nodes import JointMean, Log2Cosh, Max, Mean, kernel, tilt
from replica_theory.symbolic.numbers import Numbers

__all__ = [
    "FUNCTIONALS",
    "Functional",
    "JointMean",
    "Log2Cosh",
    "Max",
    "Mean",
    "Numbers",
    "SaddleEquations",
    "around_solutions",
    "around_teacher",
    "broken_local_entropy",
    "dense_teacher",
    "franz_parisi",
    "kernel",
    "largest_local_entropy",
    "largest_spherical",
    "local_entropy",
    "localization",
    "mixture",
    "replica_symmetric",
    "robust_ensemble",
    "saddle_equations",
    "teacher_student",
    "tilt",
    "tuples",
]
