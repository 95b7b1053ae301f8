"""A tokenizer as T5's is: one piece for all unknown letters, none for a line break, and an end token behind every text."""

import string

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from tilth.model.load import Tokenizer as Loaded

CONTROL = ("<pad>", "</s>", "<unk>", "<extra_id_0>")


def like_t5(folder, more=""):
    """Write it into a folder. `more`: further letters that have a piece."""
    pieces = [*((one, 0.0) for one in CONTROL), ("▁", -2.0), ("▁the", -1.0)]
    pieces += [(letter, -4.0) for letter in string.ascii_lowercase + string.digits + ".,?:" + more]
    made = Tokenizer(models.Unigram(pieces, unk_id=2, byte_fallback=False))
    made.normalizer = normalizers.NFKC()
    made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    made.decoder = decoders.Metaspace()
    made.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    roles = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>", "extra_special_tokens": ["<extra_id_0>"]}
    PreTrainedTokenizerFast(tokenizer_object=made, **roles).save_pretrained(folder)
    return folder


def loaded(folder, more=""):
    """It, as Tilth reads it."""
    return Loaded(like_t5(folder, more))
