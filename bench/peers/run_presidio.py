"""Presidio's recognizers over JSON lines: `run_presidio.py FILE --find|--time`.

`--find` tells for each text its findings: entity, begin and end in characters, score. `--time` times one way through
the texts, compiled and warm. There is no model of names: spaCy's models are no packages, so words are those of spaCy's
rules for English and a word's lemma is its lower case, by which Presidio's words of context are found. Telephone numbers are
asked for twice, under Presidio's regions and under ours (`PHONE_NUMBER_OURS`).
"""

import json
import logging
import sys
import time

import spacy
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from presidio_analyzer.predefined_recognizers import PhoneRecognizer
from spacy.language import Language

REGIONS = "US CA GB IE AU NZ IN DE AT CH FR BE NL ES PT IT SE DK NO PL BR JP".split()
ENTITIES = ["EMAIL_ADDRESS", "CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS", "MAC_ADDRESS", "URL", "PHONE_NUMBER", "US_SSN"]


@Language.component("lower_case_lemmas")
def lower_case_lemmas(document: spacy.tokens.Doc) -> spacy.tokens.Doc:
    """The lower case of every word as its lemma."""
    for token in document:
        token.lemma_ = token.lower_
    return document


class Words(SpacyNlpEngine):
    """English words by rule, and no model."""

    def __init__(self) -> None:
        super().__init__()
        words = spacy.blank("en")
        words.add_pipe("lower_case_lemmas")
        words.max_length = 10_000_000
        self.nlp = {"en": words}


def main() -> None:
    """Print one JSON object."""
    logging.disable(logging.CRITICAL)
    with open(sys.argv[1], "rb") as file:
        texts = [json.loads(line)["text"] for line in file]
    engine = AnalyzerEngine(nlp_engine=Words(), supported_languages=["en"])
    entities = [entity for entity in ENTITIES if entity in engine.get_supported_entities("en")]
    if sys.argv[2] == "--find":
        ours = PhoneRecognizer(supported_entity="PHONE_NUMBER_OURS", supported_regions=REGIONS)
        found = []
        for text in texts:
            told = engine.analyze(text, "en", entities=entities)
            told += ours.analyze(text, ["PHONE_NUMBER_OURS"])
            found.append([(one.entity_type, one.start, one.end, one.score) for one in told])
        sys.stdout.write(json.dumps(found))
        return
    for text in texts[:50]:
        engine.analyze(text, "en", entities=entities)
    begun, busy = time.perf_counter(), time.process_time()
    count = sum(len(engine.analyze(text, "en", entities=entities)) for text in texts)
    sys.stdout.write(json.dumps({"wall": time.perf_counter() - begun, "cpu": time.process_time() - busy, "found": count}))


if __name__ == "__main__":
    main()
