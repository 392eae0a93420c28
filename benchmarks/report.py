"""Put figures of benchmarks into the tables of README.md.

``python benchmarks/report.py run.json ...`` reads files that ``pytest --benchmark-json`` wrote, the later ones winning,
and fills every part of the page between ``<!-- begin NAME -->`` and ``<!-- end -->``. NAME is ``machine`` or
``file::function``, for a row of every parametrisation: its parameters, then its extra info; or ``file``, for the
shortest time of each of its tests. Tables without new figures stay as they are.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("README.md")
PART = re.compile(r"<!-- begin (\S+) -->\n.*?<!-- end -->", re.DOTALL)


def fill(page: str, runs: list[dict[str, Any]]) -> tuple[str, list[str]]:
    """The page with new figures, and the names of the parts that have none."""
    rows, old = collect(runs), []

    def part(match: re.Match[str]) -> str:
        name = match[1]
        if name != "machine" and name not in rows:
            old.append(name)
            return match[0]
        text = machine(runs[-1]) if name == "machine" else table(list(rows[name].values()))
        return f"<!-- begin {name} -->\n\n{text}\n\n<!-- end -->"

    return PART.sub(part, page), old


def collect(runs: list[dict[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
    """Rows by ``file::function`` or ``file``, and by test."""
    rows: dict[str, dict[str, dict[str, Any]]] = {}
    for run in runs:
        for benchmark in run["benchmarks"]:
            test = benchmark["fullname"].rsplit("/", 1)[-1]
            file, function = test.split("[")[0].split("::")
            figures = (benchmark["params"] or {}) | benchmark["extra_info"]
            rows.setdefault(f"{file}::{function}", {})[test] = figures
            name = function.removeprefix("test_").replace("_", " ")
            rows.setdefault(file, {})[test] = {"test": name, "s": benchmark["stats"]["min"]}
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown, one line a row; a column for every key."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    aligned = ["---" if any(isinstance(row.get(key), str) for row in rows) else "--:" for key in columns]
    cells = [columns, aligned, *([show(row.get(key, "")) for key in columns] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def show(value: Any) -> str:
    """Three significant digits of a measured number."""
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def machine(run: dict[str, Any]) -> str:
    """Processor, versions, date and commit of a run."""
    info = run["machine_info"]
    cpu = info["cpu"]
    model = f"{cpu.get('brand_raw', info['machine'])} (family {cpu.get('family')}, model {cpu.get('model')})"
    packages = ", ".join(f"{name} {number}" for name, number in info["packages"].items())
    commit = run["commit_info"]
    state = f"{commit['id'][:7]}{' with changes' if commit.get('dirty') else ''}"
    host = f"{model}, {cpu.get('count')} processors, {info['threads']} threads"
    return f"{host};\nPython {info['python_version']}, {packages};\n{run['datetime'][:10]}, commit {state}."


def main() -> None:
    """Rewrite the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, help="written by pytest --benchmark-json")
    files = parser.parse_args().files
    text, old = fill(PAGE.read_text(encoding="utf-8"), [json.loads(file.read_text()) for file in files])
    PAGE.write_text(text, encoding="utf-8")
    for name in old:
        print(f"{name}: no new figures")


if __name__ == "__main__":
    main()
