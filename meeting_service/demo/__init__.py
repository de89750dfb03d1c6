"""Everything needed to try the service offline: a small model, a meeting, and a player for it."""

from pathlib import Path

MEETING_FOLDER = Path(__file__).parent / "meeting"
"""the bundled meeting: `script.json` and its audio"""
