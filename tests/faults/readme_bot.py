"""The bot that the README shows, as it stands there."""

import re
from pathlib import Path
from typing import Any

README = Path(__file__).parents[2] / "README.md"
_SECTION = re.compile(r"^### Write your own bot$.*?^```python$\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def load_bot(silence_s: float) -> Any:
    """Its class `Bot`, made of nothing but the README's text.

    Args:
        silence_s: what it takes for a dead connection; the README's own is too long for a test.
    """
    found = _SECTION.search(README.read_text(encoding="utf-8"))
    assert found is not None, "the README has no bot"
    names: dict[str, Any] = {}
    exec(compile(found[1], str(README), "exec"), names)
    assert "SILENCE_S" in names
    names["SILENCE_S"] = silence_s
    return names["Bot"]
