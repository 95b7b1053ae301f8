"""UTF-8 that somebody read as Windows-1252 or Latin-1, read again as UTF-8.

Read that way, a character of two to four bytes turns into a lead (`Â` to `ô`) and one to three
followers (U+0080 to U+00BF, or the Windows-1252 characters of bytes 80 to 9F). Correct text can hold
such a sequence too: `FJALË”`, `víš“`, `IRMÃ…`. So one is read again only

- in a line with nothing else outside ASCII, if they are three or more (`Tiáº¿ng Viá»‡t Ä‘Ã³`) or all
  begin with `Â` (`BMWÂ® Â» Z4`); or
- in a cluster where three of them touch (`Ð¿Ñ€Ð¸Ð²ÐµÑ‚`): correct text never alternates so; or
- when it holds a C1 control, which correct text never does; or
- when lead and followers never meet in correct text (`â€™`, `ï»¿`, `ðŸ˜€`, `Â°`, `Ã©`); or
- when it begins with a capital right after a small letter (`siÄ™`), or runs into a small letter
  (`Å‚adny`) with a follower that can neither close a word nor stand between words;

and only if its bytes are valid UTF-8.
"""

from __future__ import annotations

import re

_SPECIAL = {byte: bytes([byte]).decode("cp1252") for byte in range(0x80, 0xA0) if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}
_TO_BYTE = {ord(char): byte for byte, char in _SPECIAL.items()}
_SPECIALS = "".join(_SPECIAL.values())

_FOLLOWER = f"[\x80-\xbf{_SPECIALS}]"
_SEQUENCE = f"(?:[\xc2-\xdf]{_FOLLOWER}|[\xe0-\xef]{_FOLLOWER}{{2}}|[\xf0-\xf4]{_FOLLOWER}{{3}})"
_CLUSTER = re.compile(rf"{_SEQUENCE}(?:[ -/:-@]{{0,3}}{_SEQUENCE})*")
_THREE = re.compile(f"{_SEQUENCE}{{3}}")
_NOTHING_ELSE = re.compile(rf"(?:[\x00-\x7f]*+{_SEQUENCE}){{3,}}+[\x00-\x7f]*+|(?:[\x00-\x7f]*+Â[\xa0-\xbf])++[\x00-\x7f]*+")
_ONE = re.compile(_SEQUENCE)
_C1 = re.compile("[\x80-\x9f]")

_CLOSING = "‘’“”–—…‹›•\xa0«»´·"
_NEVER_MEET = re.compile("ðŸ|â[€‚„†ˆ‰˜™œ]|ï[¬¼¿]|ï»¿|ã[€‚ƒ]|[ÂÃ](?:[\xa1-\xba\xbc-\xbf]|\xa0(?![:;!?»]))")
_CAPITAL = re.compile("[\xc2-\xd6\xd8-\xde]")

SUSPECT = rf"[\x{{c2}}-\x{{f4}}][\x{{80}}-\x{{bf}}{_SPECIALS}]|[\x{{80}}-\x{{9f}}]"
"""The cheap test (RE2): a text without this needs no repair."""


def repaired(text: str) -> str:
    """The text with what was decoded wrongly decoded again, one level deep."""
    once = "\n".join([line if line.isascii() else _line(line) for line in text.split("\n")])
    return once.translate(_SPECIAL) if _C1.search(once) else once


def _line(line: str) -> str:
    if _NOTHING_ELSE.fullmatch(line):
        return _ONE.sub(lambda one: _read_again(one[0]), line)
    return _CLUSTER.sub(_cluster, line)


def _cluster(found: re.Match[str]) -> str:
    if _THREE.search(found[0]):
        return _ONE.sub(lambda one: _read_again(one[0]), found[0])
    line, start = found.string, found.start()
    return _ONE.sub(lambda one: _doubted(line, start + one.start(), start + one.end()), found[0])


def _doubted(line: str, begin: int, end: int) -> str:
    """The sequence `line[begin:end]`, read again only if it can be nothing else."""
    sequence = line[begin:end]
    return _read_again(sequence) if _C1.search(sequence) or _impossible(line, begin, end) else sequence


def _read_again(sequence: str) -> str:
    try:
        return sequence.translate(_TO_BYTE).encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return sequence


def _impossible(line: str, begin: int, end: int) -> bool:
    """Whether correct text could not hold the sequence `line[begin:end]` where it stands."""
    before, lead, follower, after = line[begin - 1 : begin], line[begin], line[begin + 1], line[end : end + 1]
    runs_on = "a" <= after <= "z"
    if _CAPITAL.match(lead) and ("a" <= before <= "z" or (runs_on and follower not in _CLOSING)):
        return True
    if lead in "ÂÃ" and before.isupper():
        return False
    return _NEVER_MEET.match(line, begin) is not None or (lead == "Ã" and runs_on)
