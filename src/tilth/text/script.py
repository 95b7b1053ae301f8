"""Script: in which one most letters of a text are written, and which share of them.

A letter is a character of Unicode's category L, and its script is its property Script, taken from RE2's tables, which
come with pyarrow. The answer is a code of ISO 15924; `NAMES` has its English name.

Two languages mix scripts. Han and kana together are Japanese (Jpan) where at least a tenth of them are kana, and Han
and Hangul are Korean (Kore) where at least a tenth are Hangul; else Han alone is counted. Kana and Hangul alone are
Japanese and Korean too. Letters that belong to no one script (ª, ˈ, 𝐀) count among all letters, and are the answer
(Zyyy) only where they are most. Of two scripts with as many letters, the answer is the first in the alphabet of their
names in Unicode.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.text.buffers import present, share, spans
from tilth.text.characters import decode
from tilth.text.kernel import Bytes, Counts, Offsets, kept, kernel

_LISTED = """
    Adlm Adlam, Aghb Caucasian_Albanian, Ahom Ahom, Hluw Anatolian_Hieroglyphs, Arab Arabic, Armn Armenian, Avst Avestan, Bali Balinese,
    Bamu Bamum, Bass Bassa_Vah, Batk Batak, Beng Bengali, Bhks Bhaiksuki, Bopo Bopomofo, Brah Brahmi, Bugi Buginese, Buhd Buhid,
    Cans Canadian_Aboriginal, Cari Carian, Cakm Chakma, Cham Cham, Cher Cherokee, Chrs Chorasmian, Copt Coptic, Xsux Cuneiform,
    Cprt Cypriot, Cpmn Cypro_Minoan, Cyrl Cyrillic, Dsrt Deseret, Deva Devanagari, Diak Dives_Akuru, Dogr Dogra, Dupl Duployan,
    Egyp Egyptian_Hieroglyphs, Elba Elbasan, Elym Elymaic, Ethi Ethiopic, Geor Georgian, Glag Glagolitic, Goth Gothic, Gran Grantha,
    Grek Greek, Gujr Gujarati, Gong Gunjala_Gondi, Guru Gurmukhi, Hani Han, Hang Hangul, Rohg Hanifi_Rohingya, Hano Hanunoo, Hatr Hatran,
    Hebr Hebrew, Hira Hiragana, Armi Imperial_Aramaic, Phli Inscriptional_Pahlavi, Prti Inscriptional_Parthian, Java Javanese,
    Kthi Kaithi, Knda Kannada, Kana Katakana, Kawi Kawi, Kali Kayah_Li, Khar Kharoshthi, Kits Khitan_Small_Script, Khmr Khmer, Khoj Khojki,
    Sind Khudawadi, Laoo Lao, Latn Latin, Lepc Lepcha, Limb Limbu, Lina Linear_A, Linb Linear_B, Lisu Lisu, Lyci Lycian, Lydi Lydian,
    Mahj Mahajani, Maka Makasar, Mlym Malayalam, Mand Mandaic, Mani Manichaean, Marc Marchen, Gonm Masaram_Gondi, Medf Medefaidrin,
    Mtei Meetei_Mayek, Mend Mende_Kikakui, Merc Meroitic_Cursive, Mero Meroitic_Hieroglyphs, Plrd Miao, Modi Modi, Mong Mongolian,
    Mroo Mro, Mult Multani, Mymr Myanmar, Nbat Nabataean, Nagm Nag_Mundari, Nand Nandinagari, Talu New_Tai_Lue, Newa Newa, Nkoo Nko,
    Nshu Nushu, Hmnp Nyiakeng_Puachue_Hmong, Ogam Ogham, Olck Ol_Chiki, Hung Old_Hungarian, Ital Old_Italic, Narb Old_North_Arabian,
    Perm Old_Permic, Xpeo Old_Persian, Sogo Old_Sogdian, Sarb Old_South_Arabian, Orkh Old_Turkic, Ougr Old_Uyghur, Orya Oriya, Osge Osage,
    Osma Osmanya, Hmng Pahawh_Hmong, Palm Palmyrene, Pauc Pau_Cin_Hau, Phag Phags_Pa, Phnx Phoenician, Phlp Psalter_Pahlavi, Rjng Rejang,
    Runr Runic, Samr Samaritan, Saur Saurashtra, Shrd Sharada, Shaw Shavian, Sidd Siddham, Sinh Sinhala, Sogd Sogdian, Sora Sora_Sompeng,
    Soyo Soyombo, Sund Sundanese, Sylo Syloti_Nagri, Syrc Syriac, Tglg Tagalog, Tagb Tagbanwa, Tale Tai_Le, Lana Tai_Tham, Tavt Tai_Viet,
    Takr Takri, Taml Tamil, Tnsa Tangsa, Tang Tangut, Telu Telugu, Thaa Thaana, Thai Thai, Tibt Tibetan, Tfng Tifinagh, Tirh Tirhuta,
    Toto Toto, Ugar Ugaritic, Vaii Vai, Vith Vithkuqi, Wcho Wancho, Wara Warang_Citi, Yezi Yezidi, Yiii Yi, Zanb Zanabazar_Square
