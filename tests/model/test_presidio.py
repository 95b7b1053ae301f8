"""Presidio's patterns without a model: what they find comes under our names, and nothing is fetched."""

import socket

import pytest

pytest.importorskip("presidio_analyzer", reason="needs the extra `pii`", exc_type=ImportError)

from tilth.model.presidio import presidio  # noqa: E402

TEXT = "Zürich 😀 bob@example.com, 4111 1111 1111 1111, 212-555-1234, GB82 WEST 1234 5698 7654 32, 10.2.3.4"


def found(text, *entities, confidence=0.4):
    return {one.entity: text[one.start : one.stop] for one in presidio().find([text], entities, confidence)[0]}


def test_what_it_finds_comes_under_our_names():
    assert found(TEXT, "email", "card", "phone", "iban", "ip") == {
        "email": "bob@example.com",
        "card": "4111 1111 1111 1111",
        "phone": "212-555-1234",
        "iban": "GB82 WEST 1234 5698 7654 32",
        "ip": "10.2.3.4",
    }


def test_it_finds_no_names_and_only_what_is_asked_for():
    assert "person" not in presidio().entities and {"email", "card", "iban", "ip", "mac", "ssn", "phone", "url"} <= set(presidio().entities)
    assert found(TEXT, "ip") == {"ip": "10.2.3.4"}


def test_what_it_is_less_sure_of_is_left():
    assert "phone" not in found(TEXT, "phone", "email", confidence=0.5) and "email" in found(TEXT, "phone", "email", confidence=0.5)


def test_no_list_of_domains_is_fetched(monkeypatch):
    def refused(*_):
        raise AssertionError("It asked the network.")

    monkeypatch.setattr(socket, "getaddrinfo", refused)
    assert found("write to ann@some-corp.co.uk", "email") == {"email": "ann@some-corp.co.uk"}
