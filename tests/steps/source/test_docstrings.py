"""source.docstrings: the documentation that every machine has."""

import sys
from pathlib import Path

import pytest

from tilth.errors import NotThere
from tilth.steps.source import docstrings
from tilth.steps.source.docstrings import Docstrings

HERE = Path()


def walked(source, rows=50):
    shards = source.shards(HERE, 1 << 20)
    types = source.settle([])
    reads = [read for shard in shards for read in source.read(shard, types, 1, rows)]
    assert sum(source.survey(shard).records for shard in shards) == sum(len(read.table) + len(read.bad) for read in reads)
    return [row for read in reads for row in read.table.to_pylist()], [bad for read in reads for bad in read.bad]


def test_a_package_of_the_standard_library():
    rows, bad = walked(Docstrings(packages=["json"]))
    dumps = next(row for row in rows if row["name"] == "json.dumps")
    assert dumps["text"].startswith("json.dumps(obj, *, skipkeys=False") and "\n\nSerialize ``obj``" in dumps["text"]
    assert dumps["docstring"].startswith("Serialize") and dumps["signature"].startswith("def dumps(obj, *")
    assert (dumps["kind"], dumps["package"], dumps["origin"]["file"]) == ("function", "json", "json/__init__.py")
    line = Path(sys.modules["json"].__file__).read_text().splitlines()[dumps["origin"]["record"] - 1]
    assert line.startswith("def dumps(")
    assert {row["kind"] for row in rows} == {"module", "class", "function", "method"} and not bad
    places = [(row["origin"]["file"], row["origin"]["offset"]) for row in rows]
    assert places == sorted(set(places))


def test_the_standard_library_is_a_shard_a_package_in_the_order_of_names():
    shards = Docstrings().shards(HERE, 1)
    names = [shard.file for shard in shards]
    assert names == sorted(names) and {"abc", "asyncio", "json", "typing"} < set(names)
    assert "test" not in names and not any("/test" in path.partition("python3")[2] for shard in shards for path in shard.paths)
    assert len(Docstrings(tests=True).shards(HERE, 1)) > len(shards)


def test_installed_packages_are_named_as_one_imports_or_installs_them():
    assert [shard.file for shard in Docstrings(packages="pydantic_core").shards(HERE, 1)] == ["pydantic_core"]
    assert [shard.file for shard in Docstrings(packages=["Jinja2"]).shards(HERE, 1)] == ["jinja2"]
    everything = {shard.file for shard in Docstrings(packages="all").shards(HERE, 1)}
    assert {"json", "numpy", "pydantic"} < everything


def test_a_name_that_is_not_there_is_told_with_the_nearest():
    with pytest.raises(NotThere, match="no package `jsn`.*`json`"):
        Docstrings(packages=["jsn"]).shards(HERE, 1)


def test_a_file_that_does_not_parse_is_one_bad_record(tmp_path, monkeypatch):
    (tmp_path / "pack" / "tests").mkdir(parents=True)
    (tmp_path / "pack" / "__init__.py").write_text('"""Good."""\ndef f():\n    "Holds \\0."\n')
    (tmp_path / "pack" / "old.py").write_text("print 'two'\n")
    (tmp_path / "pack" / "tests" / "test_x.py").write_text('"""A test."""')
    monkeypatch.setattr(docstrings.sysconfig, "get_path", lambda _: str(tmp_path))
    rows, bad = walked(Docstrings())
    assert [row["text"] for row in rows] == ["module pack\n\nGood."]
    assert [(one.file, one.record, one.offset) for one in bad] == [("pack/__init__.py", 2, 1), ("pack/old.py", 1, 0)]
    assert "NUL" in bad[0].reason and "not Python of this version" in bad[1].reason
    assert len(walked(Docstrings(tests=True))[0]) == 2


def test_settings():
    assert Docstrings.bare == "packages" and Docstrings().bad_share() == 0.01 and Docstrings().key_column() is None
