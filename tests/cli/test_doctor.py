"""The doctor's table."""

import json
import socket

from tests.cli.conftest import Invoke


def test_a_healthy_machine_passes(invoke: Invoke) -> None:
    """With the bundled model and a free port nothing is a problem, and the exit code is 0."""
    ended = invoke("doctor", "--model", "demo", "--port", "0")

    assert ended.code == 0
    assert "problem" not in ended.out
    assert "data folder" in ended.out


def test_a_problem_is_exit_code_1(invoke: Invoke) -> None:
    """A problem is a line of its own in the same table; as JSON it can be read by machines."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ended = invoke("doctor", "--model", "demo", "--port", str(listener.getsockname()[1]), "--json")
    findings = {finding["check"]: finding for finding in json.loads(ended.out)}

    assert ended.code == 1
    assert findings["port"]["level"] == "problem"
    assert findings["model"]["level"] == "ok"
