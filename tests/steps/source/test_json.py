"""`.json`: an array of records, records one after another, or JSON Lines under another name."""

import json

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tilth.steps.source import _open
from tilth.steps.source._json import read, survey
from tilth.steps.source._part import Part

RECORDS = st.lists(st.fixed_dictionaries({"text": st.text(alphabet=st.characters(exclude_characters="\0", codec="utf-8"), max_size=8)}), max_size=6)


def whole(path):
    part = Part(str(path), path.name, rows=2)
    found = list(read(part, {"text": "string"}))
    rows, bad = (
        [row for one in found for row in pa.table({"origin": one.origin, **one.columns}).to_pylist()],
        [bad for one in found for bad in one.bad],
    )
    assert survey(part).records == len(rows) + len(bad)
    return rows, bad


@pytest.mark.parametrize("form", ["array", "pretty array", "lines", "pretty objects"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=RECORDS, piece=st.integers(1, 40), ascii_only=st.booleans())
def test_every_form_gives_the_records_and_where_they_begin(form, records, piece, ascii_only, tmp_path):
    indent = 1 if "pretty" in form else None
    texts = [json.dumps(record, ensure_ascii=ascii_only, indent=indent) for record in records]
    told = "[" + ",\n".join(texts) + "]" if "array" in form else "\n".join(texts)
    path = tmp_path / "x.json"
    path.write_bytes(told.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_open, "PIECE", piece)
        rows, bad = whole(path)
    assert [row["text"] for row in rows] == [record["text"] for record in records]
    assert [row["origin"]["record"] for row in rows] == list(range(1, len(records) + 1))
    assert all(told.encode()[row["origin"]["offset"] :].startswith(b"{") for row in rows)
    assert not bad


def test_one_bad_line_of_json_lines_costs_one_record(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"text": "a"}\nno\n{"text": "b"}\n')
    rows, bad = whole(path)
    assert [row["text"] for row in rows] == ["a", "b"]
    assert [one.record for one in bad] == [2]


def test_an_empty_file_and_an_empty_array_have_no_records(tmp_path):
    path = tmp_path / "x.json"
    for data in (b"", b" \n", b"[]", b"\xef\xbb\xbf[ ]\n"):
        path.write_bytes(data)
        assert whole(path) == ([], [])
