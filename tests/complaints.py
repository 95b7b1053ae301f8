"""What users of other tools report about their behaviour, and the tests that show what happens here instead."""

from __future__ import annotations

from tests.defects import AGAINST, BROKEN, COMPARING, KILLED, NEAR, PEERS, RUN, Defect

REPORTED = (
    Defect(
        "datatrove",
        "#157, #301, #397",
        "a full disk or a task that failed is not noticed until a later stage finds records out of order",
        ("execute/test_disk.py::test_a_disk_that_fills_while_rows_are_compared_is_told_and_the_run_goes_on",)
        + (f"{BROKEN}a_worker_that_was_killed_is_told_with_what_to_do_and_the_next_run_goes_on",)
        + ("store/test_verify.py::test_a_row_less_is_found_by_content_and_by_count",),
    ),
    Defect(
        "datatrove",
        "#213, #249, #312, #370",
        "nobody can find which row a duplicate was held against; of an index a number stands there that names none",
        (f"{PEERS}partners_are_rows_of_the_same_dataset", f"{RUN}a_dropped_duplicate_names_a_kept_partner")
        + (f"{COMPARING}rows_of_another_dataset_stay_and_are_the_partners", f"{COMPARING}the_story_of_a_dropped_and_of_a_kept_row"),
    ),
    Defect(
        "datatrove", "#376", "nobody says which copy is to stay", (f"{NEAR}which_row_stays", f"{COMPARING}the_claim_to_be_kept_decides_the_order")
    ),
    Defect(
        "datatrove",
        "#220, #316, #338",
        "what was interrupted begins whole tasks anew, or never ends",
        (
            f"{KILLED}kills_in_every_phase_change_nothing_and_cost_nothing",
            "execute/test_stopped.py::test_it_can_be_stopped_in_every_phase_and_goes_on",
        ),
    ),
    Defect(
        "datatrove",
        "#107",
        "the same rows lose another share under Spark",
        (f"{COMPARING}workers_shards_batches_and_file_order_change_nothing",),
    ),
    Defect(
        "NeMo Curator",
        "#59, #112, #471, #723",
        "memory runs out while duplicates are found and removed",
        ("text/test_neighbours.py::test_no_more_pairs_are_made_at_once_than_are_asked_for_but_those_of_one_row",)
        + ("execute/test_sketches.py::test_only_the_column_that_is_asked_for_is_read",)
        + ("steps/source/test_files.py::test_memory_is_bounded_by_pieces_not_by_the_file",),
    ),
    Defect(
        "NeMo Curator",
        "#76, #87, #101, #287, #736",
        "it cannot be installed, imported or asked for near duplicates without a GPU",
        ("test_extras.py::test_heuristics_deduplication_and_redaction_need_no_extra",)
        + ("laws/test_quiet_import.py::test_importing_tilth_loads_no_heavy_guest",),
    ),
    Defect(
        "NeMo Curator",
        "#1635, PR #2063, PR #2416",
        "a run cannot be taken up again; what the documentation shows does not run",
        (f"{KILLED}kills_while_rows_are_compared_change_nothing_and_cost_nothing", "laws/test_examples.py::test_the_python_of_a_page_runs")
        + ("laws/test_recipes.py::test_a_recipe_in_a_page_plans",),
    ),
    Defect(
        "Data-Juicer",
        "#705, #815",
        "who was dropped and why is told of ten rows, and not at all where work is spread",
        ("execute/test_books.py::test_every_row_that_was_in_and_fell_has_one_line_with_its_reason",)
        + (f"{RUN}every_row_is_in_exactly_one_of_kept_and_dropped_by_its_id",),
    ),
    Defect(
        "Data-Juicer",
        "#487, PR #1036",
        "called with another number of partitions, it deletes its checkpoints",
        (f"{RUN}a_run_with_other_shards_takes_nothing_away_from_what_was_made",)
        + ("model/test_trainer.py::test_a_checkpoint_of_another_training_is_refused",),
    ),
    Defect("Data-Juicer", "#531", "fails where no row is left", (f"{RUN}a_step_that_no_row_reaches_has_nothing_to_do",)),
    Defect(
        "Data-Juicer",
        "#971, PR #906",
        "duplicates are found within a part of the rows only; of a cluster only recorded pairs go",
        ("execute/test_wholes.py::test_equal_texts_in_different_shards_are_seen",)
        + (f"{COMPARING}a_run_drops_what_brute_force_drops_and_tells_the_partner",),
    ),
    Defect(
        "dolma",
        "#96, #150, #174, #218",
        "what deduplication gives back is empty or not understood",
        (f"{COMPARING}a_run_drops_what_brute_force_drops_and_tells_the_partner", f"{RUN}the_whole_path_is_told_step_by_step"),
    ),
    Defect("dolma", "#111", "which copy stays is left to chance", (f"{NEAR}which_row_stays", f"{RUN}content_does_not_depend_on_hands")),
    Defect("dolma", "PR #197", "the filter by length is wrong", ("steps/filter/test_length.py::test_limits_include_their_bound",)),
    Defect(
        "text-dedup",
        "#129",
        "without verification every member of a cluster goes, the one to keep among them",
        (f"{PEERS}of_a_group_one_row_stays", f"{NEAR}the_kept_member_of_a_group_is_never_removed"),
    ),
    Defect(
        "text-dedup",
        "#70",
        "pairs that are not similar are called duplicates",
        (f"{COMPARING}every_stored_pair_has_its_true_similarity",)
        + ("text/test_near.py::test_every_pair_that_is_told_has_its_exact_similarity_and_the_same_text_is_always_found",),
    ),
    Defect("text-dedup", "#71, #88", "with and without Spark the rows differ", (f"{COMPARING}workers_shards_batches_and_file_order_change_nothing",)),
    Defect(
        "text-dedup",
        "#20, #41, #105",
        "700 GB of memory for 10 GB of text",
        (f"{NEAR}many_texts_of_one_template_are_compared_in_a_line",)
        + ("text/test_neighbours.py::test_no_more_pairs_are_made_at_once_than_are_asked_for_but_those_of_one_row",),
    ),
    Defect(
        "text-dedup",
        "#18, #96",
        "of 700,000 rows 600 are left, and nobody can ask which text has which",
        (f"{NEAR}every_dropped_row_names_its_partner_and_how_similar_it_is",)
        + ("execute/test_clusters.py::test_the_largest_groups_come_first_each_with_the_row_that_was_kept",),
    ),
    Defect(
        "semhash",
        "#30, #49, PR #69",
        "the places of rows are not given back; partners are rows that fell themselves; duplicates are lost",
        ("test_step.py::test_the_index_of_a_pandas_frame_goes_with_its_rows", f"{RUN}a_dropped_duplicate_names_a_kept_partner")
        + ("steps/dedup/test_semantic.py::test_few_rows_are_decided_as_by_brute_force",),
    ),
    Defect("semhash", "#46", "the same is computed again each time", (f"{RUN}a_second_run_with_nothing_changed_does_no_step",)),
    Defect(
        "distilabel",
        "#790, #1065",
        "what was made is not found again after a failure, nor by another pipeline",
        (f"{BROKEN}a_worker_that_was_killed_is_told_with_what_to_do_and_the_next_run_goes_on",)
        + (f"{RUN}a_project_that_moves_is_not_done_again", "steps/filter/test_judge.py::test_a_run_that_was_killed_asks_on_from_there"),
    ),
    Defect(
        "distilabel",
        "#587",
        "where one branch fails, answers stand beside other rows",
        ("model/test_asking.py::test_answers_come_in_the_order_of_the_questions_and_equal_ones_are_sent_once",)
        + ("model/test_asking.py::test_a_text_that_is_refused_is_answered_by_nothing_and_not_asked_again",)
        + ("steps/clean/test_rewrite.py::test_rows_without_an_answer_stay_as_they_are",),
    ),
    Defect(
        "DCLM",
        "#71, #83",
        "98 % of the rows go, and nobody can tell whether that is right",
        (
            f"{NEAR}another_limit_drops_what_the_facts_foretold",
            "execute/test_clusters.py::test_the_largest_groups_come_first_each_with_the_row_that_was_kept",
        )
        + ("execute/test_suppose.py::test_the_answer_is_what_a_run_with_that_limit_does_row_by_row",),
    ),
    Defect(
        "duplodocus",
        "#4",
        "chains of pairs are joined on one machine, and hold up all others",
        ("text/test_groups.py::test_a_chain_of_a_hundred_thousand_is_one_component",),
    ),
    Defect(
        "Marin",
        "#6854, PR #7591",
        "chains of pairs that were never verified leave 2 of 859,092 rows; of the merged pairs 64 % are false",
        (f"{NEAR}a_chain_of_small_changes_does_not_collapse", f"{NEAR}the_same_frame_around_different_texts_is_no_duplicate")
        + ("execute/test_representation.py::test_a_group_that_is_kept_too_seldom_is_marked_and_others_are_not",),
    ),
    Defect(
        "Marin",
        "#6851, PR #7831",
        "rows of one template that tell different things are merged",
        (f"{NEAR}rows_that_differ_in_facts_alone_stay_if_facts_are_apart",)
        + (f"{NEAR}exact_copies_fall_among_any_number_of_rows_of_their_template",),
    ),
    Defect(
        "Marin",
        "#6852, #7126, PR #7051",
        "of 114 sources that were called contaminated 88 are not: boilerplate",
        (f"{AGAINST}boilerplate_that_many_rows_have_is_no_contamination", f"{AGAINST}planted_items_are_found")
        + (f"{AGAINST}what_only_looks_as_if_it_had_items_stays",),
    ),
    Defect(
        "DCLM",
        "#80, #99",
        "deduplication needs 90 % of 836 GB of memory",
        ("steps/dedup/test_lines.py::test_the_kind_of_numbers_is_narrow", "execute/test_sketches.py::test_only_the_column_that_is_asked_for_is_read"),
    ),
    Defect(
        "Daft",
        "#2383, #3125, #3443, #4373",
        "memory runs out while files are read and written",
        ("steps/source/test_files.py::test_memory_is_bounded_by_pieces_not_by_the_file",)
        + ("store/test_tables.py::test_row_groups_are_closed_by_size_so_readers_hold_little",),
    ),
    Defect(
        "distilabel",
        "#98",
        "an error does not say what was wrong and what to do",
        (
            "recipe/test_findings.py::test_they_are_told_in_the_order_of_the_file_and_other_files_after_it",
            "test_errors.py::test_it_reads_as_one_paragraph_beneath_its_place",
        ),
    ),
    Defect(
        "bigcode",
        "#27",
        "scripts, and no library",
        ("test_step.py::test_what_comes_in_goes_out", "test_frames.py::test_any_frame_comes_in_and_goes_out_as_it_was"),
    ),
)
"""What users report about behaviour; questions, wishes and what is of speed alone are left out."""
