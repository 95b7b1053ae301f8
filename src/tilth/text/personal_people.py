"""Is this the name of somebody, or the day when somebody was born? By the words beside it.

Names are found where a title, a salutation, a closing, a label or "my name is" tells that one follows, in English, German,
French, Spanish, Italian and Portuguese; dates of birth where a word for birth stands shortly before a date. A name alone
is not found.
"""

from __future__ import annotations

import re

Span = tuple[int, int]

BEFORE, LOOKED, APART = 48, 160, 40
"""Bytes before a word that tell what it means, those behind it in which a name is looked for, and those that may stand between
being born and the date."""

MOST_NAMES = 4
"""Words that a name has, particles apart."""

_TITLES = frozenset(
    "Mr Mrs Ms Mx Miss Dr Prof Professor Sir Dame Rev Reverend Mme Mlle Monsieur Madame Herr Frau Sr Sra Srta Signor Signora Dott "
    "MR MRS MS DR PROF HERR FRAU".split()
)
_SALUTATIONS = frozenset("dear hi hello hey liebe lieber cher bonjour estimado estimada querido querida caro cara prezado prezada".split())
_CLOSINGS = frozenset(
    "sincerely regards truly faithfully respectfully freundlichen cordialement atentamente saludos saluti atenciosamente groeten".split()
)
_LABELS = frozenset("name nom nombre nome patient attn".split())

_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_GAP = re.compile(r"[ \u00a0]{1,2}|\.[ \u00a0]?(?=[^\W\d_])|[ \u00a0]?\n(?=[^\W\d_])")
_PARTICLES = frozenset("al bin da de del della den der di do dos du e el ibn la le ten ter van von y zu zum".split())
_NO_NAMES = frozenset(
    (
        "a about above after again all also although am an and any apt are as at back be because been before being best board both but buyer by can "
        "chair chairman chairwoman chancellor city client colleague colleagues committee congress council customer customers dds deputy diary did "
        "director do does each editor else emeritus every everybody everyone family father folks for friend friends from general girls god governor "
        "guest guests guys had has have he heaven her here him his how i if in is it its jesus judge justice ladies lady lord madam man manager "
        "many mayor md member members minister miss moderator monday more most mother mr mrs ms my neighbor neighbors neighbour no not now of "
        "office officer on one or our parent parents people ph please president principal professor reader readers resident santa secretary seller "
        "senator shareholder she since sir sirs sister so some speaker staff student students suite sunday team thank thanks that the their then "
        "there these they this those to tuesday up us valued visitor was we wednesday welcome were what when where which while who why will with "
        "world would yes you your "
        "und oder der die das ein eine ich sie er wir ihr damen herren kunde kunden freunde et ou les une je il elle nous vous monsieur madame tous "
        "clients los las un una yo ella cliente amigo amigos senor señor señora señores todos gli lo"
    ).split()
)
"""What may stand, with a capital, where a name does."""

_QUALIFIED = re.compile(
    r"\b(?:first|last|full|given|family|middle|maiden|patient|customer|client|employee|student|contact|guest|legal|real|your|cardholder)"
    r"(?:'s)?[ _\-]?$",
    re.I,
)
_LINE_BEGINS = re.compile(r"(?:^|[\n|;•\t>]) ?[*\-]{0,2} ?$")
_MINE = {
    "name": re.compile(r"(?:\bmy|\bmein|\bher|\bhis) $", re.I),
    "nom": re.compile(r"\bmon $", re.I),
    "nombre": re.compile(r"\bmi $", re.I),
    "nome": re.compile(r"(?:\bmeu|\bmio) $", re.I),
    "appelle": re.compile(r"\b[mM]['’]$"),
    "llamo": re.compile(r"\bme $", re.I),
    "chamo": re.compile(r"\bme $", re.I),
    "chiamo": re.compile(r"\bmi $", re.I),
    "hei": re.compile(r"\bich $", re.I),
    "heisse": re.compile(r"\bich $", re.I),
}
"""What stands before words by which people say what they are called."""

