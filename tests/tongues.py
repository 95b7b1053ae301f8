"""Sentences of our own in several languages, for the tests."""

SENTENCES = {
    "en": [
        "The kettle was already singing when she came down into the kitchen.",
        "Nobody had told him that the last train leaves before midnight.",
        "We planted two rows of beans behind the shed and forgot about them.",
        "If the rain stops by noon, they will carry the tables outside again.",
    ],
    "de": [
        "Als sie in die Küche kam, pfiff der Kessel schon auf dem Herd.",
        "Niemand hatte ihm gesagt, dass der letzte Zug vor Mitternacht fährt.",
        "Hinter dem Schuppen haben wir zwei Reihen Bohnen gesät und sie vergessen.",
    ],
    "fr": [
        "La bouilloire chantait déjà quand elle est descendue à la cuisine.",
        "Personne ne lui avait dit que le dernier train part avant minuit.",
    ],
    "no": [
        "Ingen hadde fortalt ham at det siste toget går før midnatt.",
        "Ingen hadde fortalt han at det siste toget går før midnatt, og no stod han åleine att på stasjonen.",
    ],
    "ru": ["Никто не сказал ему, что последний поезд уходит до полуночи."],
    "el": ["Κανείς δεν του είχε πει ότι το τελευταίο τρένο φεύγει πριν τα μεσάνυχτα."],
    "zh": ["没有人告诉他最后一班火车在午夜之前离开。", "沒有人告訴他最後一班火車在午夜之前離開。"],
    "ja": ["最後の電車が真夜中前に出ることを、誰も彼に教えなかった。"],
    "ko": ["마지막 기차가 자정 전에 떠난다는 것을 아무도 그에게 말해 주지 않았다."],
    "th": ["ไม่มีใครบอกเขาว่ารถไฟขบวนสุดท้ายออกก่อนเที่ยงคืน"],
    "ar": ["لم يخبره أحد أن القطار الأخير يغادر قبل منتصف الليل."],
    "he": ["איש לא אמר לו שהרכבת האחרונה יוצאת לפני חצות."],
    "mi": ["Kāore tētahi i kī atu ki a ia ka wehe te tereina whakamutunga i mua i te weherua pō."],
}

EVERY = [(code, sentence) for code, sentences in SENTENCES.items() for sentence in sentences]
