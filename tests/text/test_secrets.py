"""Secrets. Every value here is put together when a test runs, so that nothing in this file is taken for a secret."""

import base64
import json
from zlib import crc32

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.text.test_personal_places import TEXTS
from tilth.text.secrets import _DIGITS, KINDS, checksum_holds, entropy, find

DRAWN = "qZ7mK2xW9vB4nT1yR6sL8dF3gH5jP0cQeUiOaXzM"
"""Forty letters and digits, no two the same."""

HEX = "0f9e8d7c6b5a49382716f5e4d3c2b1a0"


def drawn(length):
    return (DRAWN * (length // len(DRAWN) + 1))[:length]


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def with_checksum(prefix, body):
    number, digits = crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, 62)
        digits = chr(_DIGITS[digit]) + digits
    return prefix + body + digits.rjust(6, "0")


JWT = ".".join((encoded({"alg": "HS256", "typ": "JWT"}), encoded({"sub": "1"}), drawn(43)))
BLOCK = "-----BEGIN {0}PRIVATE KEY-----\nMII{1}\n{1}==\n-----END {0}PRIVATE KEY-----"
KEYS = [
    ("aws_key", "AKIA" + drawn(16).upper()),
    ("aws_key", "ASIA" + drawn(16).upper()),
    ("google_key", "AIza" + drawn(35)),
    ("google_key", "ya29." + drawn(60)),
    ("google_key", "GOCSPX-" + drawn(28)),
    *(("github_token", prefix + drawn(36)) for prefix in ("ghp_", "gho_", "ghu_", "ghs_", "ghr_")),
    ("github_token", "github_pat_" + drawn(22) + "_" + drawn(59)),
    ("gitlab_token", "glpat-" + drawn(20)),
    ("slack_token", "xoxb-" + "123456789012-" + drawn(24)),
    ("slack_token", "xapp-1-" + drawn(30)),
    ("slack_token", "https://hooks.slack" + ".com/services/T0AB12CD3/B0AB12CD3/" + drawn(24)),
    ("stripe_key", "sk_live_" + drawn(24)),
    ("stripe_key", "rk_test_" + drawn(24)),
    ("twilio_key", "SK" + HEX),
    ("twilio_key", "AC" + HEX),
    ("sendgrid_key", "SG." + drawn(22) + "." + drawn(43)),
    ("npm_token", "npm_" + drawn(36)),
    ("pypi_token", "pypi-" + drawn(80)),
    ("anthropic_key", "sk-ant-api03-" + drawn(80)),
    ("openai_key", "sk-" + drawn(48)),
    ("openai_key", "sk-proj-" + drawn(80)),
    ("huggingface_token", "hf_" + drawn(34)),
    ("telegram_token", "123456789" + ":AA" + drawn(33)),
    ("jwt", JWT),
    ("private_key", BLOCK.format("RSA ", drawn(60))),
    ("private_key", BLOCK.format("", drawn(60))),
    ("private_key", BLOCK.format("OPENSSH ", drawn(60)).replace("\n", "\\n")),
]


def told(*texts, **how):
    return [(row["kind"], texts[row["row"]][row["start"] : row["stop"]]) for row in find(pa.array(texts, pa.large_string()), **how).to_pylist()]


@pytest.mark.parametrize(("kind", "key"), KEYS, ids=[f"{kind}-{number}" for number, (kind, _) in enumerate(KEYS)])
def test_a_key_of_a_known_maker_is_found_whole_and_called_what_it_is(kind, key):
    assert told(f"é it is {key} now") == [(kind, key)]
    assert told(f'{{"x": "{key}"}}') == [(kind, key)]


@pytest.mark.parametrize(
    ("kind", "before", "value", "behind"),
    [
        ("aws_key", "AWS_SECRET_ACCESS_KEY=", drawn(40), "\n"),
        ("aws_key", "aws_secret_access_key = ", drawn(38) + "/+", "\n"),
        ("azure_key", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=", drawn(86) + "==", ";EndpointSuffix=x"),
        ("azure_key", "Endpoint=sb://x/;SharedAccessKeyName=a;SharedAccessKey=", drawn(43) + "=", ""),
        ("url_password", "postgres://", "ada:" + drawn(9), "@db.example.com/x"),
        ("assigned", 'password = "', "tr0ub4dor&3", '"'),
        ("assigned", "'db_passwd': '", "tr0ub4dor", "'"),
        ("assigned", "PASSWORD: ", "tr0ub4dor!x", "\n"),
        ("assigned", 'api_key: "', drawn(20), '"'),
        ("assigned", 'clientSecret => "', drawn(24), '"'),
        ("assigned", "export SERVICE_TOKEN=", HEX, "\n"),
        ("assigned", '{"private_key": "', drawn(32), '"}'),
        ("assigned", "auth:", drawn(16), " x"),
        ("assigned", "credentials := `", drawn(30), "`"),
    ],
)
def test_a_value_that_its_name_calls_secret_is_found_without_the_name(kind, before, value, behind):
    assert told(before + value + behind) == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "password = changeme",
        "password: required",
        "password = 'password'",
        "PASSWORD=${DB_PASSWORD}",
        'password: "{{ vault.password }}"',
        "password=<your password>",
        "password = xxxxxxxx1",
        "password: ********",
        "passwd = getpass.getpass('Password: ')",
        "password: typing.Optional[bytes]",
        'api_key = "your-api-key-goes-here-123"',
        "api_key = os.environ['API_KEY']",
        "token = next(tokens)",
        "token: the smallest unit of text",
        "secret = self.config.secret_value_1",
        "secret_token = refresh_secret_token",
        "token = aaaaaaaaaaaaaaaaaaaa1",
        "key = " + drawn(30),
        "keyword: x1y2z3w4v5u6t7s8r9",
        "The secret: nobody knows 1234567890123456",
        "https://user:password@example.com",
        "https://${USER}:${PASS}@example.com",
        "sk-learn-is-a-library-for-python",
        "ghp_short",
        "AKIAshort",
        "eyJust.words.here",
        "ey" + "JhbGciOjF9x.aaaa.bbbb",
        "xoxb-none",
        "hf_hub_download",
        "hf_transfer_is_a_library_for_downloads",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----",
        "sk-" + "a" * 30,
        "SKU 12345678901234567890",
        "12:34:56:AA:BB",
        "ghp_" + "x" * 36,
        "",
    ],
)
def test_placeholders_names_and_words_are_no_secrets(text):
    assert told(text) == []


