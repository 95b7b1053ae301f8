"""Vega, Vega-Lite and vega-embed as one script, made by vl-convert and kept in the user's cache folder.

vl-convert carries the libraries and bundles them with no network, which takes a second or more in every
process; the kept text is read in a millisecond. It lies in `$XDG_CACHE_HOME/tilth/vega/<version>.js`
(default `~/.cache`), where the version is that of vl-convert.
"""

from __future__ import annotations

import base64
import hashlib
import os
import warnings
from functools import cache
from importlib.metadata import version
from pathlib import Path

import vl_convert

from tilth.store.objects import write_file

NAME = "tilthVega"
"""What the script leaves behind in a page: the function `vegaEmbed`, under this name."""

_BEGINS, _ENDS = "(() => {\n", "\n})();\n"
"""The libraries keep their names to themselves; a text without both ends is not what we wrote."""


@cache
def bundle() -> str:
    """The script. It defines one name in the page, `tilthVega`, and does nothing else.

    Warns: RuntimeWarning where it cannot be kept."""
    place = folder() / f"{version('vl-convert-python')}.js"
    try:
        text = place.read_text("utf-8")
    except (OSError, UnicodeDecodeError):  # not there yet, or not what we wrote
        text = ""
    if text.startswith(_BEGINS) and text.endswith(_ENDS):
        return text
    text = _made()
    _keep(place, text)
    return text


def _made() -> str:
    """The script as an HTML page can hold it between tags: nothing in it ends a script or begins a comment."""
    libraries: str = vl_convert.javascript_bundle(f"window.{NAME} = vegaEmbed;")
    for found, instead in (("\r\n", "\n"), ("\r", "\n"), ("</script", "<\\/script"), ("<!--", "<\\!--"), ("\0", "\\0")):
        libraries = libraries.replace(found, instead)
    return f"{_BEGINS}{libraries}{_ENDS}"


def _keep(place: Path, text: str) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_file(place, text.encode())
    except OSError as error:
        warnings.warn(
            f"Vega cannot be kept in {place.parent} ({error.strerror}), so every process bundles it anew. "
            "Let XDG_CACHE_HOME name a folder that can be written.",
            RuntimeWarning,
            stacklevel=3,
        )


def folder() -> Path:
    """Where it is kept: the XDG folder for what may be thrown away; the standard ignores one that is not absolute."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else Path(os.path.expanduser("~/.cache"))) / "tilth" / "vega"


def hash_of(script: str) -> str:
    """A script as a Content-Security-Policy names it: `'sha256-…'` (https://www.w3.org/TR/CSP3/#grammardef-hash-source)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
