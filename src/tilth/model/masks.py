"""Which tokens of a conversation are learned: the answers and what ends them, proved row by row.

What is learned of a turn is all that comes after its prompt, through its terminator. Four things are proved of every row before it is
an example: the tokens before each answer are the very tokens that `Renderer.prompt` gives for the messages before it; the learned
tokens, decoded, are the answer and its terminator; at least one token is learned; and each control token was written by the
template. A row of which one of them is not so is `Unproved`, and no example.

A tokenizer may write a text in its own normal form (composed accents, lower case, an unknown token for a strange letter). Then the
learned tokens decode to what the answer alone does in that form, and the row is counted in `Proofs.normal`. A tokenizer whose tokens do
not say where white space stood (WordPiece) is compared without it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np

from tilth.errors import AskedWrong, DataRefused
from tilth.model.control_tokens import Encoded
from tilth.model.examples import Example, Ids
from tilth.model.formats import Conversation, Text
from tilth.model.plans import Answer, Draft
from tilth.model.rendering import NotRendered, Reason, Renderer, Turn
from tilth.model.spelling import Spelling
from tilth.model.templates import PLAIN
from tilth.work import Kind, Row, Token, Window

Turns = Literal["all", "last"]
"""Which answers of a conversation are learned: all that are to be, or only the last of them."""

AT_ONCE = 512
"""Conversations that are tokenised at once."""
SHOWN = 5
"""So many rows are named where some are refused."""


@dataclass(frozen=True)
class Unproved:
    """A row that is no example: its number in the dataset, from 0, the reason, and the reason in words."""

    row: int
    reason: Reason
    words: str


@dataclass
class Proofs:
    """What was proved, counted. Rows; answers; tokens, and those of them that are learned; rows cut between prompt and answer where the
    tokenizer would have joined them; rows learned in the tokenizer's normal form; rows in whose texts a control token's letters
    stay letters; rows whose end token the template does not write."""

    rows: int = 0
    answers: int = 0
    tokens: int = 0
    learned: int = 0
    cut: int = 0
    normal: int = 0
    letters: int = 0
    appended: int = 0


@dataclass(frozen=True)
class _Cut:
    """The tokens of a draft, with the end token where the template writes none, and where each answer starts and stops."""

    ids: Ids
    answers: tuple[tuple[int, int], ...]


def examples(
    renderer: Renderer, conversations: Iterable[tuple[int, Conversation | Text]], turns: Turns = "all", proofs: Proofs | None = None
) -> Iterator[Example | Unproved]:
    """Each conversation, with the number of its row, as an example or, with the reason, as none, in their order.

    What comes after the last learned answer is left out: nothing is learned from it. Raises: AskedWrong for a template that writes
    nothing to end an answer in the middle of a conversation, or nothing to ask for one."""
    told, counted = iter(conversations), proofs if proofs is not None else Proofs()
    while piece := list(islice(told, AT_ONCE)):
        drafts = [_draft(renderer, row, _of_text(renderer, one) if isinstance(one, Text) else one, turns) for row, one in piece]
        yield from _proved(renderer, drafts, counted)


def _of_text(renderer: Renderer, one: Text) -> Conversation:
    """A text as an answer to nothing: all of it is learned, with its end, after a begin token. Raises AskedWrong for a template with roles."""
    if renderer.template.source != PLAIN:
        raise AskedWrong("Plain texts have no turns, and a template was named.", where="template", remedy="Leave out `template`, or give turns.")
    return Conversation(({"role": "user", "content": ""}, {"role": "assistant", "content": one.text}), (1,), plain=True)


def _draft(renderer: Renderer, row: int, conversation: Conversation, turns: Turns) -> Draft | Unproved:
    learned = sorted(conversation.learned)[-1 if turns == "last" else 0 :]
    if not learned:
        return Unproved(row, "nothing learned", "no message of it is learned")
    draft = renderer.plans.draft(row, conversation, learned)
    return _rendered(renderer, row, conversation, learned) if draft is None else draft


def _turns(renderer: Renderer, conversation: Conversation, numbers: Sequence[int]) -> list[Turn]:
    """The answers of a conversation, each rendered by itself. Raises NotRendered, AskedWrong."""
    return [renderer.turn(conversation.messages, number, conversation.tools) for number in numbers]


def _rendered(renderer: Renderer, row: int, conversation: Conversation, numbers: Sequence[int]) -> Draft | Unproved:
    """The draft of a conversation of whose shape too little is known beforehand."""
    try:
        found = _turns(renderer, conversation, numbers)
    except NotRendered as error:
        return Unproved(row, error.reason, error.words)
    whole, control = found[-1].through, renderer.control
    for turn in found[:-1]:
        if not turn.ending and renderer.terminator is not None:
            return Unproved(row, "no end", f"the template writes no control token after message {turn.message + 1}, which others follow")
        if not turn.ending:
            letters = f" It writes {turn.rest.strip()!r} there, which this tokenizer takes for letters." if turn.rest.strip() else ""
            raise AskedWrong(
                f"The template writes no control token after an answer that others follow, so a model could not learn to stop.{letters}",
                where=f"template {renderer.template.name}",
                remedy="Have it write `{{ eos_token }}` after an assistant's message, name another template, or write `turns: last`.",
            )
        if not whole.marked.startswith(_before(turn.through.marked, control.mark(turn.rest))):
            return Unproved(row, "rewrites", f"the template writes message {turn.message + 1} otherwise once others follow it")
    texts = [part.text for part in whole.parts if part.slot is not None]
    answers = [Answer(*control.last_piece(turn.prompt.marked), _stop(renderer, turn), _trained(renderer, turn)) for turn in found]
    return Draft(row, conversation, numbers, whole.marked, control.count(whole.marked), answers, texts, bool(found[-1].ending))


def _stop(renderer: Renderer, turn: Turn) -> int | None:
    """Which control token ends a turn."""
    control = renderer.control
    return control.count(turn.through.marked) - control.count(control.mark(turn.rest)) - 1 if turn.ending else None


def _before(text: str, tail: str) -> str:
    return text[: len(text) - len(tail)]


def _proved(renderer: Renderer, drafts: Sequence[Draft | Unproved], proofs: Proofs) -> Iterator[Example | Unproved]:
    """The drafts, tokenised together."""
    there = [draft for draft in drafts if isinstance(draft, Draft)]
    pieces = list(dict.fromkeys(answer.piece for draft in there for answer in draft.answers))
    encoded = list(renderer.control.encode([*(draft.marked for draft in there), *pieces]))
    wholes, prompts = encoded[: len(there)], dict(zip(pieces, encoded[len(there) :], strict=True))
    joint = [_joint(renderer, *found, prompts) for found in zip(there, wholes, strict=True)]
    made = iter(zip(wholes, joint, _exact(renderer, there, joint), strict=True))
    for draft in drafts:
        if isinstance(draft, Unproved):
            yield draft
            continue
        whole, cut, exact = next(made)
        found = cut if cut is not None and exact else _otherwise(renderer, draft, whole, prompts, proofs)
        yield found if isinstance(found, Unproved) else _example(renderer, draft, found, proofs)


def _joint(renderer: Renderer, draft: Draft, whole: Encoded, prompts: Mapping[str, Encoded]) -> _Cut | None:
    """The tokens of the whole conversation at once, if those of each prompt are what they begin with."""
    if len(whole.controls) != draft.controls:
        return None
    there = list[tuple[int, int]]()
    for answer in draft.answers:
        found = _answer(answer, whole, prompts[answer.piece])
        if found is None:
            return None
        there.append(found)
    if draft.ended:
        return _Cut(whole.ids, tuple(there))
    return _Cut(np.append(whole.ids, np.int32(renderer.end)), (*there[:-1], (there[-1][0], len(whole.ids) + 1)))


def _answer(answer: Answer, encoded: Encoded, piece: Encoded) -> tuple[int, int] | None:
    """Where an answer starts and stops: after the tokens of its prompt, if the conversation begins with them, and after its terminator."""
    first = 0 if answer.control is None else int(encoded.controls[answer.control])
    start = first + len(piece.ids)
    if not start or not np.array_equal(encoded.ids[first:start], piece.ids):
        return None
    return start, len(encoded.ids) if answer.stop is None else int(encoded.controls[answer.stop]) + 1


def _parted(renderer: Renderer, draft: Draft, last: Turn, prompts: Mapping[str, Encoded]) -> _Cut | None:
    """The prompt's tokens, then the last answer's by itself, then those of what ends it."""
    control = renderer.control
    ending, tail = control.mark(last.ending), control.mark(last.ending + last.rest)
    said = _before(last.through.marked, tail)[len(last.prompt.marked) :]
    before, answer, end, rest = control.encode([last.prompt.marked, said, ending, tail])
    answers = [_answer(one, before, prompts[one.piece]) for one in draft.answers[:-1]]
    there = [one for one in answers if one is not None]
    if len(there) < len(answers) or len(answer.controls) != control.count(said) or not len(before.ids):
        return None
    appended = np.array([] if last.ending else [renderer.end], np.int32)
    ids = np.concatenate([before.ids, answer.ids, rest.ids, appended])
    start = len(before.ids)
    return _Cut(ids, (*there, (start, start + len(answer.ids) + len(end.ids) if last.ending else len(ids))))


def _trained(renderer: Renderer, turn: Turn) -> str:
    """The text that is learned of a turn."""
    return turn.said + turn.ending if turn.ending else turn.said + turn.rest + renderer.end_text


def _exact(renderer: Renderer, drafts: Sequence[Draft], cuts: Sequence[_Cut | None]) -> list[bool]:
    """Whether the learned tokens of each decode to the answers and their terminators, or do after the token before them: decoders that
    leave out the blank before a text's first token do so there."""
    said = [(place, cut.ids[start - 1 : stop].tolist(), answer.said) for place, (draft, cut) in enumerate(zip(drafts, cuts, strict=True))
            if cut is not None for (start, stop), answer in zip(cut.answers, draft.answers, strict=True)]  # fmt: skip
    left = [(place, ids, text) for place, ids, text in said if not renderer.control.says(ids[1:], text)]
    firsts = sorted({ids[0] for _, ids, _ in left})
    first = dict(zip(firsts, renderer.control.decode([[one] for one in firsts]), strict=True))
    texts = renderer.control.decode([ids for _, ids, _ in left])
    wrong = {place for (place, ids, text), found in zip(left, texts, strict=True) if found != first[ids[0]] + text}
    return [cut is not None and place not in wrong for place, cut in enumerate(cuts)]


