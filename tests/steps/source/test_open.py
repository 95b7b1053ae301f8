"""Bytes of files: packed, in other encodings, damaged."""

import bz2
import gzip
import lzma
import os

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tilth.errors import AskedWrong, NotThere
from tilth.steps.source import _open
from tilth.steps.source._open import BrokenOff, foreign, opened, packer, pieces, seekable, splittable, suffixes

PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstandard.ZstdCompressor(write_checksum=True).compress}


def gathered(path, *options):
    """All that can be read, and what broke it off."""
    whole = b""
    try:
        for piece in pieces(str(path), *options):
            whole += piece
    except BrokenOff as error:
        return whole, str(error)
    return whole, ""


@pytest.mark.parametrize("end", PACKERS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(members=st.lists(st.binary(max_size=3000), min_size=1, max_size=4), padding=st.integers(0, 9))
def test_members_one_after_another_are_one_file(members, padding, end, tmp_path):
    path = tmp_path / f"x.{end}"
    path.write_bytes((b"\0" * padding).join(map(PACKERS[end], members)) + b"\0" * padding)
    assert gathered(path) == (b"".join(members), "")


@pytest.mark.parametrize("end", PACKERS)
def test_what_packs_a_file_is_told_by_its_bytes_not_by_its_name(end, tmp_path):
    path = tmp_path / "plain.txt"
    path.write_bytes(PACKERS[end](b"hello"))
    assert gathered(path) == (b"hello", "")
    assert packer(path.read_bytes()[:16])


@pytest.mark.parametrize("end", ["gz", "zst"])
def test_before_a_wrong_checksum_everything_is_kept(end, tmp_path):
    path = tmp_path / f"x.{end}"
    packed = bytearray(PACKERS[end](b"all of this is good\n" * 1000))
    packed[-4] ^= 0xFF
    path.write_bytes(packed)
    whole, broken = gathered(path)
    assert whole == b"all of this is good\n" * 1000 and "damaged" in broken


def test_a_bomb_is_broken_off(tmp_path, monkeypatch):
    monkeypatch.setattr(_open, "BOMB_BYTES", 10_000_000)
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(bytes(100_000_000)))
    whole, broken = gathered(path)
    assert len(whole) < 20_000_000 and "decompression bomb" in broken


@pytest.mark.parametrize("codec", ["utf-16", "utf-32"])
def test_a_mark_of_utf_16_or_32_counts_more_than_the_setting(codec, tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes("grüße 😀".encode(codec))
    assert gathered(path) == ("grüße 😀".encode(), "")
    assert not splittable(str(path), "utf-8")


def test_half_a_letter_at_the_end_is_told(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes("grüße".encode("utf-16")[:-1])
    assert gathered(path) == ("grüß".encode(), "the file ends in the middle of a letter of utf-16")


def test_bytes_that_an_encoding_lacks_become_no_valid_utf_8(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes(b"caf\xe9 \x81")
    whole, _ = gathered(path, "cp1252")
    assert whole.startswith("café ".encode())
    with pytest.raises(UnicodeDecodeError):
        whole.decode()


def test_names_and_heads_tell_what_a_file_is():
    assert suffixes("a/b.JSONL.gz") == (".jsonl", "gzip") and suffixes("b.csv") == (".csv", "") and suffixes("b") == ("", "")
    assert foreign(b"PAR1....") == "Parquet" and foreign(b"text") == ""


def test_a_reader_that_jumps_gets_a_packed_file_unpacked(tmp_path):
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"0123456789"))
    with seekable(str(path)) as file:
        file.seek(5)
        assert file.read() == b"56789"


def test_a_file_that_is_gone_or_closed_is_told(tmp_path):
    with pytest.raises(NotThere, match="is gone"), opened(str(tmp_path / "no")):
        pass
    closed = tmp_path / "closed"
    closed.touch(mode=0)
    if os.access(closed, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(AskedWrong, match="may not be read"), opened(str(closed)):
        pass
