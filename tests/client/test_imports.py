"""What a bot has to install."""

import subprocess
import sys

HEAVY = ("av", "mlx", "pydantic", "sqlalchemy", "typer", "jinja2", "soxr", "prometheus_client", "structlog")


def test_the_client_needs_little() -> None:
    """Importing it brings in nothing of the service's own weight."""
    code = f"import sys, meeting_service.client; print([m for m in {HEAVY!r} if m in sys.modules])"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == found.stdout.strip()
