"""Build the wheel, install it away from the source tree, and use it: nothing may be missing from it.

Run as a program: `python tests/packaging/check_wheel.py`.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path) -> str:
    """A command's output; its failure is ours."""
    environment = {k: v for k, v in os.environ.items() if k not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, text=True, capture_output=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> None:
    """Build, install, transcribe the bundled meeting's audio and read the result."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run("uv", "build", "--quiet", "--wheel", "--out-dir", folder, PROJECT, cwd=folder)
        wheel = next(folder.glob("*.whl"))
        requirements = folder / "requirements.txt"
        export = ("uv", "export", "--quiet", "--locked", "--no-dev", "--no-emit-project")
        requirements.write_text(run(*export, "--project", PROJECT, cwd=folder), encoding="utf-8")
        run("uv", "venv", "--quiet", folder / "venv", cwd=folder)
        python = folder / "venv" / "bin" / "python"
        run("uv", "pip", "install", "--quiet", "--python", python, "-r", requirements, wheel, cwd=folder)
        service = folder / "venv" / "bin" / "meeting-service"
        version = run(service, "version", cwd=folder).strip()
        out = folder / "out"
        spoken = run(service, "demo", "--speed", "30", "--exit", "--port", "0", "--out", out, cwd=folder)
        assert "word error rate" in spoken.lower(), spoken
        assert (out / "transcript.srt").stat().st_size > 500
        run(service, "migrate", "--data", folder / "data", cwd=folder)
        sys.stdout.write(f"{wheel.name}: {version}, bundled meeting transcribed away from the sources\n")


if __name__ == "__main__":
    main()
