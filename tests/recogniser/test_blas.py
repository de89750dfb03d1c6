import os
import subprocess
import sys

import pytest

from meeting_service.recogniser.blas import OVERRIDE, Blas, count_cores, load_blas

linux = pytest.mark.skipif(sys.platform != "linux", reason="other platforms bring a fast BLAS")


def describe(**environment: str) -> str:
    """What a fresh interpreter says of its BLAS."""
    code = "from meeting_service.recogniser import describe_blas as d; b = d(); print(b.path, b.fast, str(b))"
    return " ".join(run(code, {**os.environ, **environment}))


def run(code: str, environment: dict[str, str], *arguments: str) -> list[str]:
    """Words that `code` prints in a fresh interpreter."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.split()


@linux
@pytest.mark.parametrize("value", ["", "none", "/no/such/library.so"])
def test_none_is_loaded_when_told_so(value: str) -> None:
    """The environment can forbid a BLAS; that is said, with what to do."""
    said = describe(**{OVERRIDE: value})

    assert said.startswith("None False")
    assert "install libopenblas0" in said


@linux
def test_a_library_that_is_no_blas_is_passed_over() -> None:
    """A library without matrix products is not taken for one."""
    assert describe(**{OVERRIDE: "libc.so.6"}).startswith("None False")


@linux
def test_the_one_named_is_loaded() -> None:
    """A BLAS named in the environment is the one used; it multiplies for MLX."""
    found = load_blas().path
    if found is None:
        pytest.skip("this machine has no OpenBLAS")

    assert describe(**{OVERRIDE: found}).startswith(f"{found} True")


@linux
@pytest.mark.parametrize("whose", ["MLX", "NumPy"])
def test_the_encoder_has_the_cores(whose: str) -> None:
    """Opening a CPU leaves each BLAS one thread; more are had by asking."""
    if whose == "MLX" and load_blas().path is None:
        pytest.skip("this machine has no OpenBLAS")
    code = """
import ctypes, sys
from meeting_service.recogniser.blas import _numpys, load_blas, use_threads
from meeting_service.recogniser.device import open_device
mlx = sys.argv[1] == "MLX"
count = ctypes.CDLL(load_blas().path).openblas_get_num_threads if mlx else _numpys("get_num_threads")
open_device()
print(count())
use_threads(2)
print(count())
"""

    assert ["1", "2"] == run(code, dict(os.environ), whose)


def test_an_operator_limits_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """What OpenBLAS is allowed, the encoder is; otherwise it has the cores this process may use."""
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    assert 3 == count_cores()

    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    assert 1 <= count_cores() <= (os.cpu_count() or 1)


def test_words_for_each_case() -> None:
    """What was found reads as a sentence part."""
    assert "OpenBLAS (/x/libopenblas.so.0)" == str(Blas("/x/libopenblas.so.0", wanted=True))
    assert "the platform's own" == str(Blas(None, wanted=False))
    assert Blas(None, wanted=False).fast
    assert not Blas(None, wanted=True).fast
