"""Names and dates of birth, told by the words beside them. All names are made up or of no living person."""

import re

import pytest

from tilth.text.personal_people import birth, people
from tilth.text.personal_places import BIRTH_HINTS, NAME_HINTS


def found(rule, hints, text):
    """What the rule finds at any word of the text that is worth a look."""
    data, told = text.encode(), []
    for word in re.finditer(rb"[A-Za-z0-9]+", data):
        if word[0].lower()[:8].decode() in {hint[:8] for hint in hints}:
            spans = rule(data, *word.span())
            told += spans if isinstance(spans, list) else [spans] if spans else []
    return [data[slice(*span)].decode() for span in dict.fromkeys(told)]


def names(text):
    return found(people, NAME_HINTS, text)


def dates(text):
    return found(birth, BIRTH_HINTS, text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ask Mr. Ashdown about it.", "Ashdown"),
        ("Ask Mr Ashdown about it.", "Ashdown"),
        ("Ask MRS. BIRKETT about it.", "BIRKETT"),
        ("Dr. Alba C. Birkett-Oakes, of Oslo", "Alba C. Birkett-Oakes"),
        ("Prof. Dr. Edda von der Aue said", "Edda von der Aue"),
        ("Miss O'Garrow's hat", "O'Garrow"),
        ("It was Sir\nBram who", "Bram"),
        ("Sehr geehrte Frau Müller,", "Müller"),
        ("Chère Mme Lefèvre,", "Lefèvre"),
        ("Estimada Sra. Núñez:", "Núñez"),
        ("Dear Cleo,\nthank you", "Cleo"),
        ("Dear Cleo Calloway:", "Cleo Calloway"),
        ("Dear Dr. Calloway,", "Calloway"),
        ("Done.\nHi Joss,", "Joss"),
        ("Bonjour Iris,", "Iris"),
        ("Lieber Falk,", "Falk"),
        ("My name is Gwen Hollis and", "Gwen Hollis"),
        ("his name was Hale", "Hale"),
        ("ich heiße Mira.", "Mira"),
        ("Je m'appelle Orla Sorrel.", "Orla Sorrel"),
        ("me llamo Niko y", "Niko"),
        ("Full name: Kaia Merriden\n", "Kaia Merriden"),
        ("First name: Kaia; Last name: Merriden", "Kaia"),
        ("\nName: Lorn Northgate\nAge: 7", "Lorn Northgate"),
        ("Kind regards,\nPiers Quillon\nDirector", "Piers Quillon"),
        ("Thanks.\nYours sincerely,\n\nP. Quillon", "P. Quillon"),
        ("Mit freundlichen Grüßen\nDorian Yarrow", "Dorian Yarrow"),
        ("We hope to see you. Sincerely, Alba Vantry", "Alba Vantry"),
    ],
)
def test_a_name_is_found_beside_a_word_for_it_and_without_it(text, name):
    assert names(text)[:1] == [name]


@pytest.mark.parametrize(
    "text",
    [
        "Dear Sir or Madam,",
        "Dear Customer,",
        "Dear friends,",
        "oh dear Lord, no",
        "Hello World!",
        "Hi there, all",
        "Hello Fresh is a company",
        "I miss John",
        "Mr. and Mrs.",
        "Mr. President, we",
        "Ms. He came",
        "they live at 12 Oak Dr. Springfield",
        "Sam Birkett Sr. Dinner is",
        "MS Word and DR Congo",
        "my name is not important",
        "the file name: Report Final",
        "Name: Apple\n",
        "As regards the Committee,",
        "truly, Madly, deeply",
        "professional Golf",
        "Dear Ada@example",
        "éMr. Ashdown",
    ],
)
def test_words_with_capitals_that_name_nobody_are_let_be(text):
    assert names(text) == []


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("DOB: 1974-05-12", "1974-05-12"),
        ("D.O.B. 12/05/1974", "12/05/1974"),
        ("Date of Birth (dd/mm/yyyy): 12.05.74", "12.05.74"),
        ("date of birth is May 12, 1974.", "May 12, 1974"),
        ("my birthday is 12th of May 1974", "12th of May 1974"),
        ("born 12 May 1974", "12 May 1974"),
        ("She was born in Paris, France, on May 3rd, 1988, as", "May 3rd, 1988"),
        ("(born 3 November 1933)", "3 November 1933"),
        ("geboren am 12. März 1950 in Ulm", "12. März 1950"),
        ("Geburtsdatum: 12.03.1950", "12.03.1950"),
        ("née le 12 août 1950", "12 août 1950"),
        ("date de naissance : 12/03/1950", "12/03/1950"),
        ("nacido en Lima el 12 de marzo de 1950", "12 de marzo de 1950"),
        ("nata a Roma il 12 marzo 1950", "12 marzo 1950"),
        ("data de nascimento: 12/03/1950", "12/03/1950"),
    ],
)
def test_a_date_is_found_behind_a_word_for_birth(text, date):
    assert dates(text) == [date]


@pytest.mark.parametrize(
    "text",
    [
        "born in 1974",
        "born free. On 12 May 1974 he left",
        "born the 3rd of 5 children on 12 May 1974",
        "the birth rate of 12/05/1974",
        "NATO was founded on 4 April 1949",
        "reborn 12 May 1974",
        "born 45/17/1974",
        "DOB unknown, seen 12/05/1974",
        "n° 12/05/1974",
        "born at a place whose name is much longer than forty bytes on 12 May 1974",
        "date of birth 12/05/1974-3",
    ],
)
def test_other_dates_are_let_be(text):
    assert dates(text) == []
