"""Secrets found by rule: keys and tokens of known makers, private keys, passwords in URLs, and values that a name calls secret.

How the keys of a maker begin and how long they are is what the maker has published, or what its keys have in common. A value
behind a name (`password = …`, `"api_key": …`) is a secret if it looks drawn by lot and no placeholder. The kernel that marks
where to look is `tilth.text.personal_places`. What the rules cannot find: a password that is a plain word, a key without a
known beginning and without a name before it.
"""

from __future__ import annotations

import binascii
import math
import re
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from zlib import crc32

import msgspec
import pyarrow as pa

from tilth.text import findings, personal_places
from tilth.text.findings import Finding, Rules
from tilth.text.personal_addresses import login
from tilth.text.personal_places import LINK, LOGIN, SECRET, VALUE

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "private_key": "private keys (PEM, OpenSSH, PGP), with all that stands between their lines",
        "aws_key": "ids of access keys of Amazon Web Services, and the secret keys that a name says they are",
        "google_key": "API keys and OAuth tokens and secrets of Google",
        "azure_key": "keys in connection strings of Azure",
        "github_token": "tokens of GitHub",
        "gitlab_token": "tokens of GitLab",
        "slack_token": "tokens of Slack, and the addresses of its webhooks",
        "stripe_key": "keys of Stripe",
        "twilio_key": "API keys of Twilio, and its account ids",
        "sendgrid_key": "keys of SendGrid",
        "npm_token": "tokens of npm",
        "pypi_token": "tokens of PyPI",
        "anthropic_key": "keys of Anthropic",
        "openai_key": "keys of OpenAI, and of others that begin so",
        "huggingface_token": "tokens of Hugging Face",
        "telegram_token": "tokens of Telegram's bots",
        "jwt": "JSON Web Tokens",
        "url_password": "names and passwords in URLs",
        "assigned": "passwords, keys and tokens that the name before them calls so",
    }
)
"""Every kind and what it is, in the order in which one wins over another."""

