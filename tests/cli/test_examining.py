"""`tilth doctor`: what is here and what is missing; no value of a key is ever shown."""

import json
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from tests.cli.conftest import Tilth
from tests.projects import Project
from tilth.cli import examining

SECRETS = {"HF_TOKEN": "hf_Sesame0123456789Sesame", "OPENAI_API_KEY": "sesamesesamesesame1", "OPENAI_BASE_URL": "https://user:sesame@host/v1"}


@pytest.fixture(autouse=True)
def no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch takes seconds to load; one test asks it."""
    monkeypatch.setattr(examining, "_device", lambda: examining.Finding("machine", "device", "ok", "cpu"))


def test_planted_secrets_are_never_shown(tmp_path: Path, tilth: Tilth, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in list(SECRETS.items())[:2]:
        monkeypatch.setenv(name, value)
    lines = [*(f"{name}={value}" for name, value in SECRETS.items()), "MY_API_KEY='sesame-too-0123456789'", "WANDB_API_KEY=sesame", "sesame no line"]
    (tmp_path / ".env").write_text("\n".join(lines[:-1]))
    for words in (["doctor"], ["doctor", "--json"], ["doctor", "--quiet", "--debug"]):
        said = tilth(tmp_path, *words)
        assert said.code == 0
        assert "sesame" not in (said.out + said.err).lower()
        assert "MY_API_KEY" in said.out
    (tmp_path / ".env").write_text("\n".join(lines))
    said = tilth(tmp_path, "doctor")
    assert "sesame" not in (said.out + said.err).lower() and "This line sets no variable" in said.out


def test_a_placeholder_is_named_as_one(tmp_path: Path, tilth: Tilth) -> None:
    (tmp_path / ".env").write_text("OPENAI_API_KEY=your-api-key-here\n")
    assert "a placeholder stands in .env. Put the real value there, or take OPENAI_API_KEY out." in tilth(tmp_path, "doctor").out


def test_packages_machine_and_store_are_told(done: Project, tilth: Tilth) -> None:
    told = json.loads(tilth(done.folder, "doctor", "--json").out)
    found = {one["name"]: one for one in told["findings"]}
    assert told["ok"] and found["pyarrow"]["state"] == "ok"
    assert {"python", "torch", "device", "cores", "memory", "disk", "kernel cache", "HF_TOKEN"} <= found.keys()
    assert found[".tilth"]["said"].startswith("format 1, ") and found[".tilth"]["said"].endswith(" one run")


def test_a_missing_package_of_the_core_is_exit_4_and_one_of_an_extra_is_not(tmp_path: Path, tilth: Tilth, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name in gone:
            raise PackageNotFoundError(name)
        return "0.1" if name == "numpy" else "999"

    monkeypatch.setattr(examining, "version", version)
    gone = {"torch"}
    said = tilth(tmp_path, "doctor")
    assert said.code == 0 and 'not installed. Type: pip install "tilth[train]"' in said.out
    assert "0.1, and 2.0 is needed" in said.out
    gone = {"duckdb"}
    said = tilth(tmp_path, "doctor")
    assert said.code == 4 and "Not installed: duckdb." in said.err


def test_a_store_of_another_format_is_a_warning(project: Project, tilth: Tilth) -> None:
    (project.folder / ".tilth/format").write_text("99")
    said = tilth(project.folder, "doctor")
    assert said.code == 0 and "format 99, and this version reads 1" in said.out


def test_nothing_is_written(tmp_path: Path, tilth: Tilth) -> None:
    tilth(tmp_path, "doctor")
    assert list(tmp_path.iterdir()) == []
