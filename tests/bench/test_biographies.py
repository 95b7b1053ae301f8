"""Made biographies: persons who differ, persons who differ in one fact, and copies that say the same."""

import random

from bench.biographies import copies, people, variants
from tests.steps.dedup.brute import jaccard


def test_persons_differ_and_are_the_same_for_the_same_seed():
    drawn = people(50, random.Random(1))
    assert len({person.text() for person in drawn}) == 50
    assert drawn == people(50, random.Random(1)) != people(50, random.Random(2))


def test_a_variant_differs_in_one_fact_and_is_nearly_the_same_text():
    person = people(1, random.Random(1))[0]
    found = dict(variants(person, random.Random(1)))
    assert set(found) == set(vars(person))
    for kind, other in found.items():
        assert [name for name, value in vars(person).items() if vars(other)[name] != value] == [kind]
        assert jaccard(person.text(), other.text()) > 0.85


def test_copies_lose_no_fact():
    text = people(1, random.Random(3))[0].text()
    made = dict(copies(text, random.Random(3)))
    assert made["exact"] == text and len(set(made.values())) == len(made)
    facts = {word.strip(".,") for word in text.split() if word[0].isdigit()}
    assert all(fact in copy for kind, copy in made.items() if kind != "end cut off" for fact in facts)
    assert all(jaccard(text, copy) > 0.7 for copy in made.values())
