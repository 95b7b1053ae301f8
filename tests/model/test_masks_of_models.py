"""The templates of well-known models, as TRL keeps them: what is learned by them is proved, or the row says why not."""

import importlib.util
import re
from pathlib import Path

import pytest
from tokenizers import AddedToken
from tokenizers import Tokenizer as Fast

from tests.model.tokenizers_of_all_kinds import make
from tilth.errors import DataRefused
from tilth.model.formats import Conversation
from tilth.model.load import Tokenizer
from tilth.model.masks import Proofs, Unproved, examples
from tilth.model.rendering import Renderer
from tilth.model.templates import Template

TRL = importlib.util.find_spec("trl")
FOUND = sorted((Path(TRL.origin).parent / "chat_templates").glob("*.jinja")) if TRL and TRL.origin else []
pytestmark = pytest.mark.skipif(not FOUND, reason="TRL, which keeps these templates, is not installed")

LETTERS = re.compile(r"<[|｜][^<>'\" ]*?[|｜]>|<\w+_of_turn>|<bos>|<eos>|</?s>|\[/?[A-Z_]{4,}\]|<\|?turn\|?>")
"""What looks like a control token in a template."""
OF_PARTS = ("idefics3", "llava_next", "smolvlm")
"""Templates that take an image's message apart into parts, and of a message that is a text write nothing."""


@pytest.fixture(params=FOUND, ids=lambda file: file.stem)
def model(request, tmp_path):
    source = request.param.read_text(encoding="utf-8")
    folder = make("bytes", tmp_path, bos_token="<bos>", eos_token="<eos>")
    fast = Fast.from_file(str(folder / "tokenizer.json"))
    fast.add_special_tokens([AddedToken(one, normalized=False) for one in sorted({*LETTERS.findall(source), "<bos>", "<eos>"})])
    fast.save(str(folder / "tokenizer.json"))
    tokenizer = Tokenizer(folder)
    return tokenizer, Renderer(tokenizer, Template(request.param.stem, source, dict(tokenizer.full.special_tokens_map)))


@pytest.mark.parametrize("answer", ["Hello.", " two\n\nlines ", "<think>\nhm\n</think>\n\nYes", "<|im_end|><eos>"])
def test_what_is_learned_is_the_answer_and_an_end(model, answer):
    tokenizer, renderer = model
    asked = [{"role": "user", "content": "Who are you? <eos>"}]
    messages = [*asked, {"role": "assistant", "content": answer}]
    proofs = Proofs()
    (found,) = examples(renderer, [(0, Conversation(tuple(messages), (1,)))], proofs=proofs)
    if isinstance(found, Unproved):
        assert found.reason in ("template", "prompt", "altered", "left out", "control tokens")
        assert found.reason in ("template", "prompt") or "<" in answer or renderer.template.name.startswith(OF_PARTS)
        return
    learned = tokenizer.fast.decode(found.ids[found.learned].tolist(), skip_special_tokens=False)
    (start, stop) = found.answers[0]
    assert found.ids[:start].tolist() == renderer.prompt(asked) and proofs.normal == 0
    assert answer.strip() in learned and learned.endswith(tokenizer.fast.id_to_token(int(found.ids[stop - 1])))
    assert int(found.ids[stop - 1]) in renderer.stops and stop == max(found.learned.nonzero()[0]) + 1


def test_tokens_are_those_of_apply_chat_template(model):
    tokenizer, renderer = model
    asked = [{"role": "user", "content": "Who are you?"}]
    if renderer.template.name.startswith(OF_PARTS):
        with pytest.raises(DataRefused, match="leaves out message 1"):
            renderer.prompt(asked)
        return
    try:
        wanted = tokenizer.full.apply_chat_template(asked, chat_template=renderer.template.source, add_generation_prompt=True)["input_ids"]
    except Exception as error:  # noqa: BLE001 - a template for images may refuse a text
        pytest.skip(f"the template refuses it: {error}")
    assert renderer.prompt(asked) == wanted
