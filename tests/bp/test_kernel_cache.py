"""The package is imported and works where neither it nor the home folder can be written."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile

import numba
import pytest
from import_graph import ROOT

from bp import kernel_cache


@pytest.mark.slow  # compiles afresh
def test_a_read_only_installation_without_a_home(tmp_path):
    """Permissions do not stop root: files in the places of the folders that would be made stop everyone."""
    for package in ("bp", "replica_theory"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
        for folder in [tmp_path / package, *(path for path in (tmp_path / package).rglob("*") if path.is_dir())]:
            (folder / "__pycache__").touch()
    (tmp_path / "home").touch()
    (tmp_path / "temporary").mkdir()
    names = {"PYTHONPATH": tmp_path, "HOME": tmp_path / "home", "TMPDIR": tmp_path / "temporary"}
    dropped = {"NUMBA_CACHE_DIR", "XDG_CACHE_HOME"}
    code = (
        "import bp, replica_theory as rt; print(bp.__file__);"
        "print(bp.solve(bp.random_instance(rt.BinaryPerceptron(), 51, 0.3, rng=1), rng=1).solved)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={name: value for name, value in os.environ.items() if name not in dropped} | names,
        cwd=tmp_path, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.stdout.splitlines() == [str(tmp_path / "bp" / "__init__.py"), "True"], done.stderr
    assert list((tmp_path / "temporary").rglob("*.nbi"))


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """No folder for numba, and a place for temporary files."""
    monkeypatch.setattr(kernel_cache, "_has_folder", lambda: False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(numba.config, "CACHE_DIR", numba.config.CACHE_DIR)
    monkeypatch.setenv("NUMBA_CACHE_DIR", "before")
    return tmp_path


def test_the_folder_is_private_and_the_same_every_time(nowhere):
    kernel_cache.ensure_kernel_cache()
    (folder,) = nowhere.iterdir()
    assert os.environ["NUMBA_CACHE_DIR"] == numba.config.CACHE_DIR == str(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    kernel_cache.ensure_kernel_cache()
    assert [folder] == list(nowhere.iterdir())
    folder.chmod(0o777)  # others may have put something there
    kernel_cache.ensure_kernel_cache()
    assert os.environ["NUMBA_CACHE_DIR"] != str(folder)


def test_without_any_folder_the_error_names_the_remedy(nowhere, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(nowhere / "missing"))
    with pytest.raises(RuntimeError, match="set NUMBA_CACHE_DIR to a folder"):
        kernel_cache.ensure_kernel_cache()


def test_where_numba_has_a_folder_nothing_is_set(monkeypatch):
    before = numba.config.CACHE_DIR
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    kernel_cache.ensure_kernel_cache()
    assert numba.config.CACHE_DIR == before and "NUMBA_CACHE_DIR" not in os.environ
