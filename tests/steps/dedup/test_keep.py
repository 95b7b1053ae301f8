"""The claims to be kept."""

import pyarrow as pa
import pytest
from pydantic import TypeAdapter

from tilth.errors import RecipeError
from tilth.record import Batch
from tilth.steps.dedup._keep import Keep, claims, column

ROWS = Batch(pa.table({"text": ["ab", None, "é"], "title": ["", "xyz", "x"], "score": [2, None, 7], "source": ["web", "blog", "wiki"]}))


@pytest.mark.parametrize(
    ("keep", "looks_at", "claim"),
    [
        ("first", (), None),
        ("longest", (), [2.0, 3.0, 2.0]),
        ({"best": "score"}, ("score",), [2.0, None, 7.0]),
        ({"prefer": {"source": ["wiki", "web"]}}, ("source",), [-1.0, None, 0.0]),
        ({"prefer": {"score": [7, 2]}}, ("score",), [-1.0, None, 0.0]),
    ],
)
def test_greater_claims_are_kept_sooner(keep, looks_at, claim):
    made = TypeAdapter(Keep).validate_python(keep)
    assert column(made) == looks_at
    found = claims(made, ROWS, ("text", "title"))
    assert (None if found is None else found.to_pylist()) == claim


def test_the_best_of_words_is_refused():
    with pytest.raises(RecipeError, match="there is `{prefer"):
        claims(TypeAdapter(Keep).validate_python({"best": "source"}), ROWS, ("text",))
