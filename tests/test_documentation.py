"""What README and docs point to and show."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@pages
def test_every_place_that_is_pointed_to_is_there(page: Path) -> None:
    """A link within the project leads to a file, and to a heading in it if it names one."""
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if link.startswith("http"):
            continue
        path, _, heading = link.partition("#")
        target = page.parent / path if path else page

        assert target.exists(), link
        assert not heading or heading in _headings(target), link


@pages
def test_python_that_is_shown_is_python(page: Path) -> None:
    """What stands there as Python can be read by Python, at least within a coroutine."""
    for block in re.findall(r"^```python$\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S):
        compile(block, page.name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_readme_leads_to_every_page() -> None:
    """A reader who begins with the README finds all of it."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert [] == [page.name for page in PAGES[1:] if f"](docs/{page.name}" not in readme]


def _headings(page: Path) -> set[str]:
    """Its headings as links name them."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}
