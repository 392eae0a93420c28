"""The rules of the house: what may import what, how long things may be, and that names are where they are said to be.

Floors are listed from the ground up. A module takes from its own floor and from those below it.
"""

import ast
import importlib.util
import re
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from import_graph import PACKAGES, PATHS, ROOT, TREES, imported_names, imports

import bp
import replica_theory

THEORY = (
    ("typing", "_version"),
    ("status", "arguments", "terminable", "console"),
    ("numerics",),
    ("models",),
    ("results",),
    ("certified", "symbolic"),
    ("typical",),
    ("replicas",),
    ("neighbourhood",),
    ("algorithms", "thresholds"),
    ("plots", "quoted"),
    ("replica_theory", "__main__"),
)
INSTANCES = (
    ("memory", "randomness", "kernel_cache", "execution"),
    ("problems",),
    ("messages", "exact"),
    ("algorithms",),
    ("ensembles",),
    ("validation", "plots", "estimators", "networks"),
    ("bp", "__main__"),
)
LENT = {"_version", "typing", "status", "arguments", "terminable", "console", "numerics", "models", "results"}
"""What `bp` takes from `replica_theory`."""
GENERAL = {"problem", "walkers", "learners", "products", "devices", "_bits"}
"""What `bp.algorithms` takes from `bp.problems`: none of them is a problem of one kind."""
FUNCTION_LINES, CLASS_LINES = 60, 150
NAME = re.compile(r"(?<![\w./-])(?:bp|replica_theory)(?:\.[A-Za-z_]\w*)+")
MODULE = re.compile(r"(?:automodule|currentmodule):: ([\w.]+)|\{py:mod\}`([\w.]+)`")
TEXTS = ("README.md", "CONTRIBUTING.md", "docs/**/*.md", "docs/**/*.rst", "docs/*.py", "notebooks/*.py",
         "benchmarks/*.md", "benchmarks/*.py", "bp/**/*.py", "replica_theory/**/*.py")  # fmt: skip
EXTRAS = {"bp.estimators": "sklearn"} | {name: "torch" for name in PATHS if name.startswith("bp.networks")}
"""Modules that cannot be loaded without the package of an extra."""
NO_TESTS = {"replica_theory.typing", "replica_theory._version"}


def top(name):
    """First name below the package: the folder or module whose floor counts."""
    return name.split(".")[1] if "." in name else name


def of(package):
    return [name for name in PATHS if name.split(".")[0] == package]


def described(broken):
    return "\n".join(sorted(broken))


@pytest.mark.parametrize(("package", "floors"), [("replica_theory", THEORY), ("bp", INSTANCES)])
def test_a_module_takes_from_its_floor_and_below(package, floors):
    level = {name: k for k, names in enumerate(floors) for name in names}
    homeless = {top(name) for name in of(package)} - level.keys()
    assert not homeless, f"give them a floor: {homeless}"
    broken = [
        f"{name} (floor {level[top(name)]}) imports {other} (floor {level[top(other)]})"
        for name in of(package)
        for other in imports(name)
        if other.split(".")[0] == package and level[top(other)] > level[top(name)]
    ]
    assert not broken, described(broken)


def test_no_circles():
    graph = {name: imports(name) & PATHS.keys() for name in PATHS}
    list(TopologicalSorter(graph).static_order())  # raises where there is one


def test_theory_knows_neither_numba_nor_instances():
    allowed = {"numpy", "scipy", "mpmath", *PATHS, *sys.stdlib_module_names}
    broken = [f"{name} imports {other}" for name in of("replica_theory") for other in imports(name)
              if other in ("numba", "torch") or other.split(".")[0] == "bp"]  # fmt: skip
    broken += [f"{name} imports {other} as it is loaded" for name in of("replica_theory")
               for other in imports(name, everywhere=False) - allowed
               if not (other == "sympy" and top(name) == "symbolic")]  # fmt: skip
    assert not broken, described(broken)


def test_instances_take_from_theory_what_is_lent():
    """Only `bp.validation` calls the doors, so that agreement between the halves means something."""
    broken = [
        f"{name} imports {other}"
        for name in of("bp")
        if top(name) != "validation"
        for other in imports(name)
        if other.split(".")[0] == "replica_theory" and top(other) not in LENT
        if (name, other) != ("bp.plots", "replica_theory.plots")
    ]
    assert not broken, described(broken)


def test_algorithms_know_no_concrete_problem():
    broken = [f"{name} imports {other}" for name in of("bp") if top(name) == "algorithms" for other in imports(name)
              if other.startswith("bp.problems.") and other.split(".")[2] not in GENERAL]  # fmt: skip
    assert not broken, described(broken)


def test_comparisons_do_not_know_each_other():
    folder = "bp.validation.comparisons."
    each = {name for name in PATHS if name.startswith(folder)} - {f"{folder}comparison"}
    broken = [f"{name} imports {other}" for name in each for other in imports(name) & each]
    assert not broken, described(broken)


