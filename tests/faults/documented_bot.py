"""The bot that the documentation shows, as it stands there."""

import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "bots.md"
_SECTION = re.compile(r"^## Write your own bot$.*?^```python$\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def load_bot(silence_s: float) -> Any:
    """Its class `Bot`, made of nothing but the page's text.

    Args:
        silence_s: what it takes for a dead connection; the page's own is too long for a test.
    """
    found = _SECTION.search(PAGE.read_text(encoding="utf-8"))
    assert found is not None, "the page has no bot"
    names: dict[str, Any] = {}
    exec(compile(found[1], str(PAGE), "exec"), names)
    assert "SILENCE_S" in names
    names["SILENCE_S"] = silence_s
    return names["Bot"]
