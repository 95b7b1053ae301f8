"""A kernel: compiled for the signature that its annotations tell, kept on disk, harmed by nothing."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numba.core import config, types

from tilth.text import kernel as module
from tilth.text.kernel import Bytes, Counts, Offsets, kernel, signature

DOUBLE = """
import sys, warnings
from tilth.text.kernel import folder, kernel

@kernel
def half(number: int) -> int:
    return number // 2

@kernel
def quarter(number: int) -> int:
    return half(half(number))

print(quarter(42), sum(quarter.dispatcher.stats.cache_hits.values()), folder())
"""


def start(script, cache):
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    return subprocess.Popen([sys.executable, script], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def script(tmp_path):
    file = tmp_path / "script.py"
    file.write_text(DOUBLE)
    return file


def result(process):
    out, err = process.communicate()
    assert process.returncode == 0, err
    value, hits, folder = out.split()
    return int(value), int(hits), Path(folder), err


@kernel
def total(data: Bytes) -> int:
    found = 0
    for byte in data:
        found += np.int64(byte)
    return found


def test_a_kernel_runs_as_the_function_that_it_is():
    data = np.arange(200, dtype=np.uint8)
    assert total(data) == total.function(data) == 19900
    assert total.__name__ == "total"


def test_only_the_one_signature_of_the_annotations_is_compiled():
    total.compile()
    with pytest.raises(TypeError):
        total(np.arange(3, dtype=np.float64))
    assert len(total.dispatcher.signatures) == 1


def test_annotations_tell_the_signature():
    def one(data: Bytes, offsets: Offsets, out: Counts, flag: bool, ratio: float) -> tuple[int, float]: ...

    told = signature(one)
    assert [str(each) for each in told.args[3:]] == ["bool", "float64"]
    assert told.args[0] == types.Array(types.uint8, 1, "C", readonly=True)
    assert told.return_type == types.Tuple([types.int64, types.float64])


def test_a_kernel_that_others_call_is_compiled_once_whether_a_number_is_written_out_or_not():
    @kernel
    def twice(number: int) -> int:
        return 2 * number

    @kernel
    def powers(number: int) -> int:
        return twice(number) + twice(1) + twice(0)

    assert powers(3) == 8
    assert len(twice.part.signatures) == 1


def test_the_lock_of_python_is_given_away_while_a_kernel_runs():
    assert total.dispatcher.targetoptions["nogil"]


def test_other_users_of_numba_keep_their_folder():
    before = config.CACHE_DIR
    total.compile()
    assert config.CACHE_DIR == before


def test_the_second_process_compiles_nothing(script, tmp_path):
    assert result(start(script, tmp_path))[:2] == (10, 0)
    value, hits, folder, _ = result(start(script, tmp_path))
    assert (value, hits) == (10, 1)
    assert folder == tmp_path / "tilth" / "kernels" / folder.name


def test_nothing_is_written_beside_the_source_which_may_be_read_only(script, tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    moved = script.rename(package / script.name)
    package.chmod(0o555)
    assert result(start(moved, tmp_path / "cache"))[:2] == (10, 0)
    assert result(start(moved, tmp_path / "cache"))[:2] == (10, 1)
    assert list(package.iterdir()) == [moved]


def test_processes_that_compile_at_once_do_no_harm(script, tmp_path):
    processes = [start(script, tmp_path) for _ in range(3)]
    assert {result(process)[0] for process in processes} == {10}
    assert result(start(script, tmp_path))[:2] == (10, 1)
    assert not list(tmp_path.rglob("*.tmp.*"))


@pytest.mark.parametrize(("kind", "damage"), [("nbi", b""), ("nbc", b"garbage")])
def test_damaged_code_is_compiled_anew(script, tmp_path, kind, damage):
    result(start(script, tmp_path))
    (file,) = tmp_path.rglob(f"*.{kind}")
    file.write_bytes(damage)
    assert result(start(script, tmp_path))[:2] == (10, 0)
    assert result(start(script, tmp_path))[:2] == (10, 1)


def test_where_no_cache_can_be_written_the_reason_is_told(script, tmp_path):
    nowhere = tmp_path / "file"
    nowhere.write_text("")
    value, _, folder, told = result(start(script, nowhere))
    assert value == 10 and not folder.exists()
    assert "cannot be kept" in told and "Not a directory" in told and "XDG_CACHE_HOME" in told


def test_where_the_disk_is_full_it_goes_on_and_tells(script, tmp_path):
    full = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))\n"
    script.write_text(full + DOUBLE)
    value, _, _, told = result(start(script, tmp_path))
    assert value == 10 and "cannot be kept" in told and "File too large" in told
    assert not list(tmp_path.rglob("*.tmp.*"))


def test_a_relative_cache_folder_is_ignored_as_the_standard_asks(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    assert module._user_cache() == Path.home() / ".cache"


def test_the_folder_is_named_by_all_that_the_code_depends_on(monkeypatch, tmp_path):
    def digest():
        module.digest.cache_clear()
        return module.digest()

    before = digest()
    (tmp_path / "one.py").write_text("a = 1")
    monkeypatch.setattr(module, "__file__", str(tmp_path / "kernel.py"))
    one = digest()
    (tmp_path / "one.py").write_text("a = 2")
    two = digest()
    monkeypatch.undo()
    assert len({before, one, two}) == 3
    assert digest() == before


TABLE = """
import numpy as np
from tilth.text.kernel import folder, kept

def make():
    print("made", end=" ")
    return np.arange(5)

print(kept("five", make).sum(), kept("five", make).flags.writeable, folder())
"""


def test_a_table_is_made_once_and_found_by_the_next_process_also_if_its_file_was_cut_short(tmp_path):
    file = tmp_path / "table.py"
    file.write_text(TABLE)
    said = [start(file, tmp_path / "cache").communicate()[0].split() for _ in range(2)]
    assert [words[:-1] for words in said] == [["made", "10", "False"], ["10", "False"]]
    stored = Path(said[0][-1]) / "five.npy"
    stored.write_bytes(stored.read_bytes()[:40])
    assert start(file, tmp_path / "cache").communicate()[0].split()[:-1] == ["made", "10", "False"]
