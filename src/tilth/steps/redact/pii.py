"""redact.pii: what tells who somebody is, found by rule."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import pyarrow as pa
from pydantic import Field, field_validator

from tilth.errors import AskedWrong
from tilth.record import SPANS
from tilth.redaction import Redaction
from tilth.steps.redact._second import SecondLook, presidio_version
from tilth.text import personal
from tilth.text.personal_phones import REGIONS, known_regions
from tilth.work import Work

Entity = Literal["url", "url_credentials", "email", "iban", "card", "ip", "mac", "ssn", "date_of_birth", "phone", "person"]


class Pii(Redaction):
    """Hides personal data that rules can find. One walk over the bytes marks the few places worth a look, so clean text
    costs little.

    - `email`: a name, `@`, and a domain of two labels or more; also `bob (at) example dot com`, with the `@` in brackets or all
      in capitals. Not `git@host`, names of files such as `icon@2x.png`, or `@name@host`.
    - `phone`: 7 to 15 digits. Behind `+` or 00 as long as numbers of that country may be; as North America and countries with a
      leading 0 write them where one of `regions` gives out such a number (known to the library phonenumbers); any other where
      a word beside it speaks of telephones. No dates, prices, ISBN, DOI or numbers of parts.
    - `card`: 12 to 19 digits with a true check digit (Luhn) in the range of a known issuer, alone or in groups.
    - `iban`: as long as its country's are, and 1 modulo 97.
    - `ssn`: US social security numbers with dashes, or behind words that say so; none with 000, 666 or 900 to 999 first, 00 in
      the middle or 0000 at the end.
    - `ip`: IPv4 and IPv6 addresses. No numbers of versions, no part of longer ones such as 1.2.3.4.5, none with leading zeros,
      none of the machine itself.
    - `mac`: six pairs of hexadecimal digits with colons or dashes.
    - `url_credentials`: the name and password in `scheme://name:password@host`.
    - `date_of_birth`: a date with day, month and year right behind `date of birth`, `DOB`, `birthday` and the like, or within
      40 bytes behind `born`, in six languages.
    - `person`: the name behind a title (`Dr.`), a greeting (`Dear`), a label (`Full name:`) or `my name is`, or below a closing
      (`Kind regards,`), in six languages. The title stays.
    - `url`: addresses of pages, from `http://`, `https://`, `ftp://` or `www.` on.

    The six languages are English, German, French, Spanish, Italian and Portuguese. Of findings that overlap the one stays whose
    entity comes first of `url`, `url_credentials`, `email`, `iban`, `card`, `ip`, `mac`, `ssn`, `date_of_birth`, `phone`, `person`.

    Not found: names with no such word beside them, addresses of houses, digits of other scripts, and what is misspelt. So a text from
    which this took something may still hold personal data. `second_look` estimates how often.
    """

    entities: Annotated[tuple[Entity, ...], Field(min_length=1)] = tuple(entity for entity in get_args(Entity) if entity != "url")
    """What is looked for; all but `url` if nothing is said."""
    regions: tuple[str, ...] = REGIONS
    """The countries of which telephone numbers without the code of a country may be, as ISO 3166 has them (`US`, `DE`)."""
    second_look: SecondLook | None = None
    """Somebody else looks at a share of the texts, drawn by lot, and at those in which this step found something: `{by: presidio, share: 0.01}`.
    What he finds is hidden too, and the report tells how many of the texts drawn held something that was missed, with an interval."""

    @field_validator("regions")
    @classmethod
    def _known(cls, regions: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [region for region in regions if region not in known_regions()]
        if unknown:
            raise ValueError(f"Not known as countries with telephone numbers: {', '.join(unknown)}. Write them as ISO 3166 does: US, GB, DE.")
        return regions

    def spans(self, texts: pa.LargeStringArray) -> pa.Table:
        return personal.find(texts, self.entities, self.regions).select(SPANS.names).cast(SPANS)

    def second(self, texts: pa.LargeStringArray) -> pa.Table | None:
        return None if self.second_look is None else self.second_look.look(texts, self.entities, self._folder())

    def share(self) -> float:
        return 0.0 if self.second_look is None else self.second_look.share

    def identity(self) -> dict[str, Any]:
        told = super().identity()
        return {**told, "presidio": presidio_version()} if self.second_look is not None and self.second_look.by == "presidio" else told

    def study(self, work: Work) -> dict[str, Any]:
        """Look whether the model of the second look finds what is asked for, before any row is read."""
        if self.second_look is None:
            return {}
        folder = work.models[self.second_look.by]
        return {"second_look": self.second_look.asked(self.entities, self.second_look.known(folder), str(folder))}

    def prepare(self) -> None:
        personal.prepare()
        if self.second_look is not None and self.second_look.by == "presidio":
            self.second_look.asked(self.entities, self.second_look.known(None), "presidio")

    def _folder(self) -> Path | None:
        """The folder of the model that looks a second time; None where it is Presidio."""
        if self.second_look is None or self.second_look.by == "presidio":
            return None
        if self.studied is None:
            raise AskedWrong("No model has been given yet.", remedy="On a table of its own, give it: `step.given(folder, models={…})`.")
        return self.studied.models[self.second_look.by]