def test_a_private_key_that_was_cut_off_is_hidden_where_it_begins():
    assert told("-----BEGIN PRIVATE " + "KEY-----\nMIIabc") == [("private_key", "-----BEGIN PRIVATE " + "KEY-----")]


def test_parts_of_which_the_first_is_no_json_with_alg_are_no_web_token():
    assert told(".".join((encoded({"typ": "JWT"}), encoded({"sub": "1"}), drawn(43)))) == []


@given(st.text("".join(map(chr, _DIGITS)), min_size=30, max_size=30))
def test_a_checksum_holds_for_its_own_token_and_for_no_changed_one(body):
    token = with_checksum("ghp_", body)
    assert checksum_holds(token.encode())
    assert not checksum_holds(token[:10].encode() + (b"0" if token[10] != "0" else b"1") + token[11:].encode())


def test_with_checksums_only_tokens_whose_own_holds_are_found():
    right, wrong = with_checksum("ghp_", drawn(30)), "ghp_" + drawn(36)
    other = "glpat-" + drawn(20)
    texts = (right, wrong, with_checksum("npm_", drawn(30)), "npm_" + drawn(36), other)
    assert [value for _, value in told(*texts, checksums=True)] == [right, texts[2], other]
    assert [value for _, value in told(*texts)] == list(texts)


def test_only_the_kinds_asked_for_are_found():
    text = f"password = 'tr0ub4dor&3' and {JWT}"
    assert told(text, kinds=("jwt",)) == [("jwt", JWT)] and [kind for kind, _ in told(text)] == ["assigned", "jwt"]


def test_a_token_behind_its_name_is_called_what_it_is():
    assert told(f"GITHUB_TOKEN={'ghp_' + drawn(36)}") == [("github_token", "ghp_" + drawn(36))]


@given(st.binary(min_size=1, max_size=64))
def test_entropy_is_between_none_and_that_of_all_different(value):
    assert 0 <= entropy(value) <= 6.0001 and entropy(value[:1] * 7) == 0 and abs(entropy(b"abcdefgh") - 3) < 1e-12


SAMPLES = st.lists(st.sampled_from([key for _, key in KEYS] + ["password=", '"', "token: ", drawn(20), "\n", " "]), max_size=6).map("".join)


@given(st.lists(TEXTS | SAMPLES, max_size=4))
def test_nothing_overlaps_and_every_kind_is_a_known_one(texts):
    rows = find(pa.array(texts, pa.large_string())).to_pylist()
    for one, other in zip(rows, rows[1:], strict=False):
        assert one["row"] < other["row"] or one["stop"] <= other["start"]
    assert {row["kind"] for row in rows} <= set(KINDS)