"""
"""The scripts of Unicode 15 that have letters: their codes of ISO 15924 and their names in Unicode."""

_SCRIPTS = tuple((pair.split()[0], pair.split()[1]) for pair in _LISTED.split(","))
_CODES = ("Zyyy", *(code for code, _ in _SCRIPTS), "Jpan", "Kore")
COMMON, JAPANESE, KOREAN = 0, len(_CODES) - 2, len(_CODES) - 1
HAN, HANGUL, HIRAGANA, KATAKANA, LATIN = (_CODES.index(code) for code in ("Hani", "Hang", "Hira", "Kana", "Latn"))
NO_LETTER = 0xFF
"""In the table of scripts: no letter."""

NAMES: Mapping[str, str] = MappingProxyType(
    {code: name.replace("_", " ") for code, name in _SCRIPTS} | {"Jpan": "Japanese", "Kore": "Korean", "Zyyy": "of no one script"}
)
"""The English name of each script that is told, by its code of ISO 15924."""

TENTH = 10
"""Of the letters of both, this part at least must be those that only the one language has."""


def script(column: pa.Array) -> Mapping[str, pa.Array]:
    """`script` (a code of ISO 15924, large_string) and `script_share` (double, the share of the letters that are written in it)
    of each text; both null for a null and for what has no letter."""
    data, offsets = spans(column)
    totals = np.empty((len(column), 3), np.int64)
    _scripts(data, offsets, _table(), totals)
    best, written, letters = totals.T
    told = present(column) & (letters > 0)
    codes = pa.array(_CODES, pa.large_string()).take(pa.array(best, mask=~told))
    return {"script": codes, "script_share": share(written, letters, told)}


def prepare() -> None:
    """Compile what `script` needs, before workers start."""
    _table()
    _scripts.compile()


@cache
def _table() -> npt.NDArray[np.uint8]:
    """The script of every code point, as its place in `_CODES`: 1.1 MB, made in a second, and kept on disk."""
    return kept("scripts", _make_table)


def _make_table() -> npt.NDArray[np.uint8]:
    every = pa.array([chr(number) for number in range(0x110000) if not 0xD800 <= number < 0xE000], pa.large_string())
    table = np.full(0x110000, NO_LETTER, np.uint8)
    left = every.filter(pc.match_substring_regex(every, r"\p{L}"))
    table[_numbers(left)] = COMMON
    common = ("Han", "Hangul", "Latin", "Arabic", "Common")  # most letters first: what is found is not looked for again
    for name in sorted((name for _, name in _SCRIPTS), key=lambda name: name not in common):
        found = pc.match_substring_regex(left, rf"\p{{{name}}}")
        table[_numbers(left.filter(found))] = [one for _, one in _SCRIPTS].index(name) + 1
        left = left.filter(pc.invert(found))
    table[[0x30FC, 0xFF70]] = KATAKANA  # ー, which prolongs a vowel: by Script_Extensions it belongs to kana
    return table


def _numbers(characters: pa.LargeStringArray) -> npt.NDArray[np.int64]:
    return np.array([ord(one) for one in characters.to_pylist()], np.int64)


@kernel
def _scripts(data: Bytes, offsets: Offsets, table: Bytes, totals: Counts) -> None:
    counts = np.zeros(len(_CODES), np.int64)
    for row in range(len(offsets) - 1):
        counts[:] = 0
        letters = _count(data[offsets[row] : offsets[row + 1]], table, counts)
        _join(counts)
        best = int(np.argmax(counts[1:])) + 1
        best = best if counts[best] >= counts[COMMON] else COMMON
        totals[row, 0], totals[row, 1], totals[row, 2] = best, counts[best], letters


@kernel
def _count(data: Bytes, table: Bytes, counts: Counts) -> int:
    """Count the letters of each script; how many letters there are."""
    latin = letters = at = 0
    while at < len(data):
        code = int(np.int64(data[at]))
        if code < 128:
            latin += 97 <= code | 0x20 <= 122
            at += 1
            continue
        code, width = decode(data, at, len(data))
        at += width
        kind = table[code]
        if kind != NO_LETTER:
            counts[kind] += 1
            letters += 1
    counts[LATIN] += latin
    return letters + latin


@kernel
def _join(counts: Counts) -> None:
    """Make Japanese of Han and kana, and Korean of Han and Hangul. Han goes to whichever has more letters of its own."""
    kana, hangul, han = counts[HIRAGANA] + counts[KATAKANA], counts[HANGUL], counts[HAN]
    counts[HIRAGANA] = counts[KATAKANA] = counts[HANGUL] = 0
    counts[JAPANESE], counts[KOREAN] = kana, hangul
    if kana >= hangul and kana * TENTH >= kana + han:
        counts[JAPANESE], counts[HAN] = kana + han, 0
    elif hangul > kana and hangul * TENTH >= hangul + han:
        counts[KOREAN], counts[HAN] = hangul + han, 0
