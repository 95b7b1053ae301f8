"""Vega in the user's cache folder: made once, read again, made anew where what lies there is not it."""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from tilth.report import vega


@pytest.fixture(scope="module")
def script() -> str:
    return vega.bundle()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache folder, and a process that has read nothing yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    vega.bundle.cache_clear()
    yield tmp_path / "tilth" / "vega"
    vega.bundle.cache_clear()


def test_it_stays_within_its_element_whatever_it_holds(script: str) -> None:
    assert not any(ending in script.lower() for ending in ("</script", "<!--", "\r", "\0"))
    assert script.count(f"window.{vega.NAME}=") == 1


def test_it_is_no_larger_than_a_page_can_bear(script: str) -> None:
    assert 500_000 < len(script.encode()) < 1_200_000


def test_what_is_kept_is_read_and_not_made_again(script: str, cache: Path) -> None:
    cache.mkdir(parents=True)
    shorter = script[:20] + script[-20:]
    (cache / f"{version('vl-convert-python')}.js").write_text(shorter, "utf-8")
    assert vega.bundle() == shorter


def test_what_is_not_ours_is_made_anew(script: str, cache: Path) -> None:
    cache.mkdir(parents=True)
    kept = cache / f"{version('vl-convert-python')}.js"
    kept.write_text(script[: len(script) // 2], "utf-8")
    assert vega.bundle() == script == kept.read_text("utf-8")


def test_a_cache_that_cannot_be_written_is_told_and_the_script_made_all_the_same(script: str, cache: Path) -> None:
    cache.parent.parent.joinpath("tilth").write_text("a file")
    with pytest.warns(RuntimeWarning, match="bundles it anew"):
        assert vega.bundle() == script


def test_a_cache_named_by_half_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    assert vega.folder() == Path.home() / ".cache" / "tilth" / "vega"


def test_a_hash_is_that_of_the_policy() -> None:
    # The digest of nothing: FIPS 180-2's SHA-256 of the empty message, in base64.
    assert vega.hash_of("") == "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
