"""What stood in a column that is set."""

import pyarrow as pa
import pytest

from tilth.errors import AskedWrong
from tilth.frames import to_batch
from tilth.steps.format._kept import made, with_originals


def test_what_stood_there_is_kept_under_another_name():
    batch = to_batch(pa.table({"prompt": ["a"], "text": ["b"]}))
    new = with_originals(batch, {"prompt": pa.array(["c"]), "completion": pa.array(["d"])})
    assert {name: array.to_pylist() for name, array in new.items()} == {"original_prompt": ["a"], "prompt": ["c"], "completion": ["d"]}
    assert made(["prompt", "text"], {"prompt": "json", "completion": "string"}) == {
        "original_prompt": "string",
        "prompt": "json",
        "completion": "string",
    }


def test_rows_are_not_laid_out_twice():
    with pytest.raises(AskedWrong, match="keeps `prompt` as `original_prompt`, which is there already"):
        made(["prompt", "original_prompt"], {"prompt": "string"})
