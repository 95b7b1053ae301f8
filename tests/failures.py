"""What goes wrong in other tools when models are trained, as users tell it, and the tests that show what happens here instead."""

from __future__ import annotations

from tests.defects import KILLED, Defect

HERE = "model/test_failures.py::test_"
ELSE = "model/test_masks_where_others_fail.py::test_"
TRAINER = "model/test_trainer.py::test_"
SFT = "steps/train/test_sft.py::test_"
NEW = "model/test_new_tokens.py::test_"
CUT = "model/test_truncation.py::test_"
SIGNED = "model/test_signatures.py::test_"

FAILURES = {
    "Wrong or useless loss masks": (
        Defect(
            "TRL",
            "#6105",
            "a prompt is taken to be as long as the keys of a dict, so that nearly all of it is learned",
            (f"{ELSE}a_prompt_is_as_long_as_its_tokens_and_not_as_its_keys",)
            + ("model/test_masks.py::test_the_trained_tokens_are_the_answers_and_their_terminators",),
        ),
        Defect(
            "axolotl",
            "#3754, #2089",
            "of every Gemma the end of a turn is masked, so that models never learn to stop",
            (f"{ELSE}the_terminator_is_learned_where_it_is_not_the_end_token",)
            + (f"{HERE}what_ends_a_turn_is_learned_and_ends_what_is_written_also_where_it_is_not_the_end_token",)
            + ("model/test_masks_of_models.py::test_what_is_learned_is_the_answer_and_an_end",),
        ),
        Defect(
            "Transformers",
            "#47325, #47326",
            "all the rest of a chat is learned where an answer ends at token 0",
            (f"{ELSE}a_mask_ends_where_an_answer_at_the_beginning_ends",),
        ),
        Defect(
            "unsloth",
            "#2900, #2364, #2117, #2095, #1128, #2771",
            "markers are other tokens in context, or a cut takes the answer: nothing of the dataset is learned",
            (f"{ELSE}a_row_of_which_nothing_is_learned_is_refused", f"{ELSE}a_heading_that_merges_with_an_answer_is_found")
            + (f"{CUT}an_answer_that_is_too_long_is_refused_and_not_cut",),
        ),
        Defect(
            "TRL",
            "#3781, #3484, #6668",
            "which part is learned is ignored beside a kernel; a batch of which nothing is learned has a loss of 0.0",
            ("model/test_objectives.py::test_padded_and_packed_rows_have_the_nats_of_each_row_alone",)
            + ("model/test_objectives.py::test_rows_without_a_learned_token_weigh_nothing",)
            + (f"{HERE}every_line_of_packed_rows_has_something_to_learn",),
        ),
        Defect(
            "open-r1",
            "#517",
            "the instruction is learned as well",
            (f"{SFT}what_is_shown_of_a_training_is_what_was_learned", f"{HERE}of_sharegpt_the_human_is_never_learned"),
        ),
        Defect(
            "TRL",
            "1.16",
            "a template that is not one of about thirty, byte for byte, is no template to train with",
            ("model/test_masks.py::test_the_trained_tokens_are_the_answers_and_their_terminators",)
            + ("model/test_templates.py::test_generation_tags_are_let_be",),
        ),
        Defect(
            "axolotl",
            "0.17",
            "of an answer that begins and ends like a dummy message the ends are not learned",
            (f"{ELSE}an_answer_like_a_sentinel_is_learned_whole", "model/test_skeleton.py::test_no_sentinel_is_in_another"),
        ),
    ),
    "EOS / BOS / special tokens": (
        Defect(
            "unsloth, llm-course, TRL, granite",
            "#416, #419, #33, #734, #2",
            "the end also fills up, is masked as filling, and never learned",
            (f"{ELSE}the_end_is_learned_where_it_also_fills_up",)
            + ("model/test_material.py::test_rows_are_filled_up_at_the_right_and_filling_is_not_learned",)
            + ("model/test_load.py::test_without_a_pad_token_rows_are_filled_with_the_end_and_the_tokenizers_files_stay",),
        ),
        Defect(
            "TRL, axolotl, Soup",
            "#1400, #3328, #1616, #781",
            "two begin tokens",
            (f"{ELSE}a_begin_token_stands_once", "model/test_load.py::test_a_prompt_begins_with_the_begin_token_once"),
        ),
        Defect(
            "PEFT, unsloth, LLaMA-Factory",
            "#2898, #1300, #1457, #237, #978, #7997",
            "beside an adapter the rows of new tokens are not learned, or do not fit when the model is loaded again",
            (f"{NEW}an_adapter_learns_their_rows_alone_and_keeps_them_when_saved_and_loaded_again",)
            + (f"{SFT}control_tokens_that_are_new_are_learned_and_kept",),
        ),
        Defect(
            "TRL, axolotl, unsloth, Soup",
            "`<|eos|><|assistant|>`",
            "a control token in a user's text is one",
            (f"{ELSE}a_user_cannot_end_a_turn",)
            + ("model/test_control_tokens.py::test_letters_in_a_user_s_text_never_become_control_tokens",)
            + ("model/test_rendering.py::test_control_tokens_in_calls_tools_and_roles_are_refused",),
        ),
    ),
    "Silent truncation / dropping": (
        Defect(
            "LLaMA-Factory",
            "#3995, #3143, #5759, #1665",
            "answers are cut, their ends are lost, later turns are dropped, and nothing says so",
            (f"{CUT}a_row_that_is_too_long_is_refused_with_what_each_way_would_cost", f"{CUT}context_is_cut_at_a_sentence_and_the_answer_never")
            + (f"{SFT}a_row_longer_than_the_length_stops_the_run_before_the_first_step",),
        ),
        Defect(
            "TRL",
            "#3927",
            "rows that are too long are dropped, packs are kept of which nothing is learned, and an empty dataset fails in the sampler",
            (f"{HERE}answers_that_are_all_too_long_are_refused_with_the_line_to_write", f"{CUT}rows_that_are_dropped_are_counted_and_named")
            + (f"{HERE}every_line_of_packed_rows_has_something_to_learn", f"{CUT}where_no_row_is_left_nothing_is_learned")
            + (f"{HERE}no_length_is_recommended_that_the_model_does_not_see",),
        ),
    ),
    "Version breakage": (
        Defect(
            "unsloth, LLaMA-Factory, TRL, dspy",
            "#3852, #4661, #1973, #1179, #3081, #4120, #2290, #6168, #10740, #9361",
            "another release of a library has other names, and what was asked for is lost without a word",
            (f"{SIGNED}each_argument_is_one_that_is_taken", f"{SIGNED}each_method_is_there_with_its_arguments")
            + (f"{SIGNED}what_our_loop_calls_its_own_is_its_own_or_the_trainers",),
        ),
    ),
    "v5 dtype default": (
        Defect(
            "sentence-transformers",
            "#3773",
            "weights are trained in the bf16 of their folder, which rounds small steps away",
            (f"{HERE}a_base_in_bf16_is_moved_by_steps_that_bf16_would_round_away",)
            + ("model/test_load.py::test_a_network_of_half_precision_is_trained_in_fp32_and_a_base_stays_as_it_is",),
        ),
    ),
    "NaN hidden": (
        Defect(
            "Transformers",
            "`logging_nan_inf_filter`",
            "a loss that is not finite is logged as 0.0, and the run ends well",
            (f"{TRAINER}a_loss_that_is_not_finite_stops_the_training_and_keeps_the_batch",)
            + (f"{TRAINER}a_gradient_that_is_not_finite_moves_no_weight",)
            + (f"{HERE}a_last_step_that_breaks_the_weights_is_found_without_validation_too",)
            + (f"{HERE}a_base_that_is_broken_is_not_blamed_on_the_learning_rate",),
        ),
    ),
    "Resume": (
        Defect(
            "Transformers, unsloth",
            "#35782, #35525, #6796",
            "a newest checkpoint that is half written ends the run, and no older one is tried",
            (f"{TRAINER}a_damaged_newest_checkpoint_is_skipped", "model/test_checkpoint.py::test_a_damaged_newest_one_is_skipped_and_named")
            + ("model/test_checkpoint.py::test_what_is_half_made_is_not_found",),
        ),
        Defect(
            "LLaMA-Factory, Transformers",
            "#6352, #1717, #26413, #33544, #11284",
            "a stream is read from its beginning again",
            (f"{KILLED}a_killed_training_goes_on_from_its_checkpoint_to_the_same_losses",)
            + ("model/test_pretraining.py::test_tokens_that_were_finished_before_a_kill_are_not_made_again",)
            + (f"{TRAINER}a_killed_training_goes_on_to_exactly_the_same_losses",),
        ),
        Defect(
            "Transformers",
            "`learning_rate: 0.5`",
            "it goes on with other data, and another learning rate is left out of account",
            (f"{HERE}a_training_that_was_killed_goes_on_with_what_it_began_with_or_not_at_all",)
            + (f"{TRAINER}a_checkpoint_of_another_training_is_refused",),
        ),
    ),
    "auto_find_batch_size": (
        Defect(
            "Transformers",
            "#25956, #21521, #43718",
            "where memory runs out the effective batch becomes smaller, and weights that moved are begun with",
            (f"{TRAINER}where_memory_runs_out_the_step_is_done_again_in_pieces_and_the_batch_stays",)
            + (f"{TRAINER}memory_that_runs_out_late_in_a_step_moves_nothing",)
            + (f"{TRAINER}an_item_too_large_for_the_memory_is_said_and_not_tried_for_ever",),
        ),
    ),
    "Eval": (
        Defect(
            "Transformers",
            "#8476, #7232, #26702",
            "logits of the validation data are gathered on the GPU until its memory runs out",
            (f"{TRAINER}where_memory_runs_out_at_the_validation_data_fewer_are_looked_at_together",)
            + (f"{TRAINER}validation_is_the_mean_over_all_tokens",),
        ),
        Defect(
            "Transformers",
            "#33420, #38130",
            "beside an adapter there is no loss on the validation data",
            (f"{HERE}with_an_adapter_the_loss_on_held_out_rows_is_that_of_the_tuned_model",),
        ),
        Defect(
            "lm-eval, lighteval",
            "#1841, #649",
            "scores hang on a flag for the chat template",
            ("model/test_held_out.py::test_one_template_is_for_all_models", f"{SFT}the_tuned_folder_writes_conversations_as_they_were_learned")
            + ("model/test_writing.py::test_the_template_of_the_model_is_followed",),
        ),
    ),
    "Merge/export": (
        Defect(
            "PEFT, Transformers, unsloth-zoo",
            "#2321, #1043, #2105, #31293, #810",
            "an adapter is merged into quantised weights, or into others than it was trained on",
            ("model/test_adapted.py::test_a_quantised_base_is_read_in_full_to_be_merged",)
            + ("model/test_adapted.py::test_merged_weights_give_the_logits_of_the_adapter",)
            + ("model/test_adapted.py::test_what_is_saved_is_loaded_again_with_the_same_logits_wherever_it_stands",),
        ),
        Defect(
            "unsloth, LLaMA-Factory, ollama",
            "#3899, #976, #695, #6320, #6823",
            "what is exported is asked by another template than it learned",
            (f"{SFT}the_tuned_folder_writes_conversations_as_they_were_learned",)
            + ("model/test_templates.py::test_a_saved_template_is_the_one_that_transformers_renders",),
        ),
    ),
    "Stale caches": (
        Defect(
            "axolotl, Soup, open-instruct",
            "#1265, #885, #1067, #1509",
            "tokens of another tokenizer or template are taken up",
            (f"{HERE}examples_that_were_made_otherwise_are_not_taken_up", f"{HERE}examples_of_another_tokenizer_are_not_taken_up")
            + (f"{HERE}a_kill_while_examples_are_made_anew_leaves_none_that_are_taken_for_the_old_ones",)
            + ("model/test_proving.py::test_rows_are_made_examples_once_and_again_only_for_another_identity",),
        ),
    ),
    "Packing contamination": (
        Defect(
            "TRL, alignment-handbook",
            "#1230, #3067, #204",
            "rows in one line see each other",
            (
                "model/test_packing.py::test_packed_examples_do_not_see_each_other",
                "model/test_packing.py::test_a_mask_of_ones_would_let_them_see_each_other",
            )
            + ("model/test_packing.py::test_packed_losses_and_gradients_are_those_of_rows_apart",),
        ),
        Defect(
            "axolotl, litgpt",
            "#848, #920",
            "nobody says beforehand how much memory a training takes",
            ("model/test_budget.py::test_the_graph_tells_what_real_tensors_hold_and_do",),
        ),
    ),
    "Gradient accumulation": (
        Defect(
            "Transformers, TRL, axolotl",
            "#34191, #35438, #37766, #2175, #1100",
            "means of means: what is learned hangs on the micro-batch",
            (f"{TRAINER}the_micro_batch_moves_nothing_but_the_last_digits", f"{SFT}the_micro_batch_moves_nothing_but_the_last_digits")
            + ("model/test_launching.py::test_two_processes_learn_what_one_does_and_only_the_first_tells",),
        ),
    ),
    "LoRA + gradient checkpointing trains nothing": (
        Defect(
            "open-unlearning, Transformers",
            "#178, #26221, #42489",
            "inputs have no gradient, so no adapter has",
            (f"{HERE}an_adapter_is_trained_though_layers_are_computed_again",)
            + ("model/test_adapters.py::test_layers_that_are_computed_again_get_the_same_gradients",),
        ),
    ),
    "Bad messages": (
        Defect("TRL", "an empty dataset", "a bare StopIteration", (f"{HERE}a_dataset_without_rows_is_named",)),
        Defect(
            "TRL",
            "`completion: None`",
            "an AttributeError of NoneType",
            (f"{HERE}an_answer_that_is_none_is_named_with_its_row_and_what_to_do",)
            + (f"{HERE}rows_that_no_filter_of_a_column_finds_are_not_to_be_left_out_by_one",),
        ),
        Defect(
            "TRL",
            "Alpaca's columns",
            "`KeyError: 'text'`",
            (f"{HERE}alpacas_columns_are_found", "model/test_layouts.py::test_columns_of_no_format_are_refused_with_those_there_are"),
        ),
        Defect(
            "TRL",
            "settings that are gone",
            "a plain TypeError, without the new name",
            ("recipe/test_words.py::test_what_other_trainers_call_a_setting_is_known",),
        ),
        Defect(
            "Transformers",
            "weights that are not there",
            "layers that the folder does not hold are drawn at random, with a warning",
            ("model/test_opening.py::test_a_folder_that_is_broken_is_refused_in_a_paragraph_and_nothing_is_written",)
            + ("model/test_opening.py::test_of_a_classifier_the_head_may_be_fresh_and_no_layer",),
        ),
    ),
}
"""By the headings of the reference; the numbers are those of issues and pull requests."""
