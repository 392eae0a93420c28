"""Population dynamics of random satisfiability: limits that are known, and belief propagation on a large formula."""

import numpy as np
import pytest

from replica_theory.models.satisfiability import RandomSatisfiability
from replica_theory.results.labelled import read_netcdf
from replica_theory.typical.satisfiability import satisfiability_entropy

FEW = {"population": 3000, "sweeps": 40}


def test_few_clauses_are_annealed():
    """Clauses that hardly meet: the first moment, less a term in the square of the ratio."""
    point = satisfiability_entropy(RandomSatisfiability(3), 0.05, **FEW)
    assert point == satisfiability_entropy(RandomSatisfiability(3), 0.05, **FEW)
    assert point.entropy == pytest.approx(point.annealed, abs=2e-4) and point.entropy < point.annealed + 3 * point.error


def test_no_weight_on_violations_is_no_constraint():
    point = satisfiability_entropy(RandomSatisfiability(3, beta=0.0), 4.0, **FEW)
    assert point.entropy == pytest.approx(np.log(2), abs=1e-10) and point.overlap < 1e-20
    assert point.energy == pytest.approx(1 / 8, abs=1e-12)


def test_the_derivative_of_the_free_entropy_is_the_energy():
    r""":math:`\partial\phi/\partial\beta=-\alpha e`; the same random numbers at both ends, whose errors cancel."""
    at = [satisfiability_entropy(RandomSatisfiability(3, beta=beta), 3.0, **FEW) for beta in (0.95, 1.0, 1.05)]
    slope = (at[2].free_entropy - at[0].free_entropy) / 0.1
    assert slope == pytest.approx(-3.0 * at[1].energy, abs=5e-4)


def test_published_numbers():
    """Belief propagation on 16 formulas of 10 000 variables: 4-SAT at 8.0 .16819(36)."""
    point = satisfiability_entropy(RandomSatisfiability(4), 8.0, **FEW)
    assert point.entropy == pytest.approx(0.1685, abs=5 * point.error) and point.error < 1e-3
    assert point.converged and point.entropy < point.annealed


@pytest.mark.parametrize("beta", [np.inf, 1.5])
def test_netcdf_and_csv_keep_it(beta, tmp_path):
    for package in ("xarray", "h5netcdf", "h5py"):
        pytest.importorskip(package, reason=f"{package} is not installed (extra [data])")
    point = satisfiability_entropy(RandomSatisfiability(3, beta), 1.0, population=1000, sweeps=20)
    point.to_netcdf(tmp_path / "point.nc")
    again = read_netcdf(tmp_path / "point.nc")
    assert again == point and (type(again.k), again.beta, again.ratio) == (int, beta, 1.0)
    header, line = point.to_csv().splitlines()
    assert header.startswith("ratio,entropy,error") and float(line.split(",")[1]) == point.entropy


def test_bad_arguments():
    model = RandomSatisfiability(3)
    for arguments, options, name in (((3, 1.0), {}, "model"), ((model, 0.0), {}, "ratio"),
                                     ((model, 1.0), {"population": 10}, "population"),
                                     ((model, 1.0), {"sweeps": 3}, "sweeps"),
                                     ((model, 1.0), {"rng": -1}, "rng")):  # fmt: skip
        with pytest.raises((TypeError, ValueError), match=name):
            satisfiability_entropy(*arguments, **options)
