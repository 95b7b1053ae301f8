"""What files seem to be, whatever their names say: format, encoding, delimiter, and what is a record of a text.

For looking alone. A recipe says what it means; here it is told what to say.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tilth.errors import AskedWrong
from tilth.steps.source._open import BOMS, UTF8, BrokenOff, foreign, head_of, suffixes, unpacked

HEAD = 1 << 17
"""Unpacked bytes from which it is told what a file is."""

LINES = 50
"""Lines in which cells are looked for."""

DELIMITERS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
TABLES = {"Parquet": "parquet", "Arrow": "arrow"}
WRITTEN = {"jsonl": "JSON Lines", "json": "JSON", "csv": "CSV", "tsv": "TSV", "parquet": "Parquet", "arrow": "Arrow", "text": "text"}
SHORT_FILE = 1 << 20
"""Where text files are smaller than this on average, and there are several, each is one document."""


@dataclass
class Seeming:
    """Settings for `source.files`, and what was found, in words."""

    settings: dict[str, Any] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)

    def say(self, found: str, name: str, value: Any) -> None:
        """Set what a recipe would have to say too."""
        self.settings[name] = value
        written = "{" + ", ".join(f"{key}: {json.dumps(one)}" for key, one in value.items()) + "}" if isinstance(value, dict) else value
        self.words.append(f"{found}; a recipe says so with `{name}: {written}`.")


def look(files: Sequence[tuple[str, str]], endings: Mapping[str, str]) -> Seeming:
    """Look at the first file, and at the names of all; each is a path and a name.

    Raises: AskedWrong for a kind of file that cannot be read."""
    found = Seeming()
    path, name = next((one for one in files if os.path.getsize(one[0])), files[0])
    said = {endings.get(suffixes(other)[0], "") for _, other in files}
    if len(said) > 1 and "" not in said:
        return found
    kind = endings.get(suffixes(name)[0], "")
    if len(said) > 1:
        return found  # names of several kinds, some unknown: the reader says which
    _look(path, name, kind, found)
    kind = found.settings.get("format", kind)
    if kind in ("text", "markdown"):
        _rows(files, _text(path), found)
    return found


def _look(path: str, name: str, kind: str, found: Seeming) -> None:
    head = _head(path)
    strange = foreign(head[:16])
    if strange:
        _foreign(name, kind, strange, found)
        return
    if kind in TABLES.values():
        if head and not head.startswith(b"\xff\xff\xff\xff") and _looks_written(head):
            _content(name, kind, head, found)
        return
    _content(name, kind, head, found)


def _looks_written(head: bytes) -> bool:
    return b"\0" not in head[:4096]


def _foreign(name: str, kind: str, strange: str, found: Seeming) -> None:
    if strange not in TABLES:
        raise AskedWrong(
            f"It holds {strange}, which cannot be read.",
            where=name,
            accepted="JSON Lines, JSON, CSV, TSV, Parquet, Arrow, text and Markdown can; also packed as .gz, .zst, .bz2, .xz.",
            remedy=_remedy(strange),
        )
    if kind != TABLES[strange]:
        found.say(f"`{name}` holds {strange}", "format", TABLES[strange])


def _remedy(strange: str) -> str:
    if "image" in strange:
        return "Write a pattern that leaves it out, such as `'FOLDER/**/*.txt'`."
    return "Unpack or export it first." if "archive" in strange or "database" in strange else "Export it as one of these first."


def _head(path: str) -> bytes:
    if not os.path.isfile(path):
        return b""
    made = bytearray()
    try:
        for piece in unpacked(path):
            made += piece
            if len(made) >= HEAD:
                break
    except BrokenOff:
        made += head_of(path) if not made else b""
    return bytes(made[:HEAD])


def _content(name: str, kind: str, head: bytes, found: Seeming) -> None:
    encoding = _encoding(head)
    if kind == "" and _binary(head, encoding):
        raise AskedWrong(
            "Neither its name nor its beginning tells how the file is written.",
            where=name,
            accepted="JSON Lines, JSON, CSV, TSV, Parquet, Arrow, text and Markdown can be read.",
            remedy="Write a pattern that leaves it out, or say `format:` in a recipe.",
        )
    if encoding:
        found.say(f"`{name}` is not UTF-8; it is read as {encoding}", "encoding", encoding)
    text = _decoded(head, encoding)
    seems = _kind(text, kind)
    if seems in ("csv", "tsv"):
        _cells(name, kind, text, found)
    elif seems != kind and not (kind == "markdown" and seems == "text"):
        what = "one JSON array" if seems == "json" and text.lstrip().startswith("[") else WRITTEN[seems]
        found.say(f"`{name}` holds {what}", "format", seems)


def _binary(head: bytes, encoding: str) -> bool:
    """Whether bytes are no text: there are NULs or many controls among them."""
    if encoding.startswith("utf-16") or any(map(head.startswith, BOMS)):
        return False
    controls = sum(head[:4096].count(byte) for byte in (*range(9), *range(14, 32)))
    return b"\0" in head[:4096] or controls > 0.02 * len(head[:4096])


def _encoding(head: bytes) -> str:
    """The encoding that must be said, or nothing: UTF-8, or a mark at the beginning tells."""
    if any(map(head.startswith, BOMS)) or head.startswith(UTF8):
        return ""
    zeros = [head[place:4096:2].count(0) for place in (0, 1)]
    size = len(head[:4096])
    if size >= 4 and max(zeros) > 0.3 * size / 2 and min(zeros) < 0.1 * max(zeros):
        return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
    try:
        head[: head.rfind(b"\n") + 1].decode()
    except UnicodeDecodeError:
        return _of_no_utf8(head)
    return ""


def _of_no_utf8(head: bytes) -> str:
    """The encoding where some bytes are no UTF-8; nothing where only a few are, which is damage."""
    wrong = head.decode("utf-8", "surrogateescape")[:-4]
    broken = sum("\udc80" <= letter <= "\udcff" for letter in wrong)
    right = sum(letter >= "\x80" for letter in wrong) - broken
    if broken <= right:
        return ""
    return "latin-1" if any(byte in head for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)) else "cp1252"


def _decoded(head: bytes, encoding: str) -> str:
    marked = next((name for mark, name in BOMS.items() if head.startswith(mark)), "")
    return head.decode(encoding or marked or "utf-8", "replace").removeprefix("\ufeff")


def _kind(text: str, kind: str) -> str:
    """The format of a text, given what its name says ('' for nothing)."""
    bare = text.lstrip()
    if not bare:
        return kind or "text"
    if bare[0] in "[{" and kind not in ("text", "markdown", "csv", "tsv"):
        return _json(bare, kind)
    if bare[0] == "{" and _is_object(bare.partition("\n")[0]) and _is_object(bare.partition("\n")[2].partition("\n")[0] or "{}"):
        return "jsonl"
    if bare[0] == "[" and bare[1:].lstrip()[:1] == "{" and '"' in bare[:200]:
        return "json"
    if kind in ("csv", "tsv", "markdown"):
        return kind
    sign = _delimiter(text)
    if sign and (kind != "text" or sign == "\t"):
        return "tsv" if sign == "\t" else "csv"
    return "csv" if sign and _has_header(text, sign) else "text"


def _json(bare: str, kind: str) -> str:
    if bare[0] == "[":
        return "json" if bare[1:].lstrip()[:1] in "{]" else "text" if kind == "" else kind
    return "jsonl" if _is_object(bare.partition("\n")[0]) and kind != "json" else "json"


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return len(line) >= HEAD - 8 and line.startswith("{")


def _cells(name: str, kind: str, text: str, found: Seeming) -> None:
    usual = "\t" if kind == "tsv" else ","
    sign = _delimiter(text) or usual
    if kind not in ("csv", "tsv"):
        kind = "tsv" if sign == "\t" else "csv"
        found.say(f"`{name}` holds cells parted by {DELIMITERS[sign]}", "format", kind)
        usual = "\t" if kind == "tsv" else ","
    if sign != usual:
        found.say(f"The cells of `{name}` are parted by {DELIMITERS[sign]}", "csv", {"delimiter": sign})


def _delimiter(text: str) -> str:
    """What parts the cells of a table: what gives all its first lines the same number of cells, and the most of them."""
    lines = [line for line in text.split("\n")[: LINES + 1] if line.strip()]
    lines = lines[:-1] if len(lines) > LINES or len(text) >= HEAD // 2 else lines
    best, most = "", 1
    for sign in DELIMITERS:
        try:
            counts = [len(cells) for cells in csv.reader(io.StringIO("\n".join(lines)), delimiter=sign)]
        except csv.Error:
            continue
        if len(counts) >= 2 and min(counts) == max(counts) > most:
            best, most = sign, counts[0]
    return best


def _has_header(text: str, sign: str) -> bool:
    """Whether the first line reads like names of columns, in a file that is called a text."""
    cells = text.lstrip().partition("\n")[0].split(sign)
    lines = text.strip().count("\n") + 1
    return lines >= 3 and all(map(_names_a_column, cells)) and len(set(cells)) == len(cells)


def _names_a_column(cell: str) -> bool:
    """Whether it is short and begins with a letter; a date or a time, as in a line of a chat or a log, is no name."""
    bare = cell.strip().strip('"')
    return 0 < len(bare) <= 40 and (bare[0].isalpha() or bare[0] == "_") and bare[-1] not in ".!?"


def _text(path: str) -> str:
    return _head(path).decode("utf-8", "replace").replace("\r\n", "\n")


def _rows(files: Sequence[tuple[str, str]], text: str, found: Seeming) -> None:
    """What is a record of texts: a small file, a paragraph, or a line."""
    size = sum(os.path.getsize(path) for path, _ in files)
    if len(files) > 1 and size / len(files) < SHORT_FILE:
        return
    lines = text.strip("\n").split("\n")
    if len(lines) < 3:
        return
    blank = sum(not line.strip() for line in lines) / len(lines)
    if blank >= 0.05:
        found.say("Each paragraph is a row here", "rows", "paragraph")
    else:
        found.say("Each line is a row here", "rows", "line")
