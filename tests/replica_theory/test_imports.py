"""The theory package stands alone and stays light."""

import subprocess
import sys

import replica_theory


def test_import_is_light():
    """No numba, no message passing, no plotting library, no computer algebra comes along."""
    others = ("numba", "bp", "matplotlib", "xarray", "torch", "sympy")
    code = f"import replica_theory, sys; print([m for m in {others} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_public_names_exist():
    assert sorted(replica_theory.__all__) == list(replica_theory.__all__)
    assert all(getattr(replica_theory, name).__doc__ for name in replica_theory.__all__)
