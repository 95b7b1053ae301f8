"""What this machine has is found without torch."""

from pathlib import Path

import pytest

from tilth.model import here


@pytest.fixture
def smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH but for the shell's."""
    monkeypatch.setenv("PATH", str(tmp_path))
    here.card.cache_clear()
    return tmp_path / "nvidia-smi"


def says(smi: Path, words: str) -> None:
    smi.write_text(f"#!/bin/sh\n{words}\n")
    smi.chmod(0o755)


def test_a_gpu_is_known_by_its_name_and_free_memory(smi: Path) -> None:
    says(smi, "echo 'NVIDIA H100 80GB HBM3, 80000'; echo 'NVIDIA H100 80GB HBM3, 1'")
    assert here.card() == here.Card("NVIDIA H100 80GB HBM3", 80000 * 2**20)


@pytest.mark.parametrize("words", ["exit 9", "true", "echo 'No devices were found'"])
def test_where_none_is_told_there_is_none(smi: Path, words: str) -> None:
    says(smi, words)
    assert here.card() is None


def test_without_the_program_there_is_none(smi: Path) -> None:
    assert not smi.exists() and here.card() is None
    here.card.cache_clear()


@pytest.mark.parametrize(("flags", "has"), [("flags : fpu avx512_bf16 sse", True), ("Features : bf16", True), ("flags : fpu avx512f", False)])
def test_bf16_is_read_off_the_kernels_list(tmp_path: Path, flags: str, has: bool) -> None:  # noqa: FBT001
    (tmp_path / "cpuinfo").write_text(flags)
    assert here.has_bf16(tmp_path / "cpuinfo") is has and not here.has_bf16(tmp_path / "nothing")


def test_memory_is_that_of_the_machine() -> None:
    assert here.memory() > 1 << 28
