"""Texts, conversations and relations in words."""

from tilth.cli.looking import look
from tilth.cli.wording_texts import texts_in_words

PAIRS = {
    "a": [float(n) for n in range(80)],
    "b": [float(n * n + n % 7) for n in range(80)],
    "text": [f"Write to person{n}@example.org about the number {n}; caf\u00c3\u00a9 is written wrongly." for n in range(80)],
    "talk": [[{"from": "human", "value": f"Hi {n}"}, {"from": "gpt", "value": ""}] for n in range(80)],
}
SAID = "\n".join(texts_in_words(look(PAIRS).survey))


def test_personal_data_and_damage_are_told_by_kind_and_count() -> None:
    assert "likely an e-mail address in 80 rows (80)" in SAID and "mojibake 100% (80)" in SAID
    assert "person3@" not in "\n".join(line for line in SAID.split("\n") if "personal" in line)


def test_relations_are_told_with_their_interval() -> None:
    assert "goes together" in SAID and "ρ = " in SAID and " to " in SAID


def test_conversations_are_told_with_what_is_unusual() -> None:
    assert "80 conversations, written as sharegpt" in SAID and "unusual     empty turn 80" in SAID
