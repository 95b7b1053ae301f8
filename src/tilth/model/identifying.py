"""What stands for somebody in a text, by a model that lies in a folder: a token classifier of Transformers, or GLiNER's.

A folder with `gliner_config.json` is GLiNER's; any other is loaded as a token classifier of Transformers. Models name what
they find as they please, so their labels are read as our entities: `B-PER` and `I-PERSON` are `person`. Reading this module
loads neither PyTorch nor GLiNER.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pyarrow as pa

from tilth.errors import AskedWrong, Missing
from tilth.model.extra import training_packages
from tilth.record import SPANS

GLINER = "gliner_config.json"

_MEANT = {
    "person": ("PER", "NAME", "FULLNAME", "FIRSTNAME", "MIDDLENAME", "LASTNAME", "GIVENNAME", "SURNAME", "PRIVATE_PERSON"),
    "email": ("EMAIL_ADDRESS", "EMAILADDRESS", "PRIVATE_EMAIL"),
    "phone": ("PHONE_NUMBER", "PHONENUMBER", "TELEPHONE", "TELEPHONENUM", "PRIVATE_PHONE"),
    "card": ("CREDIT_CARD", "CREDITCARD", "CREDITCARDNUMBER", "CREDIT_CARD_NUMBER"),
    "iban": ("IBAN_CODE",),
    "ip": ("IP_ADDRESS", "IPADDRESS", "IPV4", "IPV6"),
    "mac": ("MAC_ADDRESS", "MACADDRESS"),
    "ssn": ("US_SSN", "SOCIALNUM", "SOCIAL_SECURITY_NUMBER"),
    "date_of_birth": ("DATEOFBIRTH", "DOB", "BIRTHDATE"),
    "url": ("PRIVATE_URL",),
    "location": ("LOC", "GPE"),
    "organization": ("ORG", "ORGANISATION"),
    "date": ("DATE_TIME", "PRIVATE_DATE"),
    "address": ("PRIVATE_ADDRESS",),
}
ENTITIES = {label: entity for entity, labels in _MEANT.items() for label in labels}
"""The labels of models, and of Presidio, that are called otherwise here; any other is its lower case."""

NONE = "O"
"""The label of what is nothing."""


class Found(NamedTuple):
    """A piece of a text, in characters, and how sure it is (0 to 1)."""

    entity: str
    start: int
    stop: int
    sureness: float


class Finder(Protocol):
    """Texts to what was found in them."""

    entities: Collection[str]
    """All that it can find."""

    def find(self, texts: Sequence[str], entities: Collection[str], confidence: float) -> list[list[Found]]:
        """The pieces of each text that are of some entities, as sure as that or surer."""


def entity_of(label: str) -> str:
    """The entity that a label is of, whatever stands before it for its place in a piece; `` for none."""
    bare = label[2:] if label[1:2] in ("-", "_") and label[0] in "BIESULM" else label
    return "" if bare.upper() == NONE else ENTITIES.get(bare.upper(), bare.lower())


def labels_of(folder: Path) -> list[str]:
    """The labels of a token classifier, in order, as its configuration names them. Raises AskedWrong for another model, Missing
    where there is none."""
    file = folder / "config.json"
    if not file.is_file():
        accepted = f"It takes a folder of Transformers (`config.json`), or of GLiNER (`{GLINER}`)."
        raise Missing("This folder holds no model that finds entities.", where=str(folder), accepted=accepted)
    config = json.loads(file.read_text("utf-8"))
    if not any(one.endswith("ForTokenClassification") for one in config.get("architectures") or ()):
        told = ", ".join(config.get("architectures") or ("model without a name",))
        raise AskedWrong(f"This model is a {told}, and finds no entities.", where=str(folder), accepted="It takes a token classifier.")
    named: Mapping[str, Any] = config.get("id2label") or {"0": "LABEL_0", "1": "LABEL_1"}
    return [str(named[str(number)]) for number in range(len(named))]


def can_find(folder: Path) -> list[str] | None:
    """The entities that the model in a folder can find, sorted; None: whatever it is asked for. Raises as `labels_of`."""
    return None if (folder / GLINER).is_file() else sorted({entity_of(label) for label in labels_of(folder)} - {""})


@lru_cache(maxsize=2)
def finder(folder: Path) -> Finder:
    """The model in a folder, loaded once in a process. Raises Missing where a package or a file is not there."""
    with training_packages():
        from tilth.model.finders import load
    return load(folder)


def spans(found: Iterable[Sequence[Found]], texts: Sequence[str]) -> pa.Table:
    """What was found in texts as `tilth.record.SPANS`. Of pieces that overlap the surest stays, then the longest, then the first."""
    lines: list[tuple[int, str, int, int]] = []
    for row, (pieces, text) in enumerate(zip(found, texts, strict=True)):
        chosen: list[Found] = []
        for one in sorted(pieces, key=lambda one: (-one.sureness, one.start - one.stop, one.start, one.entity)):
            if one.start < one.stop and all(one.stop <= other.start or other.stop <= one.start for other in chosen):
                chosen.append(one)
        lines += [(row, one.entity, len(text[: one.start].encode()), len(text[: one.stop].encode())) for one in sorted(chosen, key=_start)]
    return pa.table({name: [line[place] for line in lines] for place, name in enumerate(SPANS.names)}, schema=SPANS)


def _start(found: Found) -> int:
    return found.start
