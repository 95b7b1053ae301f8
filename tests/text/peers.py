"""The definitions of other tools in plain Python, as twins of the dialects: each written from what its docstring says."""

import re
from collections import Counter
from statistics import median

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
TOP, DUPLICATE = (2, 3, 4), (5, 6, 7, 8, 9, 10)


def share(part, whole):
    return part / whole if whole else None


def grams(words, length):
    return [tuple(words[place : place + length]) for place in range(len(words) - length + 1)]


def size(run):
    return sum(map(len, run))


def again(pieces):
    """Those that have occurred before."""
    return [piece for place, piece in enumerate(pieces) if piece in pieces[:place]]


def copies(pieces):
    """All of those that occur more than once."""
    return [piece for piece in pieces if pieces.count(piece) > 1]


def first_most_common(runs):
    counts = Counter(runs)
    most = max(counts.values())
    return next(run for run in runs if counts[run] == most), most


def greedy(words, length):
    """The characters of runs met before, each stepped over."""
    seen, place, found = set(), 0, 0
    while place <= len(words) - length:
        run = "".join(words[place : place + length])
        if run in seen:
            found += len(run)
            place += length
        else:
            seen.add(run)
            place += 1
    return found


def union(words, length):
    """The characters of words in any run that occurs more than once."""
    counts = Counter(grams(words, length))
    covered = {place + word for place, run in enumerate(grams(words, length)) if counts[run] > 1 for word in range(length)}
    return sum(len(words[place]) for place in covered)


def second(words, length):
    """NeMo Curator's count of the runs that have occurred before."""
    seen, found, overlap = set(), 0, 0
    for run in grams(words, length):
        if run in seen:
            found += size(run[overlap:]) + min(length - overlap, length - 1)
            overlap = length
        seen.add(run)
        overlap = max(overlap - 1, 0)
    return found


def dolma_gopher(text):
    words, lines = text.split(), re.split("\n+", text)
    return {
        "words": len(words),
        "median_word_length": float(median(map(len, words))) if words else 0.0,
        "symbol_words": sum("#" in word or "…" in word for word in words) / max(len(words), 1),
        "alphabetic_words": sum(any(map(str.isalpha, word)) for word in words) / max(len(words), 1),
        "stop_words": sum(word in STOP_WORDS for word in words),
        "bullet_lines": share(sum(line.startswith(("*", "-")) for line in lines), len(lines)),
        "ellipsis_lines": share(sum(line.endswith("…") for line in lines), len(lines)),
    }


def dolma_repetition(text):
    words, lines = text.split(), re.split("\n+", text)
    characters = max(size(words), 1)
    measures = {
        "duplicate_lines": len(copies(lines)) / len(lines),
        "duplicate_line_characters": size(copies(lines)) / characters,
    }
    for length in TOP + DUPLICATE:
        runs = grams(words, length)
        if length in TOP:
            run, count = first_most_common(runs) if runs else ((), 0)
            measures[f"top_{length}_gram"] = count * size(run) / characters if runs else None
        else:
            counts = Counter(runs)
            repeated = sum(size(run) for run in runs if counts[run] > 1)
            measures[f"duplicate_{length}_grams"] = repeated / max(sum(map(size, runs)), 1) if runs else None
    return measures


def curator_gopher(text):
    words, lines = text.split(), [line.strip() for line in text.split("\n") if line.strip()]
    marks = ("...", "[...]", "…", "(...)", "[…]", "-»", "read more..", "read more")
    return {
        "symbol_words": share(sum(word in marks or len(re.findall("#+", word)) / len(word) > 0.5 for word in words), len(words)),
        "words": len(words),
        "stop_words": min(2, sum(word in STOP_WORDS for word in words)),
        "mean_word_length": share(size(words), len(words)),
        "ellipsis_lines": share(sum(line.lower().endswith(marks) for line in lines), len(lines)),
        "bullet_lines": share(sum(line[0] in "•‣⁃⁌⁍∙○●◘◦⦾⦿" for line in lines), len(lines)),
    }


