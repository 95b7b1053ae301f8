"""Small networks of every family in folders, and one step of training for any of them."""

from __future__ import annotations

import torch

from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model.adapted import adapt, save_adapter
from tilth.model.architecture import Architecture
from tilth.model.load import Loading, Tokenizer, network, new_model, save_model

SIZES = {"layers": 2, "width": 64, "heads": 4, "context": 40}
LABELS = ("bad", "good", "odd")
EVERY = [
    ("llama", "causal"),
    ("gpt2", "causal"),
    ("gpt_neox", "causal"),
    ("t5", "seq2seq"),
    ("bert", "classification"),
    ("llama", "classification"),
]
IDS = torch.tensor([[5, 9, 30, 31, 77, 2]])


def write_base(folder, family="llama", dtype=torch.float32, **more):
    """A model with fresh weights and the tiny tokenizer."""
    tokenizer = Tokenizer(tiny_tokenizer(folder.parent / f"{folder.name} tokenizer"))
    model = new_model(Architecture(type=family, **{**SIZES, **more}), tokenizer, 1, LABELS if family == "bert" else ())
    save_model(model.to(dtype), tokenizer, folder)
    return folder


def labels_for(task):
    return LABELS if task == "classification" else ()


def loaded(folder, task, adapter, seed=3, tokens=()):
    """The network of a folder with an adapter."""
    found = network(folder, task, Loading(labels=labels_for(task), masters=False, quantized=adapter.quantized))
    return adapt(found, task, adapter, seed, tokens)


def loss(model, task, ids=IDS):
    labels = {"causal": ids, "seq2seq": ids[:, :3], "classification": torch.tensor([1])}[task]
    return model(input_ids=ids, labels=labels).loss


def logits(model, task, ids=IDS):
    more = {"decoder_input_ids": ids[:, :3]} if task == "seq2seq" else {}
    model.train(False)
    with torch.no_grad():
        return model(input_ids=ids, **more).logits


def learn(model, task, steps=1, ids=IDS):
    """A few steps at a high rate; the names of the weights that changed. Of LoRA's pairs the first has no gradient at the very
    first step, since the second is zero."""
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    learner = torch.optim.AdamW([weight for weight in model.parameters() if weight.requires_grad], lr=0.05)
    model.train(True)
    for _ in range(steps):
        learner.zero_grad()
        loss(model, task, ids).backward()
        learner.step()
    return {name for name, weight in model.named_parameters() if not torch.equal(weight, before[name])}


def trained_names(model):
    return {name for name, weight in model.named_parameters() if weight.requires_grad}


def save(model, task, base, folder, adapter):
    save_adapter(model, Tokenizer(base), base, folder, {"task": task, "quantized": adapter.quantized, "labels": list(labels_for(task))})
    return folder
