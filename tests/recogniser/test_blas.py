import os
import subprocess
import sys

import pytest

from meeting_service.recogniser.blas import OVERRIDE, Blas, load_blas

linux = pytest.mark.skipif(sys.platform != "linux", reason="other platforms bring a fast BLAS")


def describe(**environment: str) -> str:
    """What a fresh interpreter says of its BLAS."""
    code = "from meeting_service.recogniser import describe_blas as d; b = d(); print(b.path, b.fast, str(b))"
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout


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


def test_words_for_each_case() -> None:
    """What was found reads as a sentence part."""
    assert "OpenBLAS (/x/libopenblas.so.0)" == str(Blas("/x/libopenblas.so.0", wanted=True))
    assert "the platform's own" == str(Blas(None, wanted=False))
    assert Blas(None, wanted=False).fast
    assert not Blas(None, wanted=True).fast
