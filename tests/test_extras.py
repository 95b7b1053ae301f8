"""What a plain installation does: every package that only an extra brings is kept out, and the steps for text still work."""

import re
import subprocess
import sys
import tomllib
from importlib import metadata

from packaging.requirements import Requirement

from tests.laws.house import ROOT

PLAIN = """
import sys
class Kept:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {away!r}:
            raise ModuleNotFoundError(f"{{name}} is not installed", name=name)
sys.meta_path.insert(0, Kept())
from tilth.steps.clean.html import Html
from tilth.steps.dedup.exact import Exact
from tilth.steps.dedup.lines import Lines
from tilth.steps.dedup.minhash import Minhash
from tilth.steps.filter.language import Language
from tilth.steps.filter.quality import Quality
from tilth.steps.redact.pii import Pii
texts = ["The whole of a page that says what it has to say, and says it in <b>words</b>.", "a@example.org " * 3]
rules = ["gopher", "gopher_repetition", "c4", "fineweb"]
for step in (Html(), Language(keep="all"), Minhash(), Exact(), Lines(), Pii()):
    assert len(step({{"text": texts}})["text"]) == 2, step
for dialect in ("tilth", "dolma", "curator"):
    Quality(rules=["gopher"], dialect=dialect)({{"text": texts}})
Quality(rules=rules)({{"text": texts}})
print("done")
"""


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def needed() -> set[str]:
    """The distributions that come with `pip install tilth`, those that they need included."""
    found = {"tilth"}
    wanted = [Requirement(line) for line in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]]
    while wanted:
        one = wanted.pop()
        if plain(one.name) not in found and (not one.marker or one.marker.evaluate({"extra": ""})):
            found.add(plain(one.name))
            wanted += map(Requirement, metadata.requires(one.name) or [])
    return found


def test_heuristics_deduplication_and_redaction_need_no_extra() -> None:
    # datatrove's English Gopher needs an extra that also brings tensorflow; NeMo Curator and Data-Juicer need all of theirs.
    light = needed()
    assert {"numpy", "pyarrow", "duckdb"} <= light and not {"torch", "spacy", "transformers", "pandas"} & light
    away = {module for module, names in metadata.packages_distributions().items() if not light & set(map(plain, names))}
    done = subprocess.run([sys.executable, "-c", PLAIN.format(away=away)], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.startswith("done"), done.stderr