def _example(renderer: Renderer, draft: Draft, cut: _Cut, proofs: Proofs) -> Example:
    """A draft whose tokens are proved."""
    learned = np.zeros(len(cut.ids), np.bool_)
    for start, stop in cut.answers:
        learned[start:stop] = True
    proofs.rows += 1
    proofs.answers += len(cut.answers)
    proofs.tokens += len(cut.ids)
    proofs.learned += sum(stop - start for start, stop in cut.answers)
    proofs.letters += any(renderer.control.found(text) is not None for text in draft.texts)
    proofs.appended += not draft.ended
    return Example(draft.row, cut.ids, learned, cut.answers)


def _otherwise(renderer: Renderer, draft: Draft, whole: Encoded, prompts: Mapping[str, Encoded], proofs: Proofs) -> _Cut | Unproved:
    """Tokens that are proved in another way: cut between prompt and last answer, or in the tokenizer's normal form."""
    if len(whole.controls) != draft.controls:
        return Unproved(draft.row, "control tokens", "its control tokens are not those that the template wrote")
    if draft.answers[0].control is None and not len(prompts[draft.answers[0].piece].ids):
        return Unproved(draft.row, "prompt", "no token stands before the answer")
    turns = _turns(renderer, draft.conversation, draft.numbers)
    joint, parted = _joint(renderer, draft, whole, prompts), _parted(renderer, draft, turns[-1], prompts)
    for proof in (_proved_exactly, _proved_in_normal_form):
        for cut in (joint, parted):
            if cut is not None and proof(renderer, turns, cut, joined=cut is joint):
                proofs.cut += cut is parted
                proofs.normal += proof is _proved_in_normal_form
                return cut
    if joint is None and parted is None:
        return Unproved(draft.row, "boundary", "a token stands half in a prompt and half in an answer that others follow")
    return Unproved(draft.row, "decoded", "the learned tokens do not decode to the answer and its terminator")


