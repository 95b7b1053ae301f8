"""Words, runs of words and their overlaps in plain Python, as the docstrings of `tilth.text.words` and its neighbours tell them."""

import unicodedata
from collections import Counter, defaultdict

from tilth.text.characters import UNSPACED, classes


def words(text):
    """Each word with its first byte, the byte behind it, and its weight."""
    found, at, open_ = [], 0, False
    for character in text:
        width = len(character.encode())
        category = unicodedata.category(character)
        if category == "Cf" or character in "'’ʼ＇":
            at += width
            continue
        alone = bool(classes()[ord(character)] & UNSPACED)
        if category[0] not in "LMN":
            open_ = False
        elif open_ and not alone and (found[-1][3] == 2 or category[0] == "M"):
            word, begin, _, weight = found[-1]
            found[-1] = (word + character.lower()[0], begin, at + width, weight)
        else:
            found.append((character.lower()[0], at, at + width, 1 if alone else 2))
            open_ = True
        at += width
    return found


def runs(told, length):
    """Every shortest run that weighs as much as so many words, one from each word on: its words, and the numbers of the
    first and the last."""
    for first in range(len(told)):
        weight = 0
        for last in range(first, len(told)):
            weight += told[last][3]
            if weight >= 2 * length:
                yield tuple(one[0] for one in told[first : last + 1]), first, last
                break


def sought(piece, length):
    """The runs by which a question is looked for."""
    told = words(piece)
    found = list(runs(told, length))
    if not found and sum(one[3] for one in told) >= 2 * min(5, length):
        found = [(tuple(one[0] for one in told), 0, len(told) - 1)]
    return found


def occurrences(text, wanted):
    """Where in a text each of some runs stands: the run, and the numbers of its first and last word."""
    told = words(text)
    lengths = {len(run) for run in wanted}
    for first in range(len(told)):
        for length in lengths:
            run = tuple(one[0] for one in told[first : first + length])
            if len(run) == length and run in wanted:
                yield run, first, first + length - 1


def shares(texts, items, length, common):
    """The share of each item's own words that each text has, where it shares a run that is not common."""
    of = [sought(item, length) for item in items]
    wanted = {run for some in of for run, _, _ in some}
    has = [{run for run, _, _ in occurrences(text, wanted)} for text in texts]
    rows = Counter(run for some in has for run in some)
    asked = defaultdict(set)
    for item, some in enumerate(of):
        for run, _, _ in some:
            asked[run].add(tuple(one[0] for one in words(items[item])))
    rare = {run for run in wanted if rows[run] <= common and len(asked[run]) <= common}
    told = {}
    for row, mine in enumerate(has):
        for item, some in enumerate(of):
            weights = [one[3] for one in words(items[item])]
            lost = {place for run, first, last in some if run not in rare for place in range(first, last + 1)}
            able = {place for run, first, last in some if run in rare for place in range(first, last + 1)} - lost
            here = {place for run, first, last in some if run in rare & mine for place in range(first, last + 1)} - lost
            if any(run in rare & mine for run, _, _ in some):
                told[row, item] = sum(weights[place] for place in here) / sum(weights[place] for place in able) if able else 0.0
    return told
