"""What the modules of both packages import, read from their source; nothing is executed."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("replica_theory", "bp")


def _name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PATHS = {_name(path): path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))}
"""Every module with its file."""
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in PATHS.items()}


def imports(name, *, everywhere=True):
    """Modules of both packages, and first names of other packages, that a module imports (not for types alone).

    With ``everywhere=False`` only those imported as it is loaded, not those that its functions import.
    """
    found = set()
    for node in _statements(TREES[name], everywhere):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name}: imports are absolute"
            module = str(node.module)
            names = {f"{module}.{alias.name}" for alias in node.names}
            found |= {full if full in PATHS else module for full in names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {target if target in PATHS else target.partition(".")[0] for target in found}


def imported_names(name):
    """Pairs (module, name) of everything a module imports by name from a module of both packages."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.ImportFrom) and node.module in PATHS:
            yield from ((node.module, alias.name) for alias in node.names)


def _statements(tree, everywhere):
    """All statements but those under ``if TYPE_CHECKING``, those in functions only if `everywhere`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        if everywhere or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _statements(node, everywhere)