def _proved_exactly(renderer: Renderer, turns: Sequence[Turn], cut: _Cut, *, joined: bool) -> bool:
    """Whether the learned tokens decode to the answers and terminators, after all that stands before them; where the conversation was
    tokenised at once, also by themselves, as what a model writes is decoded."""
    ids = cut.ids.tolist()
    for turn, (start, stop) in zip(turns, cut.answers, strict=True):
        before, through, alone = renderer.control.decode([ids[:start], ids[:stop], ids[start:stop]])
        if through != before + _trained(renderer, turn) and not (joined and alone == _trained(renderer, turn)):
            return False
    return True


def _proved_in_normal_form(renderer: Renderer, turns: Sequence[Turn], cut: _Cut, *, joined: bool) -> bool:
    """Whether the learned tokens decode to what the answers by themselves do."""
    ids, control = cut.ids.tolist(), renderer.control
    for turn, (start, stop) in zip(turns, cut.answers, strict=True):
        marked = turn.through.marked[len(turn.prompt.marked) :]
        encoded = next(control.encode([_before(marked, control.mark(turn.rest)) if turn.ending else marked]))
        form = [*encoded.ids.tolist(), *([] if turn.ending else [renderer.end])]
        before, through, alone, wanted = (_bare(control.spaced, text) for text in control.decode([ids[:start], ids[:stop], ids[start:stop], form]))
        if alone != wanted if joined else through != before + wanted:
            return False
    return True


