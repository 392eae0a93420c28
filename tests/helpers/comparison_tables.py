"""Tables of `bp.crosscheck` at sizes where they mean something: agreement within standard errors as N → ∞.

Rows follow Student's t: the limit for each is the quantile that is as rare as 4 standard errors of a Gaussian, and the
mean of z^2 over a table is held to its own (rows of one load are correlated: they share the instances).
"""

import numpy as np
from scipy import stats

import bp
from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron, TeacherStudent

BINARY, SYMMETRIC, TEACHER = BinaryPerceptron(), SymmetricBinaryPerceptron(1.0), TeacherStudent()
SIZES = (201, 401, 801)


def table(model, alpha, comparison, n=SIZES, samples=16, **options):
    check = bp.crosscheck(model, alpha, n, samples, rng=4, comparisons=comparison, **options)
    print(check)
    return check.rows


def limits(rows):
    return [row for row in rows if np.isinf(row.n) and row.expected == "equal" and np.isfinite(row.z)]


def assert_agreement(rows, least=1):
    rows = limits(rows)
    assert len(rows) >= least
    for row in rows:
        assert abs(row.z) < stats.t.isf(stats.norm.sf(4), row.dof), row
    assert len(rows) < 8 or np.mean([row.z**2 for row in rows]) < 4
