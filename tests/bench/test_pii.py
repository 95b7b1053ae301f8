"""Findings beside labels: what counts as right, and which labels break their own rules."""

from bench.pii.scoring import best, overlap, same, score
from bench.pii.texts import LABELS, Labelled, broken

LABELLED = [[(0, 5)], [(2, 4), (6, 9)], []]
FOUND = [[("a", 0, 5, 0.9), ("b", 0, 5, 0.9)], [("a", 3, 7, 0.4)], [("a", 1, 2, 0.1)]]


def test_a_finding_is_right_if_it_is_the_labelled_span_or_shares_a_character_with_it():
    exact, near = score(LABELLED, FOUND, "a", same), score(LABELLED, FOUND, "a", overlap)
    assert (exact.labelled, exact.found, exact.found_right, exact.labels_found) == (3, 3, 1, 1)
    assert (near.found_right, near.labels_found, near.precision, near.recall) == (2, 3, 2 / 3, 1.0)


def test_a_side_is_told_at_the_name_and_sureness_at_which_it_is_best():
    assert best(LABELLED, FOUND, ["b", "a"], overlap).sure == 0.3 and best(LABELLED, FOUND, ["a"], overlap).f1 == 1.0
    assert score(LABELLED, FOUND, "c", same).f1 == 0.0 and score([[]], [[]], "c", same).f1 == 1.0


def test_values_that_break_their_own_rules_are_counted():
    values = {
        "card": ("4111111111111111", "4111111111111112"),
        "iban": ("DE89370400440532013000", "DE89370400440532013001"),
        "ip": ("::1", "256.1.1.1"),
        "phone": ("+12125550100", "+1211"),
        "ssn": ("536-90-4399", "666-90-4399"),
    }
    texts = []
    for entity, pair in values.items():
        for value in pair:
            texts.append(Labelled(f"x {value}", {**{name: [] for name in LABELS}, entity: [(2, 2 + len(value))]}))
    assert broken(texts) == dict.fromkeys(values, (1, 2))