def _bare(spaced: bool, text: str) -> str:  # noqa: FBT001
    """A decoded text; without white space where the decoder puts it between all tokens."""
    return "".join(text.split()) if spaced else text


REMEDIES: Mapping[str, str] = {
    "template": "Drop or mend these rows (`filter.where`), or name another template.",
    "left out": "Name a template that writes every message, or drop these rows.",
    "altered": "Give the reasoning its own key, `reasoning_content`, or name a template that writes answers as they stand.",
    "prompt": "Name a template whose generation prompt is what it writes before an answer.",
    "rewrites": "Write `turns: last`, so that only the last answer of each conversation is learned.",
    "boundary": "Write `turns: last`, or name a template that puts a control token or a line break before an answer.",
    "no end": "Write `turns: last`, so that only the last answer of each conversation is learned.",
    "control tokens": "Take these letters out of the rows (`clean.replace`), or drop the rows.",
    "characters": "Clean the rows first (`clean.unicode`).",
    "decoded": "Use a tokenizer that gives back its texts, such as byte-level BPE.",
    "nothing learned": "Drop the rows in which nothing is learned.",
    "unknown": "Write these letters otherwise (`clean.replace`), drop the rows, or take a model whose tokenizer has tokens for them.",
    "no place": "Write tools, calls and reasoning into the texts of the messages, drop the rows, or train a decoder on them (`train.sft`).",
}
"""What to do about a reason."""


def refuse(unproved: Sequence[Unproved], total: int, name: str, ids: Mapping[int, str] | None = None) -> DataRefused:
    """The error that says which rows of a dataset are not proved, and why. `ids`: what rows are called, where it is known."""
    reasons = Counter(one.reason for one in unproved).most_common()
    alike: dict[str, list[str]] = {}
    for one in unproved:
        alike.setdefault(one.words, []).append(f"row {one.row + 1:,}{f' ({ids[one.row]})' if ids and one.row in ids else ''}")
    named = [f"{words}: {', '.join(rows[:SHOWN])}{_more(len(rows))}" for words, rows in list(alike.items())[:SHOWN]]
    counted = ", ".join(f"{reason} {count:,}" for reason, count in reasons)
    return DataRefused(
        f"Of {total:,} rows, {len(unproved):,} cannot be learned from with proof ({counted}). {'; '.join(named)}{_more(len(alike))}.",
        where=f"`{name}`",
        remedy=" ".join(dict.fromkeys(REMEDIES[reason] for reason, _ in reasons)),
    )


def _more(number: int) -> str:
    return f", and {number - SHOWN:,} more" if number > SHOWN else ""


def see(example: Example, row: Row, spelling: Spelling, begin: int | None = None, length: int | None = None) -> Window:
    """An example as it is looked at: what is context, what is trained, where an answer ends. `begin`: the tokenizer's begin token;
    `length`: as many tokens as it is filled up to."""
    ids, ends = example.ids.tolist(), {stop - 1 for _, stop in example.answers}
    tokens = [
        Token(one, spelling[one], _kind(place, one, learned, ends, begin), learned, None if place else row.number)
        for place, (one, learned) in enumerate(zip(ids, example.learned.tolist(), strict=True))
    ]
    filling = [Token(0, "", "filling")] * max(0, (length or 0) - len(ids))
    trained = spelling.text([token.id for token in tokens if token.learned])
    return Window(row.number, (*tokens, *filling), (row,), spelling.text(ids), trained)


def _kind(place: int, number: int, learned: bool, ends: set[int], begin: int | None) -> Kind:  # noqa: FBT001
    if learned:
        return "end" if place in ends else "trained"
    return "begin" if place == 0 and number == begin else "context"
