"""Draw what imports what in both packages, from the source alone: ``python docs/floors.py``.

``floors.svg`` shows the folders of each package, and its modules outside a folder, each on the lowest floor that has
everything it takes from below it; ``floors.inc`` lists what they take.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("replica_theory", "bp")
WIDTH, HEIGHT, GAP, FLOOR = 118, 34, 14, 52
"""Size of a box, the space between boxes, and the height of a floor."""
Graph = dict[str, set[str]]


def write(folder: Path) -> None:
    """Write the picture and the table into a folder."""
    (folder / "floors.svg").write_text(draw(), encoding="utf-8")
    (folder / "floors.inc").write_text(table(), encoding="utf-8")


def draw() -> str:
    """Both packages side by side, as SVG."""
    floors = {package: _floors(_own(package, _imports(package))) for package in PACKAGES}
    widths = {package: max(map(len, floors[package])) * (WIDTH + GAP) + GAP for package in PACKAGES}
    height = 50 + FLOOR * max(map(len, floors.values()))
    parts, left = [], 0
    for package in PACKAGES:
        parts.append(_text(left + widths[package] / 2, 24, package, 15, "bold"))
        for level, floor in enumerate(floors[package]):
            y = height - 10 - (level + 1) * FLOOR
            parts.append(_line(left, left + widths[package], y + FLOOR - 6))
            start = left + (widths[package] - len(floor) * (WIDTH + GAP) + GAP) / 2
            parts += [_box(start + k * (WIDTH + GAP), y + FLOOR - 6 - HEIGHT, name) for k, name in enumerate(floor)]
        left += widths[package] + 30
    size = f'width="{left - 30}" height="{height}" viewBox="0 0 {left - 30} {height}"'
    style = "font-family:system-ui,sans-serif;background:#fff"
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} style="{style}">\n' + "\n".join(parts) + "\n</svg>\n"


def table() -> str:
    """What each part of both packages takes, as a Markdown table, the top floor first."""
    lines = ["| part | takes from its own package | takes from the other |", "| --- | --- | --- |"]
    for package in PACKAGES:
        graph = _imports(package)
        own = _own(package, graph)
        other = next(name for name in PACKAGES if name != package)
        for box in (box for floor in reversed(_floors(own)) for box in floor):
            columns = (own[box], _boxes_of(graph[box], other))
            lines.append(f"| `{package}.{box}` | " + " | ".join(", ".join(sorted(c)) for c in columns) + " |")
    return "\n".join(lines) + "\n"


def _imports(package: str) -> Graph:
    """Modules of both packages that each folder or module of a package imports."""
    graph: Graph = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT / package).with_suffix("").parts
        if parts == ("__init__",):
            continue
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        taken = {f"{n.module}.{a.name}" for n in nodes if isinstance(n, ast.ImportFrom) for a in n.names}
        taken |= {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}
        graph.setdefault(parts[0], set()).update(name for name in taken if name.split(".")[0] in PACKAGES)
    return graph


def _boxes_of(modules: set[str], package: str) -> set[str]:
    return {name.split(".")[1] for name in modules if name.split(".")[0] == package and "." in name}


def _own(package: str, graph: Graph) -> Graph:
    """Parts of the package itself that each part takes from."""
    return {box: (_boxes_of(taken, package) & graph.keys()) - {box} for box, taken in graph.items()}


def _floors(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Parts from the ground up, each as low as what it takes from allows."""
    floors: list[list[str]] = []
    standing: set[str] = set()
    while len(standing) < len(graph):
        floor = sorted(box for box, below in graph.items() if box not in standing and below <= standing)
        if not floor:
            raise ValueError(f"imports run in a circle among {', '.join(sorted(graph.keys() - standing))}")
        floors.append(floor)
        standing |= set(floor)
    return floors


def _box(x: float, y: float, name: str) -> str:
    shape = f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="4" fill="#eef3f8" stroke="#4a6785"/>'
    return shape + _text(x + WIDTH / 2, y + HEIGHT / 2 + 5, name, 13)


def _line(left: float, right: float, y: float) -> str:
    return f'<line x1="{left}" y1="{y}" x2="{right}" y2="{y}" stroke="#4a6785" stroke-width="1.5"/>'


def _text(x: float, y: float, text: str, size: int, weight: str = "normal") -> str:
    style = f'text-anchor="middle" font-size="{size}" font-weight="{weight}" fill="#22303c"'
    return f'<text x="{x}" y="{y}" {style}>{escape(text)}</text>'


if __name__ == "__main__":
    write(Path(__file__).parent)
