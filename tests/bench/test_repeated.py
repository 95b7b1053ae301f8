"""Planted boilerplate: what is planted stands in the texts, and what is judged is judged by it."""

from bench.repeated import BOILERPLATE, judged, planted

DOCUMENTS = [f"First line of {number}\nSecond line of {number}\nThird line of {number}" for number in range(200)]


def test_what_is_planted_stands_in_the_text_and_nothing_else_changes():
    texts, truth = planted(DOCUMENTS, "\n")
    assert {how for mine in truth for how in mine.values()} == {"exact", "case", "white space"} and 60 < sum(map(bool, truth)) < 140
    for document, text, mine in zip(DOCUMENTS, texts, truth, strict=True):
        assert set(mine) <= set(text.split("\n"))
        assert [line for line in text.split("\n") if line not in mine] == document.split("\n")


def test_taking_all_that_was_planted_is_perfect_and_taking_more_is_wrong():
    texts, truth = planted(DOCUMENTS, "\n")
    told = judged(texts, DOCUMENTS, truth, "\n", 2)
    assert (told["recall"], told["precision"], told["wrong"]) == (1, 1, 0)
    told = judged(texts, texts, truth, "\n", 2)
    assert (told["recall"], told["characters_taken"]) == (0, 0)
    told = judged(texts, [document.partition("\n")[2] for document in DOCUMENTS], truth, "\n", 2)
    assert (
        told["recall"] == 1
        and told["precision"] < 1
        and told["wrong"] == sum(len(document.split("\n")[0].replace(" ", "")) for document in DOCUMENTS)
    )
    assert len(set(BOILERPLATE)) == 10
