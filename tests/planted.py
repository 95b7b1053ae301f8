"""A tiny model that finds invented names, made and taught where it is needed."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

from tilth.model.load import quiet

NAMES = ("zorblax quuxley", "quuxley", "王小明", "zorblax")
UNKNOWN = "something else"
LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
PLAIN = ["we", "met", "saw", "nobody", "today", "and", "is", "here", "lives", "in", "the", ",", ".", "##ed", "我", "們", "見", "今", "天"]
TAUGHT = {"zorblax": 1, "quuxley": 2, "王": 1, "小": 2, "明": 2, "brindlemoor": 3}


def write_finder(folder: Path) -> Path:
    """A BERT of one layer that was taught what each of a few words is, and its tokenizer."""
    words = [*MARKS, *PLAIN, *TAUGHT]
    known = {word: number for number, word in enumerate(words)}
    made = Tokenizer(WordPiece(known, unk_token="[UNK]"))
    made.normalizer, made.pre_tokenizer = BertNormalizer(lowercase=True), BertPreTokenizer()
    made.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    roles = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=48, **roles).save_pretrained(folder)
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 48}
    with quiet(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        network = BertForTokenClassification(BertConfig(vocab_size=len(words), pad_token_id=0, id2label=dict(enumerate(LABELS)), **sizes))
        _teach(network, known)
        network.save_pretrained(folder)
    return folder


def _teach(network: BertForTokenClassification, known: dict[str, int]) -> None:
    """Each word is what it is, wherever it stands."""
    drawn = torch.Generator().manual_seed(7)
    learner = torch.optim.Adam(network.parameters(), 0.01)
    network.train(True)
    for _ in range(150):
        ids = torch.randint(4, len(known), (32, 46), generator=drawn)
        ids[torch.rand(ids.shape, generator=drawn) < 0.3] = known["zorblax"]
        ids[:, 0], ids[:, -1] = known["[CLS]"], known["[SEP]"]
        labels = torch.zeros_like(ids)
        for word, label in TAUGHT.items():
            labels[ids == known[word]] = label
        labels[ids == known["##ed"]] = -100  # a word's first token alone was taught
        learner.zero_grad()
        torch.nn.functional.cross_entropy(network(input_ids=ids).logits.flatten(0, 1), labels.flatten()).backward()
        learner.step()
    network.train(False)
