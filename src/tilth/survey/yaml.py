"""Values and words of other people's data written so that a recipe can hold them: quoted where YAML would read them otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*")
"""Texts that need no quotes, unless they are one of these words."""

WORDS = re.compile(r"(?:true|false|null|yes|no|on|off|y|n|inf|nan)", re.IGNORECASE)
ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(str(name))}: {flow(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(inner) for inner in value) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return value if PLAIN.fullmatch(value) and not WORDS.fullmatch(value) else quoted(value)
    return repr(value)


def quoted(text: str) -> str:
    """A text in double quotes; what has no picture is written out."""
    return '"' + "".join(ESCAPES.get(one) or (one if one.isprintable() else f"\\U{ord(one):08X}") for one in text) + '"'


def said(text: str, longest: int = 60) -> str:
    """A text for a comment: on one line, and cut."""
    shown = "".join(one if one.isprintable() else "�" for one in text[: longest + 1])
    return shown if len(text) <= longest else f"{shown[:longest]}…"