_IS = re.compile(r"(?:ße)?(?:'s| is| was| ist| est| es| è| é)? ")
_LABEL = re.compile(r"[\"*]{0,2}[ \u00a0]?:[ \u00a0\"*]{0,4}\n?")
_BEHIND_TITLE = re.compile(r"\.?(?:[ \u00a0]{1,2}|\n)|\.(?=[^\W\d_])")
_STREET = re.compile(r"(?:\d[\w.]* (?:[\w.]+ ){0,3}|[A-Z]\w+,? )$")
_OPENS = re.compile(r"(?:^|[\n\"“”'‘>*.!?\-] ?)$")
_AFTER_GREETING = re.compile(r"[ ]?[,:!\n—–-]|[ ]?$")
_CLOSES = re.compile(r"(?:^|[\n.!?] {0,2})[^\n.!?]{0,24}$")
_SIGNED = re.compile(r"(?: \w+){0,2} ?,? ?\n{1,3} {0,4}[-–—]? ?")
_SIGNED_BESIDE = re.compile(r",? [-–—]? ?")
_ENDS_LINE = re.compile(r" ?(?:[,\n|(<]|$)")
_ENDS_TEXT = re.compile(r" ?(?:\n|$)")
_ENDS_LABEL = re.compile(r" ?(?:[.,;:\n|()<>\"\t*/]|$|  )")

_MONTHS = (
    rb"(?:jan(?:uar[yi]?|vier|eiro)?|feb(?:ruar[yi]?|braio)?|f\xc3\xa9v(?:rier)?|fevereiro|mar(?:ch|s|zo|\xc3\xa7o)?|m\xc3\xa4rz|apr(?:il|ile)?|avril|abril"
    rb"|ma[iy]o?|maggio|june?|juni|juin|junio|junho|giugno|july?|juli|juillet|julio|julho|luglio|aug(?:ust)?|ao\xc3\xbbt|agosto"
    rb"|sep(?:t|tember|tembre|tiembre)?|setembro|settembre|o[ck]t(?:ober|obre|ubre)?|ottobre|outubro|nov(?:ember|embre|iembre|embro)?"
    rb"|de[cz](?:ember|embro)?|d\xc3\xa9c(?:embre)?|diciembre|dicembre|dezembro|enero|febrero|gennaio)\.?"
)
_DAY, _MONTH, _YEAR = rb"(?:[12]\d|3[01]|0?[1-9])", rb"(?:1[0-2]|0?[1-9])", rb"(?:1[89]|20)\d\d"
_DATE = re.compile(
    rb"(?:%(y)s([.\-/])%(m)s\1%(d)s|(?:%(d)s([.\-/])%(m)s\2|%(m)s([.\-/])%(d)s\3)(?:%(y)s|\d\d)"
    rb"|%(d)s(?:st|nd|rd|th|er|\.)?(?: (?:of|de))? %(n)s(?:,| de| del)? %(y)s|%(n)s %(d)s(?:st|nd|rd|th)?,? %(y)s)(?![\d\-/])"
    % {b"y": _YEAR, b"m": _MONTH, b"d": _DAY, b"n": _MONTHS},
    re.I,
)
_SENTENCE = re.compile(rb"[^.;!?\n\d]*")
_NE = re.compile(rb"\xc3\xa9e?(?:\(e\))? ")
_AT_ONCE = re.compile(
    rb"[ \t](?:is|was|on|ist|est|es|am|le)(?:[ \t](?:on|am|le|el|il))?[ \t]"
    rb"|\.?[\"'*]{0,2}(?: ?\([A-Za-z/.\- ]{4,12}\))?[ \t]{0,2}[:=\-|(,]?[ \t]{0,2}\n?[\"'*]{0,2}"
)
_ONLY_AFTER = {
    "birth": re.compile(r"(?:\b(?:date|day|d)[ _]of[ _]|\b(?:date|day) (?:and|&) place of )$", re.I),
    "b": re.compile(r"\bd\.? ?o\.? ?$", re.I),
    "naissance": re.compile(r"\bdate de $", re.I),
    "nascita": re.compile(r"\bdata di $", re.I),
    "nascimento": re.compile(r"\bdata de $", re.I),
    "nacimiento": re.compile(r"\bfecha de $", re.I),
}
"""What must stand before a word that otherwise speaks of births alone."""

_CLOSE = frozenset((*_ONLY_AFTER, "dob", "birthdate", "birthday", "geburtsdatum", "geboortedatum", "geb"))
"""Words behind which the date follows at once."""

_APART = frozenset("born geboren nacido nacida nato nata nascido nascida n".split())
"""Words in whose sentence the date follows, with a place or a name between."""


def people(text: bytes, start: int, stop: int) -> list[Span]:
    """Names of people beside the word at this place: behind its title, greeting or label, or below its closing. Only the name, without
    the title: `Mr. `, `Dear ` stay."""
    word = text[start:stop].decode()
    before = text[max(0, start - BEFORE) : start].decode(errors="ignore")
    behind = text[stop : stop + LOOKED].decode(errors="ignore")
    span = None if before[-1:].isalnum() else _behind(word, before, behind)
    if not span:
        return []
    begin = stop + len(behind[: span[0]].encode())
    return [(begin, begin + len(behind[slice(*span)].encode()))]


