"""Derive the saddle-point equations of all functionals of the package: ``python docs/derived.py``.

``theory/derived.inc`` has a section for each, with the functional and the derivatives that vanish.
"""

from __future__ import annotations

from pathlib import Path

from replica_theory import symbolic


def write(folder: Path) -> None:
    """Write the sections into a folder."""
    (folder / "derived.inc").write_text("\n".join(map(section, symbolic.FUNCTIONALS)), encoding="utf-8")


def section(name: str) -> str:
    """The functional of a name and its equations, as Markdown."""
    make = symbolic.FUNCTIONALS[name]
    function = getattr(make, "func", make)
    call = f"{{py:func}}`replica_theory.symbolic.{function.__name__}`"
    equations = symbolic.saddle_equations(make()).latex()
    title = name[0].upper() + name[1:]
    return f"### {title}\n\n{call}\n\n$$\n\\begin{{aligned}}\n{equations}\n\\end{{aligned}}\n$$\n"


if __name__ == "__main__":
    write(Path(__file__).parent / "theory")
