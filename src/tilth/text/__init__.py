"""What is this text? Measures that are known about a text, and never a decision."""

from __future__ import annotations

MEASURES: dict[str, str] = {
    "characters": "how many Unicode code points the text has",
    "words": "how many words it has: pieces between white space, as Python's str.split()",
    "lines": "how many lines it has that are not blank, as Python's str.splitlines()",
    "mean_word_length": "code points in words, divided by words",
    "hash_ratio": "number of #, divided by words",
    "ellipsis_ratio": "number of … and of three dots in a row, divided by words",
    "bullet_lines": "share of the lines that begin with a bullet: • or -",
    "ellipsis_lines": "share of the lines that end in … or in three dots",
    "alphabetic_words": "share of the words that have at least one letter",
    "stop_words": "how many of the eight words the, be, to, of, and, that, have, with occur",
    "duplicate_paragraphs": "share of the paragraphs that have occurred before",
    "duplicate_paragraph_characters": "share of the characters that stand in paragraphs that have occurred before",
    "duplicate_lines": "share of the lines that have occurred before",
    "duplicate_line_characters": "share of the characters that stand in lines that have occurred before",
    "top_2_gram": "share of the characters that the most frequent pair of words covers",
    "top_3_gram": "share of the characters that the most frequent run of 3 words covers",
    "top_4_gram": "share of the characters that the most frequent run of 4 words covers",
    "duplicate_5_grams": "share of the characters in runs of 5 words that have occurred before",
    "duplicate_6_grams": "share of the characters in runs of 6 words that have occurred before",
    "duplicate_7_grams": "share of the characters in runs of 7 words that have occurred before",
    "duplicate_8_grams": "share of the characters in runs of 8 words that have occurred before",
    "duplicate_9_grams": "share of the characters in runs of 9 words that have occurred before",
    "duplicate_10_grams": "share of the characters in runs of 10 words that have occurred before",
    "where": "1 where an SQL expression over the row's columns is true, 0 where it is false or unknown",
}
"""Every measure's name and what it means."""
