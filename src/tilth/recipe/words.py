"""The right word nearby."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

ELSEWHERE = {
    "adapter": "lora peft_config lora_config load_in_4bit load_in_8bit",
    "alpha": "lora_alpha",
    "batch": "batch_size train_batch_size micro_batch_size per_device_train_batch_size gradient_accumulation_steps global_batch_size",
    "best": "load_best_model_at_end",
    "betas": "adam_beta1 adam_beta2",
    "bits": "load_in_4bit load_in_8bit",
    "checkpoint_every": "save_steps save_strategy save_interval",
    "checkpointing": "gradient_checkpointing activation_checkpointing",
    "clip": "max_grad_norm gradient_clipping max_norm",
    "compile": "torch_compile",
    "data": "train_dataset dataset datasets train_file",
    "dropout": "lora_dropout",
    "early_stopping": "early_stopping_patience",
    "epochs": "num_train_epochs num_epochs max_epochs",
    "evaluate_every": "eval_steps eval_strategy evaluation_strategy eval_interval",
    "keep": "save_total_limit",
    "learning_rate": "lr",
    "length": "max_length max_seq_length max_seq_len sequence_len cutoff_len block_size",
    "model": "model_name_or_path base_model model_name pretrained_model_name_or_path",
    "optimizer": "optim",
    "packing": "sample_packing neat_packing",
    "precision": "bf16 fp16 tf32 dtype torch_dtype mixed_precision",
    "rank": "r lora_r lora_rank",
    "save": "modules_to_save lora_modules_to_save",
    "schedule": "lr_scheduler lr_scheduler_type",
    "steps": "max_steps num_steps max_iters",
    "targets": "target_modules lora_target_modules lora_target",
    "template": "chat_template prompt_template",
    "validation": "eval_dataset validation_dataset val_set_size",
    "warmup": "warmup_ratio warmup_steps",
}
"""What Transformers, TRL, PEFT, axolotl, LLaMA-Factory and nanoGPT call the settings of a training."""


def meant(word: str, known: Iterable[str]) -> str | None:
    """The known setting that was probably meant: what other trainers call so, or else the nearest."""
    words = list(known)
    others = (ours for ours, names in ELSEWHERE.items() if ours in words and _folded(word) in names.split())
    return next(others, None) or nearest(word, words)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant: the same but for case or its dashes, or else the most alike."""
    words = list(known)
    same = [one for one in words if _folded(one) == _folded(word)]
    alike = same or get_close_matches(word, words, n=1, cutoff=0.6)
    return alike[0] if alike else None


def nearest_step(word: str, known: Iterable[str]) -> str | None:
    """The same for `room.step`: a right step in a wrong room, or without one, is found first; then one whose room and
    own name are both near. A room alone means none of its steps."""
    names = list(known)
    room, _, last = word.rpartition(".")
    same = [name for name in names if last and name.rpartition(".")[2] == last]
    if same or not room:
        rooms = {name.partition(".")[0] for name in names}
        return same[0] if same else None if _folded(last) in rooms else nearest(word, names)
    meant = nearest(room, dict.fromkeys(name.partition(".")[0] for name in names))
    near = nearest(last, [name.partition(".")[2] for name in names if name.startswith(f"{meant}.")])
    return f"{meant}.{near}" if near else None


def did_you_mean(word: str | None) -> str:
    """The question, or nothing when no word is near."""
    return f"Did you mean `{word}`?" if word else ""


def sentences(*parts: str) -> str:
    """Those that say something, one after another."""
    return " ".join(part for part in parts if part)


def _folded(word: str) -> str:
    return word.lower().replace("-", "_")
