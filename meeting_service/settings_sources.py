"""Where settings come from: files of TOML, and environment variables `MEETING_SERVICE_SECTION__NAME`.

Values leave here unchecked, by section and name; `settings` knows what fits.
"""

import difflib
import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any

from meeting_service.errors import CannotStart
from meeting_service.resources import resource_path

Values = dict[str, Any]
"""Sections by name; each maps names of settings to values."""

PREFIX = "MEETING_SERVICE_"
NO_SETTINGS = (f"{PREFIX}BLAS", f"{PREFIX}FAILPOINTS")
"""variables that others read"""
_KUBERNETES = re.compile(rf"{PREFIX}(SERVICE_(HOST|PORT)\w*=|PORT=\w+://|PORT_\d+_)", re.ASCII)
"""what pods are given where there is a Kubernetes service `meeting-service`"""
_LEAST_LIKENESS = 0.5


def read_defaults() -> Values:
    """Every setting there is, with its default."""
    return read_file(resource_path("config") / "default.toml")


def read_file(path: Path) -> Values:
    """A file's settings.

    Raises:
        CannotStart: it cannot be read.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CannotStart(f"the configuration file {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CannotStart(f"the configuration file {path} is not valid TOML: {error}") from error


def read_environment(defaults: Values) -> Values:
    """The environment's settings: lists as lists, all else as text.

    Raises:
        CannotStart: a variable names no setting, or holds no list where one belongs.
    """
    found: Values = {}
    for variable, text in os.environ.items():
        if not variable.upper().startswith(PREFIX) or _is_no_setting(variable, text):
            continue
        section, separator, name = variable[len(PREFIX) :].lower().partition("__")
        if section in defaults and not separator:
            found[section] = text
        elif name in defaults.get(section, {}):
            is_list = isinstance(defaults[section][name], list)
            value = _read_list(f"{section}.{name}", text) if is_list else text
            found.setdefault(section, {})[name] = value
        else:
            near = find_nearest(variable[len(PREFIX) :].lower(), defaults)
            spelt = near and PREFIX + near.replace(".", "__").upper()
            raise CannotStart(f"there is no setting {variable}; {advise(spelt)}")
    return found


def _is_no_setting(variable: str, text: str) -> bool:
    return variable in NO_SETTINGS or _KUBERNETES.match(f"{variable}={text}") is not None


def _read_list(name: str, text: str) -> list[Any]:
    """A list in JSON, or words with commas between them."""
    if not text.strip().startswith("["):
        return [word for part in text.split(",") if (word := part.strip())]
    try:
        return list(json.loads(text))
    except ValueError as error:
        raise CannotStart(
            f'setting {name} = {text!r} does not fit: a list is written as a, b or as JSON, ["a", "b"]'
        ) from error


def merge(base: Values, over: Values) -> None:
    """Put settings over others.

    Raises:
        CannotStart: there is a value where a section belongs.
    """
    for section, values in over.items():
        if section in base and not isinstance(values, dict):
            raise CannotStart(f"setting {section} = {values!r} does not fit: [{section}] is a table")
        base[section] = {**base.get(section, {}), **values} if isinstance(values, dict) else values


def find_nearest(wrong: str, defaults: Values) -> str | None:
    """The setting, such as `server.port`, whose name is most like one there is not."""
    names = [f"{section}.{name}" for section, values in defaults.items() for name in values]
    near = difflib.get_close_matches(wrong, names, n=1, cutoff=_LEAST_LIKENESS)
    return near[0] if near else None


def advise(spelt: str | None) -> str:
    """What to do about a name there is not, where perhaps another one was meant."""
    return f"did you mean {spelt}?" if spelt else "see config/default.toml for those there are"
