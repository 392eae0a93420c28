"""Whether built pages need a network: ``python docs/offline.py docs/_build/html``; exit code 1 and the faults if so."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

_LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "object": "data"}
_STYLE = re.compile(r"(?:@import\s+(?:url\()?|url\()\s*[\"']?((?:https?:)?//[^\"')\s]+)")


def faults(folder: Path) -> list[str]:
    """What pages and styles below a folder load from elsewhere, what is missing, and formulas without MathJax."""
    found = []
    for path in sorted(folder.rglob("*.html")):
        page = _Page()
        page.feed(path.read_text(encoding="utf-8"))
        name = path.relative_to(folder)
        for url in page.loaded:
            parts = urlsplit(url)
            if parts.scheme == "data":
                continue
            if parts.netloc:
                found.append(f"{name} loads {url}")
            elif parts.path and not (path.parent / parts.path).exists():
                found.append(f"{name} loads {parts.path}, which is not there")
        if page.formulas and not any("mathjax" in url for url in page.loaded):
            found.append(f"{name} has {page.formulas} formulas and no MathJax")
    for path in sorted(folder.rglob("*.css")):
        text = path.read_text(encoding="utf-8")
        found += [f"{path.relative_to(folder)} loads {url}" for url in _STYLE.findall(text)]
    return found


class _Page(HTMLParser):
    """What a page loads by itself, and how many formulas it has."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.formulas = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take down what the tag loads."""
        given = {name: value or "" for name, value in attrs}
        kinds = given.get("rel", "stylesheet").split()
        if (
            tag in _LOADED
            and _LOADED[tag] in given
            and (tag != "link" or {"stylesheet", "icon", "preload"} & set(kinds))
        ):
            self.loaded.append(given[_LOADED[tag]])
        self.formulas += tag in ("span", "div") and "math" in given.get("class", "").split()


if __name__ == "__main__":
    pages = Path(sys.argv[1])
    if not (pages / "index.html").exists():
        sys.exit(f"{pages} holds no built pages")
    sys.exit("\n".join(faults(pages)) or None)