_KEYS: tuple[tuple[str, bytes], ...] = (
    ("aws_key", rb"(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    ("google_key", rb"AIza[A-Za-z0-9_\-]{35}(?![A-Za-z0-9_\-])|ya29\.[A-Za-z0-9_\-]{20,512}|GOCSPX-[A-Za-z0-9_\-]{28}(?![A-Za-z0-9_\-])"),
    ("github_token", rb"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255}"),
    ("gitlab_token", rb"gl(?:pat|dt|rt|ptt|cbt)-[A-Za-z0-9_\-]{20,64}"),
    ("slack_token", rb"xox[abeoprs]-(?=[A-Za-z\-]*\d)[A-Za-z0-9\-]{10,255}|xapp-\d-[A-Za-z0-9\-]{20,255}"),
    ("stripe_key", rb"[sr]k_(?:live|test)_[A-Za-z0-9]{16,255}|whsec_(?=[A-Za-z]*\d)[A-Za-z0-9+/=]{24,64}"),
    ("twilio_key", rb"(?:AC|SK)[0-9a-f]{32}(?![A-Za-z0-9])"),
    ("sendgrid_key", rb"SG\.[A-Za-z0-9_\-]{16,32}\.[A-Za-z0-9_\-]{16,64}"),
    ("npm_token", rb"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])"),
    ("pypi_token", rb"pypi-[A-Za-z0-9_\-]{50,255}"),
    ("anthropic_key", rb"sk-ant-[a-z]{3,6}\d\d-[A-Za-z0-9_\-]{20,255}"),
    ("openai_key", rb"sk-(?:[a-z]{2,8}-){0,2}(?=[A-Za-z_\-]{0,80}\d)(?=[0-9a-z_\-]{0,80}[A-Z]|[0-9a-f]{32})[A-Za-z0-9_\-]{20,255}"),
    ("huggingface_token", rb"hf_(?=[a-z0-9]{0,34}[A-Z])[A-Za-z0-9]{30,64}(?![A-Za-z0-9])"),
)
_KEY = re.compile(b"|".join(rb"(%s)" % pattern for _, pattern in _KEYS))
_CHECKED = re.compile(rb"(?:gh[pousr]|npm)_[A-Za-z0-9]{36}")
_JWT = re.compile(rb"(eyJ[A-Za-z0-9_\-]{8,4096})\.[A-Za-z0-9_\-]{2,16384}\.[A-Za-z0-9_\-]{0,1024}")
_SAME = re.compile(rb"(.)\1{7}", re.DOTALL)
"""What no key drawn by lot has."""

_ARMOUR = rb"(?:[A-Z0-9]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----"
_PRIVATE = re.compile(rb"-----BEGIN %s(?:(?:[^-]|-(?!----)){0,16384}-----END %s)?" % (_ARMOUR, _ARMOUR))
_TELEGRAM = re.compile(rb"(?<![A-Za-z0-9])\d{8,10}:AA[A-Za-z0-9_\-]{33}(?![A-Za-z0-9_\-])")
_WEBHOOK = re.compile(rb"(?:https?)?://hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9_]{6,}/[A-Za-z0-9_/]{16,128}")

_NAME = re.compile(rb"(?<![A-Za-z0-9])[A-Za-z_][A-Za-z0-9_.\-]{0,63}$")
_PASSWORDS = re.compile(rb"(?:pass(?:word|wd|phrase)?|pwd)$", re.I)
_SECRETS = re.compile(
    rb"(?:secret|token|credentials?|auth"
    rb"|(?:api|access|secret|private|auth|account|client|encryption|master|signing|shared|storage|service|license)[_\-. ]?key)$",
    re.I,
)
_AMAZON = re.compile(rb"aws|secret[_\-]?access[_\-]?key$", re.I)
_AZURE = re.compile(rb"(?:account|sharedaccess|shared[_\-]?access)[_\-]?key$", re.I)
_QUOTED = re.compile(rb":?[=:]>?[ \t]{0,2}(?:[A-Za-z]{0,2}([\"'`]))([^\s\"'`\\]{6,512})\1")
_BARE = re.compile(rb":?[=:]>?[ \t]{0,2}([^\s\"'`,;<>(){}\[\]|\\&]{6,512}+)(?![(\[{])")
_PLACEHOLDER = re.compile(
    rb"([x*.#\-_0])\1{3}|change[_\-]?(?:me|this|it)|example|placeholder|sample|dummy|redacted|removed|hidden|masked|replace|insert|todo|fixme|foobar"
    rb"|your|my[_\-]?(?:api|secret|token|pass|key)|[$%<{\[]|\}\}|>$|^(?:null|none|nil|undefined|true|false|required|optional|string|secret|password)\b"
    rb"|process\.env|environ|getenv|config|settings\.|self\.|this\.|://|^[/.~:]|^\w+\.\w+\(|1234567|abcdef|qwerty",
    re.I,
)
_VARIABLE = re.compile(rb"[A-Za-z_.\-]+")
_TOKEN = re.compile(rb"[A-Za-z0-9_+/=.\-~:]{16,512}")
_AMAZON_SECRET = re.compile(rb"[A-Za-z0-9/+]{40}")
_BASE64_KEY = re.compile(rb"[A-Za-z0-9+/%]{42,88}={0,2}")
LEAST_PASSWORD, LEAST_TOKEN = 2.5, 3.2
"""Shannon's entropy of the characters, at least, in bits: eight that are all different have 3, a random hexadecimal key about 3.7."""

_DIGITS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def find(column: pa.Array, kinds: Sequence[str] = tuple(KINDS), *, checksums: bool = False) -> pa.Table:
    """Where each secret stands, as `tilth.text.findings.found` tells it. `checksums`: tokens that have a checksum only where it holds."""
    asked = tuple(kind for kind in KINDS if kind in kinds)
    return findings.found(column, {**RULES, SECRET: (confirmed,)} if checksums else RULES, asked)


def prepare() -> None:
    """Compile what `find` needs, before workers start."""
    personal_places.prepare()
    findings.prepare()


def checksum_holds(token: bytes) -> bool:
    """Whether the last six characters of a token of GitHub or npm are the CRC-32 of those between it and the prefix, in base 62
    (GitHub, "Behind GitHub's new authentication token formats", 2021)."""
    _, _, body = token.partition(b"_")
    number = 0
    for letter in body[-6:]:
        number = 62 * number + _DIGITS.find(letter)
    return number == crc32(body[:-6])


def confirmed(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """As `key`, but of GitHub's and npm's tokens of 36 characters only those whose checksum holds."""
    for kind, begin, end in key(text, start, stop):
        if not _CHECKED.fullmatch(text, begin, end) or checksum_holds(text[begin:end]):
            yield kind, begin, end


def entropy(value: bytes) -> float:
    """Shannon's entropy of the bytes as they are distributed in the value, in bits."""
    return -sum(count / len(value) * math.log2(count / len(value)) for count in Counter(value).values())


def key(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """A key that begins as a known maker's do and is as long; a JSON Web Token, whose first part must be JSON with `alg`; a private key
    from its first line to its last, or its first line alone where the last is missing; a token of a bot of Telegram."""
    match text[start : start + 1]:
        case b":":
            spans = [("telegram_token", found.span()) for found in _TELEGRAM.finditer(text, max(0, start - 11), min(start + 40, len(text)))]
        case b"-":
            spans = [("private_key", found.span()) for found in [_PRIVATE.match(text, start)] if found]
        case _:
            spans = _token(text, start)
    return ((kind, *span) for kind, span in spans)


def _token(text: bytes, start: int) -> list[tuple[str, tuple[int, int]]]:
    if found := _KEY.match(text, start):
        return [] if _SAME.search(found[0]) else [(_KEYS[(found.lastindex or 1) - 1][0], found.span())]
    web = _JWT.match(text, start)
    return [("jwt", web.span())] if web and _is_header(web[1]) else []


def _is_header(part: bytes) -> bool:
    try:
        header = msgspec.json.decode(urlsafe_b64decode(part + b"=" * (-len(part) % 4)))
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError):
        return False
    return isinstance(header, dict) and "alg" in header


def webhook(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """The address of a webhook of Slack: whoever has it may write."""
    begin = next((start - len(scheme) for scheme in (b"https", b"http") if text[max(0, start - len(scheme)) : start] == scheme), start)
    if found := _WEBHOOK.match(text, begin):
        yield "slack_token", *found.span()


def in_url(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """A name and a password in a URL, as `tilth.text.personal_addresses.login` finds them."""
    if span := login(text, start, stop):
        yield "url_password", *span


def assigned(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """A value behind `=` or `:` and a name (`start` is where it ends, `stop` where the sign stands). A password has six characters or
    more of two sorts, a digit or a sign among them; a key or token sixteen or more, a letter and a digit among them. No placeholder,
    no name of a variable or path, and characters about as different as drawn ones are."""
    name = _NAME.search(text, max(0, start - 64), start)
    found = _QUOTED.match(text, stop) or _BARE.match(text, stop)
    if not name or not found:
        return
    value = found[found.lastindex or 1]
    begin = found.start(found.lastindex or 1)
    if found.lastindex == 1:
        value = value.rstrip(b".:!?")
    if kind := _judged(name[0], value, quoted=found.lastindex == 2):
        yield kind, begin, begin + len(value)


def _judged(name: bytes, value: bytes, *, quoted: bool) -> str | None:
    """What kind of secret a value with this name is. What is not quoted and has neither digits nor signs is the name of a variable."""
    if _PLACEHOLDER.search(value) or _PASSWORDS.search(value) or _SECRETS.search(value) or (not quoted and _VARIABLE.fullmatch(value)):
        return None
    if _AMAZON.search(name) and _AMAZON_SECRET.fullmatch(value) and entropy(value) >= LEAST_TOKEN:
        return "aws_key"
    if _AZURE.search(name) and _BASE64_KEY.fullmatch(value) and entropy(value) >= LEAST_TOKEN:
        return "azure_key"
    letters, digits = any(chr(letter).isalpha() for letter in value), any(48 <= letter <= 57 for letter in value)
    if _PASSWORDS.search(name):
        mixed = letters and (digits or any(not chr(letter).isalnum() for letter in value.strip(b"_-.")))
        return "assigned" if mixed and len(value) >= 6 and entropy(value) >= LEAST_PASSWORD else None
    drawn = _SECRETS.search(name) and _TOKEN.fullmatch(value) and letters and digits and entropy(value) >= LEAST_TOKEN
    return "assigned" if drawn else None


RULES: Rules = {SECRET: (key,), LINK: (webhook,), LOGIN: (in_url,), VALUE: (assigned,)}
