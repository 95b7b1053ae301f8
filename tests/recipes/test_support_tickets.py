"""The recipe for private text, on its sample: nobody can be known again, and nobody is on both sides of the split."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.recipes.shipped import SAMPLES, Done, check_end, copied, everything, rows, run_of
from tilth.cli.planning import do as plan
from tilth.errors import DataRefused, Missing

PERSONAL = {
    "email": r"[\w.]+@post-\d+\.example",
    "phone": r"\+44 7700 900\d{3}",
    "card": r"\d{4} \d{4} \d{4} \d{4}",
    "iban": r"GB82 WEST 1234 5698 7654 32",
    "date_of_birth": r"\d\d/\d\d/19\d\d",
    "ip": r"198\.51\.100\.\d+",
    "person": r"(?<=regards,\n)\w+ \w+",
    "assigned": r"korb\d+!Lampe\d+",
}
"""What the sample holds, by kind."""

FOOTER = "This message is meant for the person"
SIDES = ("training", "validation", "test")
KEY = "TILTH_REDACTION_KEY"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tickets")


@pytest.fixture(scope="module")
def done(folder: Path) -> Done:
    return run_of("support-tickets", folder)


def test_it_plans_and_runs_to_its_end(done: Done, tmp_path: Path) -> None:
    check_end(done, tmp_path)


def tickets() -> list[dict[str, Any]]:
    return [json.loads(line) for name in ("mails", "chats") for line in (SAMPLES / f"{name}.jsonl").read_text("utf-8").splitlines()]


def planted() -> dict[str, set[str]]:
    return {kind: {found for ticket in tickets() for found in re.findall(pattern, ticket["text"])} for kind, pattern in PERSONAL.items()}


def left(found: bytes) -> list[str]:
    """What of it can still be read, in any of the ways in which JSON and HTML write it."""
    return [value for values in planted().values() for value in values if value.encode() in found]


def test_no_personal_data_is_in_any_byte_of_the_run_nor_of_the_store(done: Done) -> None:
    values = planted()
    assert all(values.values()) and sum(map(len, values.values())) > 70
    found = everything(done)
    assert not left(found)
    assert not [kind for kind in values if f"[{kind.upper()}]".encode() not in found]


def test_nor_is_it_where_a_record_could_not_be_read(tmp_path: Path) -> None:
    (value, *_), number = sorted(planted()["email"]), 7
    mails = copied(tmp_path) / "samples" / "mails.jsonl"
    lines = mails.read_text("utf-8").splitlines()
    mails.write_text("\n".join([*lines[:number], f'{{"text": "write to {value}, "customer": "C-1001"}}', *lines[number:]]) + "\n", "utf-8")
    done = run_of("support-tickets", tmp_path, ["data.mails.source.files.bad_records.at_most=0.05"])
    assert sum(line["quarantined"] for line in done.path("mails")) == 1
    assert not left(everything(done, done.folder)), "the store keeps the first bytes of a bad record as they are"


def test_no_customer_is_on_two_sides(done: Done) -> None:
    customers = [{row["customer"] for row in rows(done, side)} for side in SIDES]
    assert all(customers) and len(set.union(*customers)) == sum(map(len, customers))
    given = Counter(ticket["customer"] for ticket in tickets())
    assert max(given.values()) > 5, "customers write more than once"


def test_who_sent_the_same_from_elsewhere_would_leak(folder: Path) -> None:
    sets = ["data.tickets.dedup.minhash.similarity=1.0", "data.tickets.split.group.leaks=refuse"]
    with pytest.raises(DataRefused, match="alike"):
        run_of("support-tickets", folder, sets)


def test_what_the_team_marked_footers_and_automatic_answers_are_gone(done: Done) -> None:
    given, texts = [ticket["text"] for ticket in tickets()], [row["text"] for side in SIDES for row in rows(done, side)]
    for words in ("legal hold", FOOTER, "Thank you, it has come"):
        assert any(words in text for text in given) and not any(words in text for text in texts), words
    closed = "Hello, your request was closed today."
    assert sum(text.startswith(closed) for text in given) > 5 and sum(text.startswith(closed) for text in set(texts)) <= 1


def test_the_mixture_has_the_rows_that_were_asked_for_and_rare_kinds_are_a_fifth(done: Done) -> None:
    training = rows(done, "training")
    first = {row["text"]: row for row in training}
    assert len(first) == 80 and Counter(row["channel"] for row in first.values()) == {"mail": 48, "chat": 32}
    kinds, once = Counter(row["category"] for row in training), Counter(row["category"] for row in first.values())
    assert {name: kinds[name] for name in kinds if name not in ("outage", "safety")} == {
        name: once[name] for name in once if name not in ("outage", "safety")
    }, "only the rare kinds are copied"
    for name in ("outage", "safety"):
        assert once[name] < kinds[name] and abs(kinds[name] - len(training) / 10) <= 1
    held = [row["text"] for side in ("validation", "test") for row in rows(done, side)]
    assert len(held) == len(set(held)) and not set(held) & set(first), "copies are of training alone"


def test_with_a_key_the_same_person_stays_the_same_and_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "a key of the tests, of no use elsewhere")
    done = run_of("support-tickets", tmp_path, [f"data.{name}.redact.pii.with=surrogate" for name in ("mails", "chats")])
    who = defaultdict(set)
    for row in (row for side in SIDES for row in rows(done, side)):
        who[row["customer"]] |= set(re.findall(r"user-\w+@example\.com", row["text"]))
    spoken = [names for names in who.values() if names]
    assert len(spoken) > 5 and all(len(names) == 1 for names in spoken) and len(set.union(*spoken)) == len(spoken)
    found = everything(done)
    assert not left(found) and b"a key of the tests" not in found


def test_without_a_key_the_plan_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY, raising=False)
    recipe = copied(tmp_path) / "support-tickets.yaml"
    with pytest.raises(Missing, match=KEY):
        plan(recipe, ["data.mails.redact.pii.with=hash"], 1.0, False, True)
    assert plan(recipe, [], 1.0, False, True)["path"], "the recipe as it ships needs none"
