"""Which files a path names."""

import os

import pytest

from tilth.errors import AskedWrong, NotThere
from tilth.steps.source._glob import column_names, find


@pytest.fixture
def tree(tmp_path):
    for name in ("a.jsonl", "b.jsonl", "sub/c.jsonl", "sub/deep/d.jsonl", "sub/e.csv", ".hidden/f.jsonl", ".g.jsonl", "_SUCCESS", "h[1].txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def names(tree, *patterns):
    return [hit.name for hit in find(patterns, tree)]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("a.jsonl", ["a.jsonl"]),
        ("*.jsonl", ["a.jsonl", "b.jsonl"]),
        ("?.jsonl", ["a.jsonl", "b.jsonl"]),
        ("[!a].jsonl", ["b.jsonl"]),
        ("**/*.jsonl", ["a.jsonl", "b.jsonl", "sub/c.jsonl", "sub/deep/d.jsonl"]),
        ("sub", ["c.jsonl", "deep/d.jsonl", "e.csv"]),
        ("sub/", ["c.jsonl", "deep/d.jsonl", "e.csv"]),
        ("sub/**", ["c.jsonl", "deep/d.jsonl", "e.csv"]),
        ("*/c.jsonl", ["sub/c.jsonl"]),
        ("sub/*/d.jsonl", ["deep/d.jsonl"]),
        (".", ["a.jsonl", "b.jsonl", "h[1].txt", "sub/c.jsonl", "sub/deep/d.jsonl", "sub/e.csv"]),
        (".*.jsonl", [".g.jsonl"]),
        ("h[1].txt", ["h[1].txt"]),
        ("./sub/../a.jsonl", ["a.jsonl"]),
    ],
)
def test_a_pattern_names_files_in_the_order_of_their_names(pattern, found, tree):
    assert names(tree, pattern) == found


def test_several_patterns_are_named_below_the_folder_that_they_share(tree):
    assert names(tree, "sub/deep/*.jsonl", "sub/*.csv") == ["deep/d.jsonl", "e.csv"]
    assert names(tree, "sub/c.jsonl", "a.jsonl", "*.jsonl") == ["sub/c.jsonl", "a.jsonl", "b.jsonl"]


def test_names_say_nothing_about_the_machine(tree):
    assert names(tree, str(tree / "sub")) == names(tree, "sub")


def test_columns_come_from_the_path(tree):
    hits = find(["{where}/{what}.jsonl"], tree)
    assert [(hit.name, hit.columns) for hit in hits] == [("sub/c.jsonl", {"where": "sub", "what": "c"})]
    (tree / "x-y-x.txt").touch()
    assert [hit.columns for hit in find(["{one}-{two}-{one}.txt"], tree)] == [{"one": "x", "two": "y"}]
    assert column_names(["{a}/{b}-{a}.txt", "{c}"]) == ["a", "b", "c"]


def test_braces_that_name_no_column_are_refused(tree):
    with pytest.raises(AskedWrong, match="no name of a column.*list of paths"):
        find(["*.{jsonl,csv}"], tree)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("c.jsonl", r"no such file or folder.* holds: .* The path is seen from "),
        ("sub/cc.jsonl", r"Did you mean `sub/c.jsonl`\? .*holds: c.jsonl"),
        ("sbu/c.jsonl", r"Did you mean `sub/c.jsonl`\?"),
        ("sbu/*.jsonl", r"No file matches this pattern. Did you mean `sub/\*.jsonl`\?"),
        ("*.parquet", "No file matches"),
        ("no/where/at/all", "no such file"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(pattern, message, tree):
    with pytest.raises(NotThere, match=message):
        find([pattern], tree)


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(NotThere, match="holds no files"):
        find(["."], tmp_path)


def test_a_folder_named_like_a_file_stands_for_its_files(tmp_path):
    for name in ("x.parquet/part-0.parquet", "x.parquet/_SUCCESS", "x.parquet/.part-0.crc", "y.parquet"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert names(tmp_path, "*.parquet") == ["x.parquet/part-0.parquet", "y.parquet"]
    assert names(tmp_path, "x.parquet") == ["part-0.parquet"]


def test_links_are_followed_but_not_in_a_circle(tree):
    os.symlink(tree, tree / "sub" / "circle")
    os.symlink(tree / "sub" / "deep", tree / "linked")
    os.symlink(tree / "nowhere", tree / "broken.jsonl")
    assert names(tree, "**/d.jsonl") == ["linked/d.jsonl", "sub/deep/d.jsonl"]
    assert "broken.jsonl" not in names(tree, "*.jsonl")


def test_brackets_in_the_folder_of_the_recipe_are_no_pattern(tmp_path):
    folder = tmp_path / "odd[1]{x}*"
    folder.mkdir()
    (folder / "a.txt").touch()
    assert names(folder, "*.txt") == ["a.txt"]


@pytest.mark.parametrize("pattern", ["*.jsonll", "zzz.jsonl"])
def test_a_name_that_shares_no_more_than_its_ending_is_not_meant(pattern, tree):
    with pytest.raises(NotThere) as error:
        find([pattern], tree)
    assert "Did you mean" not in error.value.accepted
