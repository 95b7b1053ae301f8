"""Origins and bad records of a part."""

from tilth.record import ORIGIN
from tilth.steps.source._part import SHOWN, Part


def test_origins_and_bad_records_name_the_file_and_the_place():
    part = Part("/somewhere/data/x.jsonl", "x.jsonl")
    assert part.origin([1, 2], [0, 30]).type == ORIGIN
    assert part.origin([7], [99]).to_pylist() == [{"file": "x.jsonl", "record": 7, "offset": 99}]
    bad = part.bad(3, 44, "is not JSON", b"x" * 1000)
    assert (bad.file, bad.record, bad.offset, len(bad.raw)) == ("x.jsonl", 3, 44, SHOWN)
