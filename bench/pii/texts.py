"""The texts: synthetic ones whose personal data is labelled, and real ones, by where they are from."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import phonenumbers

from tilth.text.personal_numbers import account, luhn

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
LABELS = {
    "email": "EMAIL_ADDRESS",
    "card": "CREDIT_CARD",
    "iban": "IBAN_CODE",
    "ip": "IP_ADDRESS",
    "url": "DOMAIN_NAME",
    "phone": "PHONE_NUMBER",
    "ssn": "US_SSN",
    "person": "PERSON",
}
"""What our entities are called in the labels. Dates of birth are labelled as dates, so they cannot be told from others."""

PIECE = 2000
BOOKS, STORIES = 500, 5000
"""Characters of a piece of a book; pieces of books and stories that are read."""


@dataclass(frozen=True)
class Labelled:
    """A text and its spans, entity by entity."""

    text: str
    spans: dict[str, list[tuple[int, int]]]


def labelled() -> list[Labelled]:
    """The synthetic texts. Raises FileNotFoundError where `../shared/data` is not."""
    found = []
    for line in gzip.open(DATA / "pii" / "synthetic_1500.jsonl.gz", "rt", encoding="utf-8"):
        row = json.loads(line)
        spans: dict[str, list[tuple[int, int]]] = {entity: [] for entity in LABELS}
        for entity, label in LABELS.items():
            spans[entity] = [(one["start_position"], one["end_position"]) for one in row["spans"] if one["entity_type"] == label]
        found.append(Labelled(row["full_text"], spans))
    return found


def real() -> dict[str, list[str]]:
    """Texts of people: pages of the web, articles, novels, stories."""
    pages = [json.loads(line)["text"] for line in gzip.open(DATA / "web" / "c4_sample_1000.jsonl.gz", "rt", encoding="utf-8")]
    articles = [article for file in _files("encyclopedia/en_*")[:3] for article in re.findall(r"<doc [^>]*>\n(.*?)</doc>", file, re.DOTALL)]
    novels = [piece for file in _files("books/*") for piece in _pieces(file)]
    stories = [line for file in _files("stories/*") for line in file.splitlines()[:STORIES]]
    return {"web": pages, "encyclopedia": articles, "books": novels[:: len(novels) // BOOKS][:BOOKS], "stories": stories}


def _files(pattern: str) -> list[str]:
    return [gzip.open(path, "rt", encoding="utf-8").read() for path in sorted(DATA.glob(f"{pattern}.gz"))]


def _pieces(text: str) -> Iterator[str]:
    return (text[start : start + PIECE] for start in range(0, len(text), PIECE))


def broken(texts: Sequence[Labelled]) -> dict[str, tuple[int, int]]:
    """Of each entity that has rules: labelled spans that break their own, and labelled spans in all."""
    rules = {"card": _is_card, "iban": _is_iban, "ip": _is_ip, "phone": _is_given_out, "ssn": _is_social_security}
    values = {entity: [text.text[start:stop] for text in texts for start, stop in text.spans[entity]] for entity in rules}
    return {entity: (sum(not rule(value) for value in values[entity]), len(values[entity])) for entity, rule in rules.items()}


def _is_card(value: str) -> bool:
    digits = re.sub(r"\D", "", value)
    return 12 <= len(digits) <= 19 and luhn(digits.encode()) and digits[0] != "0"


def _is_iban(value: str) -> bool:
    return account(value.encode(), 0, 0) == (0, len(value.encode()))


def _is_ip(value: str) -> bool:
    try:
        return bool(ip_address(value))
    except ValueError:
        return False


def _is_given_out(value: str) -> bool:
    """Whether any country gives out such a number."""
    for region in phonenumbers.SUPPORTED_REGIONS:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(value, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def _is_social_security(value: str) -> bool:
    return bool(re.fullmatch(r"(?!000|666|9)\d{3}-?(?!00)\d\d-?(?!0000)\d{4}", value))