def curator_repetition(text):
    words, lines, paragraphs = text.split(), [line for line in text.split("\n") if line.strip()], text.split("\n\n")
    measures = {
        "unique_lines": share(len(set(lines)), len(lines)),
        "unique_line_characters": share(size(set(lines)), size(lines)),
        "unique_paragraphs": share(len(set(paragraphs)), len(paragraphs)),
        "unique_paragraph_characters": share(size(set(paragraphs)), size(paragraphs)),
    }
    for length in TOP + DUPLICATE:
        runs = grams(words, length)
        if not runs:
            measures[f"top_{length}_gram" if length in TOP else f"duplicate_{length}_grams"] = 1.0
        elif length in TOP:
            left = text.replace(" ".join(first_most_common(runs)[0]), "")
            measures[f"top_{length}_gram"] = (len(text) - len(left)) / len(text)
        else:
            measures[f"duplicate_{length}_grams"] = second(words, length) / len(text)
    return measures


def curator_c4(text):
    words, lines = text.split(), [line.strip() for line in text.split("\n") if line.strip()]
    return {
        "unended_lines": share(sum(not line.endswith((".", "?", "!", '"', "'")) for line in lines), len(lines)),
        "longest_word": max(map(len, words), default=None),
    }


def dclm_repetition(text, words):
    measures = {}
    for name, end in (("line", "\n"), ("paragraph", "\n\n")):
        segments = [segment.strip() for segment in text.split(end) if segment.strip()]
        measures[f"duplicate_{name}s"] = len(copies(segments)) / len(segments) if segments else 1.0
        measures[f"duplicate_{name}_characters"] = size(copies(segments)) / size(segments) if segments else 1.0
    for length in TOP + DUPLICATE:
        runs = grams(words, length)
        if length in TOP:
            most = first_most_common(runs)[1] if runs else 0
            longest = max((size(run) for run in runs if runs.count(run) == most), default=0)
            measures[f"top_{length}_gram"] = (most * longest if most > 1 else 0) / size(words) if runs else None
        else:
            measures[f"duplicate_{length}_grams"] = union(words, length) / size(words) if runs else None
    return measures


def dclm_gopher(text):
    words, lines = text.split(), [line.strip() for line in text.split("\n") if line.strip()]
    return {
        "words": sum(word[0].isalnum() for word in re.split("[\0\t\n\v\f\r ]+", text) if word),
        "mean_word_length": share(size(words), len(words)),
        "symbol_ratio": share(sum(map(text.count, ("#", "...", ". . .", "…"))), len(words)),
        "bullet_lines": share(sum(line[0] in "●•*-" for line in lines), len(lines)),
        "ellipsis_lines": share(sum(line.endswith(("...", ". . .", "…")) for line in lines), len(lines)),
        "non_alphabetic_words": share(sum(not any(map(str.isalpha, word)) for word in words), len(words)),
        "stop_words": sum(word.lower() in STOP_WORDS for word in words),
    }


def datatrove_gopher(text, words, marks):
    real, lines = [word for word in words if set(word) - marks], text.splitlines()
    return {
        "words": len(real),
        "mean_word_length": share(size(real), len(real)),
        "hash_ratio": share(text.count("#"), len(words)),
        "ellipsis_ratio": share(text.count("...") + text.count("…"), len(words)),
        "bullet_lines": share(sum(line.lstrip().startswith(("•", "-")) for line in lines), len(lines)),
        "ellipsis_lines": share(sum(line.rstrip().endswith(("...", "…")) for line in lines), len(lines)),
        "alphabetic_words": share(sum(any(map(str.isalpha, word)) for word in words), len(words)),
        "stop_words": len(set(STOP_WORDS) & set(words)),
    }


def datatrove_repetition(text, words):
    measures = {}
    for name, pieces in (("paragraph", re.split("\n{2,}", text.strip())), ("line", re.split("\n+", text))):
        measures[f"duplicate_{name}s"] = len(again(pieces)) / len(pieces)
        measures[f"duplicate_{name}_characters"] = share(size(again(pieces)), len(text))
    for length in TOP + DUPLICATE:
        if length in TOP:
            runs = [" ".join(run) for run in grams(words, length)]
            run, count = first_most_common(runs) if runs else ("", 0)
            measures[f"top_{length}_gram"] = len(run) * count / len(text) if runs else None
        else:
            measures[f"duplicate_{length}_grams"] = share(greedy(words, length), len(text))
    return measures


def datatrove_fineweb(text, words, stops):
    lines = [line for line in text.split("\n") if line.strip()]
    return {
        "lines": len(lines),
        "ended_lines": share(sum(line[-1] in stops for line in lines), len(lines)),
        "short_lines": share(sum(len(line) <= 30 for line in lines), len(lines)),
        "repeated_line_characters": share(size(again(lines)), len(text.replace("\n", ""))),
        "newline_ratio": share(text.count("\n"), len(words)),
    }
