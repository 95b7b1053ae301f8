"""redact.secrets: keys and passwords go, the names before them stay."""

from typing import get_args

import pyarrow as pa
import pytest

from tests.text.test_secrets import JWT, KEYS, drawn, with_checksum
from tilth.record import SPANS
from tilth.steps.redact.secrets import Kind, Secrets
from tilth.text.secrets import KINDS


def redacted(*texts, **settings):
    return Secrets(**settings)({"text": list(texts)})["text"]


@pytest.mark.parametrize(("kind", "key"), KEYS, ids=[f"{kind}-{number}" for number, (kind, _) in enumerate(KEYS)])
def test_a_key_is_hidden_and_nothing_of_it_is_left(kind, key):
    assert redacted(f"before {key} behind") == [f"before [{kind.upper()}] behind"]


def test_the_name_of_a_value_stays():
    assert redacted("password: 'tr0ub4dor&3'", f"API_TOKEN={drawn(32)}") == ["password: '[ASSIGNED]'", "API_TOKEN=[ASSIGNED]"]
    assert redacted("postgres://ada:" + "tr0ub4dor@db.example.com/x") == ["postgres://[URL_PASSWORD]@db.example.com/x"]


def test_the_kinds_are_those_that_are_found():
    assert get_args(Kind) == tuple(KINDS) == Secrets().kinds
    assert redacted(f"password = 'tr0ub4dor&3' {JWT}", kinds=("jwt",)) == ["password = 'tr0ub4dor&3' [JWT]"]


def test_with_checksums_a_made_up_token_stays():
    right, wrong = with_checksum("ghp_", drawn(30)), "ghp_" + drawn(36)
    assert redacted(right, wrong, checksums=True) == ["[GITHUB_TOKEN]", wrong] and redacted(right, wrong) == ["[GITHUB_TOKEN]"] * 2


def test_a_null_and_plain_prose_have_no_spans():
    found = Secrets().spans(pa.array([None, "", "My password is a secret: I tell nobody. The key = love."], pa.large_string()))
    assert found.schema == SPANS and found.num_rows == 0
