"""Bosnian, Croatian and Serbian, told apart by the words that only one or two of them have.

They share their grammar and most of their words, so that counts of letters tell little. What tells is the vowel of
words such as `vreme`, which is `vrijeme` in Bosnian and Croatian (ekavian and ijekavian), the names of months, and
some hundred words for daily things. Each such word makes the languages that have it `ODDS` times as probable.

The words are those that grammars name as differences, and none was taken from a file of examples. Of Django's messages
in Serbian and Latin letters, eight at a time, 0.82 are told as Serbian, and 0.21 without this. Montenegrin is told as
Bosnian. No such table helps with Malay and Indonesian, which the two voters tell apart in texts of some sentences.
"""

from __future__ import annotations

import re

ODDS = 8.0
"""How much a word speaks for the languages that have it. It may stand in a quotation or a name, so it is no proof."""

WORDS = {
    "hr": """
        tko netko nitko svatko tisuća tisuće tisuću tjedan tjedna tjedana tijekom siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza
        rujna listopada studenog studenoga prosinca kazalište kazališta glazba glazbe glazbeni sveučilište sveučilišta povijest povijesti
        povijesni zrakoplov vlak kruh europa europe europi europski europske europskog izvješće ravnatelj tvrtka tvrtke tvrtku obitelj obitelji
        obrana obrane suradnja suradnje gospodarstvo gospodarstva gospodarski tajnik unatoč točka točke točno natjecanje skladatelj uporaba
        uporabe zaporka sustav sustava razina razine dojam stupanj
    """,
    "sr": """
        gde negde ovde uvek pre posle vreme vremenom reč reči deca dece dete mesto mestu mesta svetski deo delova čovek čoveka reka reke lepo belo
        mleko hteo želeo videti nedelja nedelje vek veka veku istorija istorije sledeći sledeće primer primera predsednik predsednika rešenje
        promena promene izmena izmene uspeh uspeha vrednost vrednosti obaveštenje zahtev zahteva avgusta opština opštine odeljenje telo leto
        letnji poslednji ponedeljak sreda cena cene rečnik bezbednost ceo cela celo menja zameni
    """,
    "bs": """
        historija historije historiju historijski lahko mehko kahva kahve augusta hljeb uposlenik
    """,
    "bs hr": """
        gdje negdje ovdje uvijek prije poslije vrijeme riječ riječi djeca djece dijete mjesto mjestu mjesta svijet svijeta svijetu svjetski dio
        dijela čovjek čovjeka rijeka rijeke lijepo bijelo mlijeko htio želio vidio vidjeti nedjelja nedjelje vijek vijeka sljedeći sljedeće
        primjer primjera predsjednik predsjednika rješenje promjena promjene izmjena izmjene uspjeh uspjeha vrijednost vrijednosti obavještenje
        zahtjev zahtjeva općina općine opće općenito također prijevoz otok otoka otoku uvjet uvjeti uvjeta tijelo ljeto ljetni posljednji
        ponedjeljak srijeda cijena cijene rječnik cijeli cijela cijelo mijenja zamijeni
    """,
    "bs sr": """
        ko niko šta takođe hiljada hiljade hiljadu sedmica sedmice sedmicu januara februara aprila juna jula septembra oktobra novembra decembra
        evropa evrope evropi evropski evropske evropskog muzika muzike muzički univerzitet univerziteta pozorište pozorišta porodica porodice
        fabrika fabrike voz saradnja saradnje sekretar tačka tačke tačno sistem sistema organizovan organizovana organizovano učestvovao kafa
        uslov uslovi uslova odbrana odbrane preduzeće
    """,
}
"""The words that only some have, by the languages that have them."""

_HAVE = {word: frozenset(codes.split()) for codes, words in WORDS.items() for word in words.split()}
_WORD = re.compile(r"\w+")


def odds(code: str, text: str) -> dict[str, float]:
    """How probable each of the three is by the words of a text, the most probable being 1; empty where `code` is none of them."""
    if code not in ("bs", "hr", "sr"):
        return {}
    told = [_HAVE[word] for word in _WORD.findall(text.lower()) if word in _HAVE]
    words = {one: sum(one in have for have in told) for one in ("bs", "hr", "sr")}
    return {one: ODDS ** (count - max(words.values())) for one, count in words.items()}
