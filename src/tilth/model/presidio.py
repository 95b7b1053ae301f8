"""Presidio's recognizers of patterns, which need no model: the one module that imports it.

Its engine without language (`NoOpNlpEngine`) leaves out what finds names. Sentences are not taken apart, so the words beside a
number do not make it surer, and scores are those of the patterns alone. It looks for what its English recognizers know.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # spaCy, which it imports, asks click for a name that click 9 will have elsewhere
    import tldextract.tldextract
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

from tilth.model.identifying import Found, entity_of

LANGUAGE = "en"


class Presidio:
    """Its recognizers, made once in a process."""

    def __init__(self) -> None:
        tldextract.tldextract.TLD_EXTRACTOR.suffix_list_urls = ()  # or its recognizer of e-mail fetches a list of domains
        engine = NoOpNlpEngine([{"lang_code": LANGUAGE, "model_name": "none"}])
        engine.load()
        registry = RecognizerRegistry(supported_languages=[LANGUAGE])
        registry.load_predefined_recognizers(languages=[LANGUAGE], nlp_engine=engine)
        self._engine: Any = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=[LANGUAGE])
        self._names = {entity_of(name): name for name in sorted(self._engine.get_supported_entities(LANGUAGE))}
        self.entities: Collection[str] = tuple(self._names)

    def find(self, texts: Sequence[str], entities: Collection[str], confidence: float) -> list[list[Found]]:
        """The pieces of each text that its recognizers find."""
        asked = [self._names[entity] for entity in sorted(entities)]
        return [self._of(text, asked, confidence) for text in texts]

    def _of(self, text: str, asked: list[str], confidence: float) -> list[Found]:
        told = self._engine.analyze(text, LANGUAGE, entities=asked, score_threshold=confidence)
        return [Found(entity_of(one.entity_type), one.start, one.end, float(one.score)) for one in told]


@cache
def presidio() -> Presidio:
    """The recognizers."""
    return Presidio()