def _behind(word: str, before: str, behind: str) -> Span | None:
    """Where, behind a word, a name stands, in characters."""
    low = word.lower()
    if word in _TITLES:
        return _titled(word, before, behind)
    if low in _SALUTATIONS:
        greets = word[0].isupper() and behind[:1] == " " and _OPENS.search(before)
        return _named(behind, 1, _AFTER_GREETING) if greets else None
    if low in _CLOSINGS:
        return _signed(before, behind)
    if low in _MINE and _MINE[low].search(before):
        told = _IS.match(behind)
        return _named(behind, told.end()) if told else None
    return _labelled(before, behind) if low in _LABELS else None


def _titled(title: str, before: str, behind: str) -> Span | None:
    """Behind a title; not where `Dr` ends the name of a street and `Sr` that of a father."""
    gap = None if title.lower() in ("dr", "sr") and _STREET.search(before) else _BEHIND_TITLE.match(behind)
    span = _named(behind, gap.end()) if gap else None
    written = behind[slice(*span)] if span else ""
    return span if behind[:1] == "." or written.isupper() or not title.isupper() else None


def _signed(before: str, behind: str) -> Span | None:
    """Below a closing, on a line of its own; or at the end of a text, two words at least, where lines were joined."""
    if not _CLOSES.search(before):
        return None
    if below := _SIGNED.match(behind):
        return _named(behind, below.end(), _ENDS_LINE)
    beside = _SIGNED_BESIDE.match(behind)
    return _named(behind, beside.end(), _ENDS_TEXT, least=2) if beside else None


def _labelled(before: str, behind: str) -> Span | None:
    """Behind `Name:`, two words at least; behind `First name:` and the like, one."""
    label, qualified = _LABEL.match(behind), _QUALIFIED.search(before)
    if not label or not (qualified or _LINE_BEGINS.search(before)):
        return None
    return _named(behind, label.end(), _ENDS_LABEL, least=1 if qualified else 2)


def _named(behind: str, at: int, ends: re.Pattern[str] | None = None, least: int = 1) -> Span | None:
    """A name that begins here: words with capitals, initials, and particles between them. `ends`: what must follow it."""
    end, names, place = at, 0, at
    while names < MOST_NAMES and (word := _WORD.match(behind, place)):
        written = re.sub(r"['’]s$", "", word[0])
        gap = _GAP.match(behind, word.end())
        if not names and written in _TITLES and gap:
            at = end = place = gap.end()
            continue
        between = names and written in _PARTICLES
        if not between and (not written[0].isupper() or written.lower() in _NO_NAMES or written.startswith(("I'", "I’"))):
            break
        if written[0].isupper():
            names, end = names + 1, place + len(written)
        if not gap or written != word[0] or (gap[0][0] == "." and len(written) > 2) or (gap[0][-1] == "\n" and ends):
            break
        place = gap.end()
    if names < least or end - at < 2 or behind[end : end + 1] in ("@", "_") or (ends and not ends.match(behind, end)):
        return None
    return at, end


def birth(text: bytes, start: int, stop: int) -> Span | None:
    """A date with day, month and year: right behind a word for a date of birth, or in the same sentence within 40 bytes behind
    a word for being born, no other number between."""
    word = text[start:stop].decode().lower()
    before = text[max(0, start - BEFORE) : start].decode(errors="ignore")
    if before[-1:].isalnum() or text[start:stop] == b"NATO":
        return None
    if word in _CLOSE:
        gap = _AT_ONCE.match(text, stop, stop + 24) if word not in _ONLY_AFTER or _ONLY_AFTER[word].search(before) else None
        return _dated(_DATE.match(text, gap.end(), gap.end() + LOOKED)) if gap else None
    if word not in _APART or (word == "n" and not _NE.match(text, stop)):
        return None
    within = _SENTENCE.match(text, stop, stop + APART)
    return _dated(_DATE.search(text, stop, stop + APART + LOOKED), within.end() if within else stop)


def _dated(found: re.Match[bytes] | None, until: int | None = None) -> Span | None:
    """Where a date stands, if it begins early enough, and not within a word."""
    if not found or (until is not None and found.start() > until) or found.string[found.start() - 1 : found.start()].isalnum():
        return None
    return found.span()
