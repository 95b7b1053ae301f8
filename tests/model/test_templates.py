"""Templates by name, by the tokenizer's own word, or as Jinja; all are rendered as Transformers renders them."""

import pytest
from transformers import AutoTokenizer

from tests.model.tokenizers_of_all_kinds import make
from tilth.errors import AskedWrong, Missing
from tilth.model.load import Tokenizer
from tilth.model.templates import FILE, NAMED, Template, TemplateRefuses, choose, read, write

ASKED = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Who?"}]
TOLD = [*ASKED, {"role": "assistant", "content": "I."}]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return Tokenizer(make("bytes", tmp_path_factory.mktemp("bytes")))


def test_named_templates_are_written_as_they_are_known(tokenizer):
    said = {name: choose(name, tokenizer, "messages", False).render(TOLD) for name in NAMED}
    assert said == {
        "plain": "<s>Be kind.Who?I.</s>",
        "question": "<s>Be kind.\n\n### Question:\nWho?\n\n### Answer:\nI.</s>",
        "instruction": "<s>Be kind.\n\n### Instruction:\nWho?\n\n### Response:\nI.</s>",
        "alpaca": "<s>Be kind.\n\n### Instruction:\nWho?\n\n### Response:I.</s>",
        "chatml": "<s><|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nWho?<|im_end|>\n<|im_start|>assistant\nI.</s>\n",
    }


def test_alpaca_has_two_bodies(tokenizer):
    alpaca = choose("alpaca", tokenizer, "alpaca", False)
    bare = {"role": "user", "content": "Add. 1 2", "instruction": "Add."}
    without, with_input = alpaca.render([bare], generation_prompt=True), alpaca.render([{**bare, "input": "1 2"}], generation_prompt=True)
    assert without == (
        "<s>Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
        "### Instruction:\nAdd.\n\n### Response:"
    )
    assert with_input == (
        "<s>Below is an instruction that describes a task, paired with an input that provides further context. "
        "Write a response that appropriately completes the request.\n\n### Instruction:\nAdd.\n\n### Input:\n1 2\n\n### Response:"
    )


@pytest.mark.parametrize("name", NAMED)
def test_a_named_prompt_is_what_stands_before_the_answer(tokenizer, name):
    template = choose(name, tokenizer, "messages", False)
    assert template.render(TOLD).startswith(template.render(ASKED, generation_prompt=True) + "I.</s>")


@pytest.mark.parametrize("name", ["question", "instruction", "alpaca"])
def test_a_role_without_a_place_is_refused(tokenizer, name):
    with pytest.raises(TemplateRefuses, match="no place for the role `tool`"):
        choose(name, tokenizer, "messages", False).render([{"role": "tool", "content": "3"}])


def test_a_template_that_breaks_on_a_message_refuses_it(tokenizer):
    for source in ("{{ messages[0].content + 1 }}", "{{ messages[9].content.x }}", "{{ 1 / 0 if false else raise_exception('no') }}"):
        with pytest.raises(TemplateRefuses):
            Template("own words", source).render(ASKED)


def test_what_is_taken_where_nothing_is_asked(tokenizer, tmp_path):
    assert choose(None, tokenizer, "completion", True).name == choose(None, tokenizer, "text", False).name == "plain"
    named = [choose(None, tokenizer, kind, False).name for kind in ("question", "alpaca", "messages", "sharegpt", "completion")]
    assert named == ["question", "alpaca", "instruction", "instruction", "instruction"]
    folder = make("bytes", tmp_path)
    (folder / FILE).write_text("{{ messages[0].content }}")
    own = Tokenizer(folder)
    assert choose(None, own, "question", False) == choose("tokenizer", own, "alpaca", False)
    assert choose(None, own, "question", False).source == "{{ messages[0].content }}" and choose(None, own, "question", True).name == "plain"


def test_what_is_no_template_is_refused(tokenizer):
    with pytest.raises(AskedWrong, match="no template `chatlm`") as caught:
        choose("chatlm", tokenizer, "messages", False)
    assert "chatml" in caught.value.accepted
    with pytest.raises(AskedWrong, match="no chat template"):
        choose("tokenizer", tokenizer, "messages", False)
    with pytest.raises(AskedWrong, match="line 1"):
        choose("{% for message in messages %}", tokenizer, "messages", False)


def test_generation_tags_are_let_be(tokenizer):
    source = "{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}{% endfor %}"
    assert choose(source, tokenizer, "messages", False).render(ASKED) == "Be kind.Who?"


@pytest.mark.parametrize("name", NAMED)
def test_a_saved_template_is_the_one_that_transformers_renders(tokenizer, name, tmp_path):
    folder, template = make("bytes", tmp_path), choose(name, tokenizer, "messages", False)
    config = folder / "tokenizer_config.json"
    config.write_text(config.read_text().replace("{", '{"chat_template": "another", ', 1))
    write(folder, template)
    loaded = AutoTokenizer.from_pretrained(folder)
    assert loaded.apply_chat_template(TOLD, tokenize=False) == template.render(TOLD)
    assert loaded.apply_chat_template(ASKED, tokenize=False, add_generation_prompt=True) == template.render(ASKED, generation_prompt=True)
    assert read(folder, Tokenizer(folder)) == template


def test_a_folder_without_a_template_is_told(tokenizer, tmp_path):
    with pytest.raises(Missing, match="no chat template"):
        read(tmp_path, tokenizer)


def test_a_template_is_identified_by_its_words_and_its_control_tokens():
    one = Template("a", "{{ eos_token }}", {"eos_token": "</s>"})
    assert one.identity == Template("b", "{{ eos_token }}", {"eos_token": "</s>"}).identity
    assert one.identity != Template("a", "{{ eos_token }}", {"eos_token": "<|end|>"}).identity != Template("a", "", {"eos_token": "<|end|>"}).identity
