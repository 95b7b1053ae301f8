"""Keys and places from the environment: there, plausible, or a placeholder. No value ever leaves this module."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tilth.errors import RecipeError
from tilth.recipe.environment import looks_secret, read_env


@dataclass(frozen=True)
class Known:
    """A variable that is obeyed: what it is for, what its value looks like, and what stands for it in `.env.example`."""

    name: str
    use: str
    looks: str
    example: str


KNOWN = (
    Known(
        "HF_TOKEN",
        "a read token of your Hugging Face account, for models that ask you to accept a licence",
        r"hf_[A-Za-z0-9]{20,}",
        "your-token-here",
    ),
    Known("OPENAI_API_KEY", "the key of an endpoint that speaks OpenAI's protocol", r"\S{16,}", "your-api-key-here"),
    Known("OPENAI_BASE_URL", "the address of such an endpoint, if it is not OpenAI's", r"https?://\S+", "https://api.openai.com/v1"),
    Known("WANDB_API_KEY", "the key of your Weights & Biases account, for those who track runs there", r"\S{40,}", "your-api-key-here"),
    Known("TILTH_STORE", "the folder of the store; default: .tilth beside the recipe", r".+", "/big/disk/tilth-store"),
    Known("TILTH_RUNS", "the folder of runs; default: runs beside the recipe", r".+", "/big/disk/tilth-runs"),
)
"""The variables that Tilth and the libraries under it obey."""

PLACEHOLDER = re.compile(
    r"(?<![a-z])(?:your|change[-_ ]?me|placeholder|example|insert|replace|dummy|fake|todo|fixme|foo|bar|key[-_ ]?here|token[-_ ]?here)(?![a-z])"
    r"|^<.*>$|^\[.*\]$|^\{.*\}$|^\.+$|\.\.\.|…|x{4,}|\*{3,}|^(?:none|null|secret|password|test|key|token|api[-_ ]?key|x+|0+|1234\d*)$",
    re.IGNORECASE,
)
"""What people leave where a key should be."""


@dataclass(frozen=True)
class Key:
    """What is known of a variable: where it was found, and whether its value can be what it should be.

    `state`: `absent`, `empty`, `placeholder`, `implausible` or `plausible`."""

    name: str
    state: str
    found_in: str = ""
    use: str = ""


def keys(folder: Path, environment: Mapping[str, str] | None = None) -> tuple[list[Key], list[str]]:
    """The known variables, and every secret that `.env` or `.env.example` names; and what is wrong with those files."""
    real = os.environ if environment is None else environment
    written, wrong = _read(folder / ".env")
    listed, wrong_too = _read(folder / ".env.example")
    known = {one.name: one for one in KNOWN}
    names = [*known, *(name for name in dict.fromkeys([*written, *listed]) if name not in known and looks_secret(name))]
    found = []
    for name in names:
        where = "environment" if name in real else ".env" if name in written else ""
        value = real.get(name, written.get(name))
        about = known.get(name)
        found.append(Key(name, _state(value, about.looks if about else r"\S{8,}"), where, about.use if about else ""))
    return found, [*wrong, *wrong_too]


def _read(file: Path) -> tuple[dict[str, str], list[str]]:
    try:
        return read_env(file), []
    except RecipeError as error:
        return {}, [f"{error.where}: {error.found} {error.accepted}".strip()]


def _state(value: str | None, looks: str) -> str:
    if value is None:
        return "absent"
    if not value.strip():
        return "empty"
    if PLACEHOLDER.search(value.strip()):
        return "placeholder"
    return "plausible" if re.fullmatch(looks, value.strip()) else "implausible"


def example() -> str:
    """The text of a first `.env.example`."""
    head = [
        "# Copy this file to .env beside your recipe, fill in what you use, and take out the rest.",
        "# A recipe reads NAME as ${NAME}. `tilth doctor` says which values look right, and never shows one.",
    ]
    return "\n".join([*head, *(f"\n# {one.use[0].upper()}{one.use[1:]}.\n# {one.name}={one.example}" for one in KNOWN), ""])
