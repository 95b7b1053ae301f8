"""What README and docs name in backticks exists: `tilth.*` names, steps, verbs, paths of the repository."""

import re
from pathlib import Path
from pkgutil import resolve_name

import pytest

from docs.generate import verbs
from tests.laws.house import ROOT, SOURCE, STEPS, obeyed
from tilth.step import PATH

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
NAME = re.compile(r"tilth(\.\w+)+")
STEP = re.compile(rf"({'|'.join(PATH)})\.([a-z_]+)")
FILE = re.compile(r"[\w-]+\.(md|toml)|([\w.-]+/)+([\w-]+\.\w+)?")
USERS = {".tilth", "runs", "objects", "keys", "rows", "measures", "decisions", "quarantine", "data", "models"}


def is_true(span: str) -> bool:
    """False where it claims to be something of ours and is not; other words, and a user's own paths, are let be."""
    if NAME.fullmatch(span):
        try:
            return resolve_name(span) is not None
        except (ImportError, AttributeError):
            return False
    if named := STEP.fullmatch(span):
        return any(module.parts[1:] == named.groups() for module in STEPS)
    if span.startswith("tilth ") and span.split()[1].isalpha():
        return span.split()[1] in verbs()
    ours = FILE.fullmatch(span) and span.split("/")[0] not in USERS
    return not ours or any((folder / span).exists() for folder in (ROOT, SOURCE, SOURCE / "steps"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_name_in_backticks_exists(page: Path) -> None:
    lines = enumerate(page.read_text("utf-8").splitlines(), 1)
    false = [f"{page.name}:{number} `{span}`" for number, line in lines for span in SPAN.findall(line) if not is_true(span)]
    obeyed("Named in backticks, and not there: write what is, or make it.", false)
