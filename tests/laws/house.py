"""The house as its laws see it: every source file read once with `ast`, and none imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "tilth"
SHAPES = ("Source", "Map", "Redaction", "Spread", "Filter", "Whole", "Fit", "Training", "Judge")

HALL = {"applied", "errors", "frames", "intervals", "judging", "masking", "pairs", "record", "surrogates", "work"}
DOORS: dict[str, set[str]] = {
    "errors": set(),
    "record": {"errors"},
    "applied": {"errors", "record"},
    "frames": {"errors", "record", "work"},
    "intervals": set(),
    "judging": {"errors", "record"},
    "surrogates": set(),
    "masking": {"errors", "record", "surrogates"},
    "pairs": {"errors", "record"},
    "work": {"errors", "record"},
    "step": HALL,
    "redaction": HALL | {"step"},
    "spreading": HALL | {"step"},
    "training": HALL | {"step", "model"},
    "text": HALL,
    "model": HALL | {"text"},
    "store": HALL,
    "survey": HALL | {"text"},
    "lots": {"errors", "record"},
    "shares": set(),
    "sql": {"errors", "record"},
    "templates": {"errors"},
    "steps": HALL | {"step", "redaction", "spreading", "training", "text", "model", "lots", "shares", "sql", "templates"},
    "recipe": HALL | {"step", "redaction", "spreading", "training"},
    "execute": HALL | {"step", "redaction", "spreading", "training", "recipe", "store"},
    "report": {"errors", "intervals", "record", "store"},
    "fakes": HALL | {"step", "model"},
    "cli": {"errors", "record", "recipe", "store", "survey", "execute", "report"},
}
"""Who may import whom. A room may always open on itself, except that `steps/x/a.py` opens on no sibling but `steps/x/_b.py`."""

LEARNING = ("model/", "steps/train/", "steps/evaluate/")
GUESTS = {
    **dict.fromkeys(("torch", "transformers", "tokenizers", "accelerate", "safetensors", "trl"), LEARNING),
    "numba": ("text/", "model/"),
    "duckdb": ("execute/", "store/", "sql.py", "steps/source/sql.py"),
    "ray": ("execute/ray.py",),
    "fasttext": ("text/fasttext.py",),
    "spacy": ("text/english.py",),
    "vl_convert": ("report/",),
    "presidio_analyzer": ("model/presidio.py",),
    "tldextract": ("model/presidio.py",),
    "gliner": ("model/gliner.py",),
    **dict.fromkeys(("peft", "bitsandbytes"), ("model/adapters.py",)),
    **{name: (f"model/tracking/{name}.py",) for name in ("tensorboard", "wandb", "mlflow", "trackio")},
}
"""The addresses of heavy guests."""

HOSTS = ("tilth.model", "tilth.fakes", "tilth.steps.train._", "tilth.steps.evaluate._", "tilth.text.english")
"""The modules that may bring torch in: spaCy loads it where it is there."""

LATE = (
    "cli/",
    "steps/train/",
    "steps/evaluate/",
    "text/tokens.py",
    "model/chat.py",
    "model/classifying.py",
    "model/embedding.py",
    "model/encoders.py",
    "model/identifying.py",
    "model/load.py",
    "model/trackers.py",
    "steps/balance/mixture.py",
    "steps/format/windows.py",
    "steps/clean/cut.py",
    "steps/redact/_second.py",
)
"""Where a function may import its one worker module when it is called."""

SEVERAL = ("model/trackers.py",)
"""Where that is one of several: the tracker that a recipe names."""


@dataclass(frozen=True)
class Module:
    """A source file: `path` from the root of the repository, `name` as it is imported."""

    path: Path
    name: str
    lines: int
    tree: ast.Module

    @property
    def parts(self) -> tuple[str, ...]:
        """Where it stands in the package: `("steps", "filter", "quality")`; a room itself ends in its name."""
        return tuple(self.name.split(".")[1:])

    @property
    def place(self) -> str:
        """Its path below src/tilth, such as `steps/filter/where.py`."""
        return self.path.relative_to("src/tilth").as_posix()

    @property
    def is_step(self) -> bool:
        """A public file of a room of the path."""
        return len(self.parts) == 3 and self.parts[0] == "steps" and not self.path.name.startswith("_")

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method, also those inside others."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

    def classes(self) -> list[ast.ClassDef]:
        """The classes at the top of the file."""
        return [node for node in self.tree.body if isinstance(node, ast.ClassDef)]


def read(path: Path) -> Module:
    """One file of the repository."""
    text = path.read_text("utf-8")
    within = path.relative_to(ROOT)
    inside = within.relative_to("src") if within.is_relative_to("src") else within
    name = ".".join(inside.with_suffix("").parts).removesuffix(".__init__")
    return Module(within, name, text.count("\n"), ast.parse(text, within.as_posix()))


MODULES = [read(path) for path in sorted(SOURCE.rglob("*.py"))]
STEPS = [module for module in MODULES if module.is_step]


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full name of everything imported: `from tilth import step` gives `tilth.step`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            head = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{head}.{alias.name}") for alias in node.names)


def module_of(name: str) -> str:
    """The module that an imported name stands in: of a module, itself."""
    return name if any(module.name == name for module in MODULES) else name.rpartition(".")[0]


def obeyed(law: str, findings: list[str]) -> None:
    """Fail with the law and every finding, one a line, if there is any."""
    if findings:
        pytest.fail("\n  ".join([law, *findings]), pytrace=False)