def test_private_names_stay_at_home():
    broken = [f"{name} imports {other}.{what}" for name in PATHS for other, what in imported_names(name)
              if what.startswith("_") and what != "__version__" and f"{other}.{what}" not in PATHS]  # fmt: skip
    assert not broken, described(broken)


@pytest.mark.parametrize("name", [name for name in PATHS if not name.endswith("__main__")])
def test_a_dotted_name_means_its_module(name):
    """No function hides the module of its name: ``import bp.x.y`` and ``bp.x.y`` give the same."""
    if name in EXTRAS:
        pytest.importorskip(EXTRAS[name], reason=f"{EXTRAS[name]} is not installed (an extra)")
    module = importlib.import_module(name)
    assert module is sys.modules[name]
    parent, _, last = name.rpartition(".")
    assert not parent or getattr(sys.modules[parent], last) is module


def test_one_version_and_public_names_in_order():
    assert bp.__version__ == replica_theory.__version__
    for package in (bp, replica_theory):
        assert sorted(package.__all__) == list(package.__all__)
        assert all(getattr(package, name).__doc__ for name in package.__all__)


DEFINED = {
    module: {node.name for node in TREES[module].body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    for module in EXTRAS
}


def resolve(name):
    """Whether a dotted name leads to a module, an attribute, or a field of a dataclass.

    What an extra gives that is not installed counts as there if its module defines it.
    """
    for module, package in EXTRAS.items():
        if name == module or name.split(".")[1] in DEFINED[module] or name.startswith(f"{module}."):
            if importlib.util.find_spec(package) is None:
                folder = {one for other in EXTRAS if other.startswith(module) for one in DEFINED[other]}
                return name in PATHS or bool(set(name.split(".")) & folder)
    first, *rest = name.split(".")
    value, path = importlib.import_module(first), first
    for part in rest:
        path = f"{path}.{part}"
        if path in PATHS:
            value = importlib.import_module(path)
        elif hasattr(value, part):
            value = getattr(value, part)
        else:
            return part in getattr(value, "__annotations__", {})
    return True


def test_dotted_names_in_texts_resolve():
    files = sorted({path for pattern in TEXTS for path in ROOT.glob(pattern) if "_build" not in path.parts})
    places = {(name, path) for path in files for name in NAME.findall(path.read_text(encoding="utf-8"))}
    broken = [f"{path.relative_to(ROOT)}: {name}" for name, path in places if not resolve(name)]
    assert len(files) > 100 and not broken, described(broken)


def lines(node):
    """From the first statement after the docstring to the last (of a class: from its first line)."""
    if isinstance(node, ast.ClassDef):
        return node.end_lineno - node.lineno + 1
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    return node.end_lineno - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize(
    ("kinds", "most"),
    [((ast.FunctionDef, ast.AsyncFunctionDef), FUNCTION_LINES), ((ast.ClassDef,), CLASS_LINES)],
    ids=["functions", "classes"],
)
def test_nothing_is_longer_than_a_screen(kinds, most):
    broken = [f"{name}.{node.name}: {lines(node)} lines" for name, tree in TREES.items() for node in ast.walk(tree)
              if isinstance(node, kinds) and lines(node) > most]  # fmt: skip
    assert not broken, described(broken)


def test_every_module_has_tests_of_its_own():
    missing = []
    for name, path in PATHS.items():
        if path.name == "__init__.py" or name in NO_TESTS:
            continue
        mirror = ROOT / "tests" / path.relative_to(ROOT).parent / f"test_{path.stem.strip('_')}.py"
        if not mirror.exists():
            missing.append(str(mirror.relative_to(ROOT)))
    assert not missing, described(missing)


def test_tests_mirror_the_packages():
    """A file of tests stands in a folder that the packages have, but for those that call everything public."""
    folders = (
        {path.parent.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")}
        - {(ROOT / "tests").relative_to(ROOT / "tests")}
        - {Path("fuzz")}
    )
    assert all((ROOT / folder / "__init__.py").exists() for folder in folders)
    assert {folder.parts[0] for folder in folders} == set(PACKAGES)


def test_the_picture_of_the_floors_shows_every_part():
    """The script that the site is drawn with reads the same imports."""
    spec = importlib.util.spec_from_file_location("floors", ROOT / "docs" / "floors.py")
    floors = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(floors)
    words = {text.text for text in ElementTree.fromstring(floors.draw()).iter("{http://www.w3.org/2000/svg}text")}
    parts = {top(name) for package in PACKAGES for name in of(package)} - set(PACKAGES)
    assert words == parts | set(PACKAGES)
    table = floors.table()
    assert all(f".{part}` |" in table for part in parts)


def test_documented_modules_exist():
    """A page of the reference names a module by its path, not a function of that name."""
    pages = sorted((ROOT / "docs").rglob("*.rst")) + sorted((ROOT / "docs").rglob("*.md"))
    found = (groups for page in pages for groups in MODULE.findall(page.read_text(encoding="utf-8")))
    named = {"".join(groups) for groups in found}
    assert named and not named - PATHS.keys()
