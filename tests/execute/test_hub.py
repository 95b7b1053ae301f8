"""Models of the hub that were fetched before."""

from pathlib import Path

import pytest

from tilth.execute.hub import cache, command, fetched

ONE, TWO = "0e9e39f249a16976918f6564b8830bc894c89659", "0f00000000000000000000000000000000000000"


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """A cache as the hub's programs leave it: `main` is the first of two commits; of a third nothing has come yet."""
    known = tmp_path / "models--owner--name"
    for commit in (ONE, TWO):
        (known / "snapshots" / commit).mkdir(parents=True)
        (known / "snapshots" / commit / "config.json").write_text("{}")
    (known / "snapshots" / ("1" * 40)).mkdir()
    (known / "refs").mkdir()
    (known / "refs" / "main").write_text(ONE)
    return tmp_path


@pytest.mark.parametrize(
    ("revision", "commit"),
    [(None, ONE), ("main", ONE), (ONE, ONE), ("0e9e39f", ONE), (TWO, TWO), ("0", None), ("v1", None), ("1" * 40, None)],
)
def test_a_revision_is_found_if_it_is_there_and_the_only_one_meant(hub: Path, revision: str | None, commit: str | None) -> None:
    found = fetched("owner/name", revision, hub)
    assert (found.name if found else None) == commit


def test_other_models_are_not_there(hub: Path) -> None:
    assert fetched("owner/other", None, hub) is None


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"HF_HUB_CACHE": "/a", "HF_HOME": "/b"}, "/a"),
        ({"HF_HOME": "/b", "XDG_CACHE_HOME": "/c"}, "/b/hub"),
        ({"XDG_CACHE_HOME": "/c"}, "/c/huggingface/hub"),
        ({}, "~/.cache/huggingface/hub"),
    ],
)
def test_where_the_cache_is(environment: dict[str, str], folder: str) -> None:
    assert cache(environment) == Path(folder).expanduser()


def test_the_line_that_fetches_a_model() -> None:
    assert command("owner/name", None) == "hf download owner/name"
    assert command("owner/name", "v1") == "hf download owner/name --revision v1"
