"""Known defects of other tools for training data, and the tests that show what happens here instead.

They are those that were found reading the tools' code, and those that their users report. A place is a file of
the tool, or a number of its list of issues; a test is named by its file beneath `tests`.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
REFERENCE = TESTS.parents[1] / "shared" / "reference" / "curation.md"


@dataclass(frozen=True)
class Defect:
    """What goes wrong in a tool; ours are right by these tests, or it cannot happen here for this reason."""

    tool: str
    where: str
    wrong: str
    tests: tuple[str, ...] | None
    reason: str = ""


PEERS = "steps/dedup/test_peers.py::test_"
NEAR = "steps/dedup/test_minhash.py::test_"
AGAINST = "steps/dedup/test_against.py::test_"
QUALITY = "steps/filter/test_quality.py::test_"
CLASSIFIER = "steps/filter/test_classifier.py::test_"
RUN = "execute/test_run.py::test_"
COMPARING = "execute/test_comparing.py::test_"
BROKEN = "execute/test_broken.py::test_"
KILLED = "execute/test_killed.py::test_"
BAD = "steps/source/test_bad_input.py::test_"

FOUND_READING = (
    Defect(
        "datatrove",
        "pipeline/dedup/bloom_filter.py",
        "bits are taken for bytes: at the designed load four new texts in five are taken for known ones",
        (f"{PEERS}lines_are_compared_without_a_filter_that_fills_up",),
    ),
    Defect(
        "datatrove",
        "pipeline/readers/jsonl.py",
        "a bad line is skipped and not counted; one that is not UTF-8 ends the file, and its task counts as done",
        (f"{BAD}what_is_bad_is_quarantined_and_all_that_is_good_is_kept", f"{RUN}more_bad_records_than_allowed_are_refused_with_the_line_to_write")
        + ("execute/test_books.py::test_a_bad_record_is_kept_with_its_place_its_reason_and_its_bytes",),
    ),
    Defect("datatrove", "pipeline/readers/warc.py", "records of another type or encoding are dropped and written nowhere", None, "WARC is not read"),
    Defect(
        "datatrove",
        "pipeline/extractors/base.py",
        "a page whose extraction is empty, fails or takes more than a second is dropped and written nowhere",
        ("steps/clean/test_html.py::test_a_page_of_which_nothing_is_left_is_a_row_with_an_empty_text",)
        + ("steps/clean/test_html.py::test_a_hostile_megabyte_takes_no_longer_than_another",)
        + ("execute/test_passes.py::test_a_step_that_loses_a_row_is_refused_and_nothing_is_stored",)
        + (f"{BROKEN}an_exception_in_a_step_is_exit_1_with_the_steps_address",),
    ),
    Defect(
        "datatrove",
        "pipeline/dedup/minhash.py",
        "texts of fewer than 5 words are never compared; rows are removed by task and line; a lost list of what to remove removes nothing",
        (f"{PEERS}texts_of_fewer_than_five_words_are_compared_too", f"{PEERS}the_rows_that_stay_are_known_by_their_ids_whatever_their_order")
        + (f"{COMPARING}rows_are_removed_by_id_and_not_by_place", "execute/test_audit.py::test_a_decision_that_is_gone_is_missed")
        + ("store/test_objects.py::test_a_lost_object_is_told_with_the_way_to_mend_it",),
    ),
    Defect(
        "datatrove",
        "pipeline/dedup/sentence_dedup.py",
        "fails without a configuration; numbers sentences in 16 bits; of a span too short to go, only the first sentence is put back",
        (f"{PEERS}a_step_works_without_the_settings_that_it_need_not_have", f"{PEERS}a_sentence_is_found_beyond_the_sixty_five_thousandth")
        + (f"{PEERS}a_run_that_is_too_short_stays_as_a_whole",),
    ),
    Defect(
        "datatrove",
        "pipeline/decont/n_grams.py",
        "a condition is the wrong way round, so that sets without a query are refused; a package of benchmarks is needed for one's own sets",
        ("steps/dedup/test_items.py::test_the_usual_columns_are_found", f"{AGAINST}question_answer_and_both_are_told_apart")
        + ("laws/test_quiet_import.py::test_importing_any_module_stirs_nothing_and_checking_a_recipe_loads_no_torch",),
    ),
    Defect(
        "datatrove",
        "pipeline/filters/fasttext_filter.py",
        "raises TypeError where rows are only to be annotated",
        (f"{CLASSIFIER}a_score_may_be_a_column_alone_and_every_row_stays",),
    ),
    Defect(
        "datatrove",
        "pyproject.toml",
        "the English rules of Gopher need an extra that also brings tensorflow",
        ("laws/test_extras.py::test_heuristics_deduplication_and_redaction_need_no_extra",)
        + (f"{QUALITY}a_dialect_whose_package_is_missing_is_refused_with_the_line_to_type",),
    ),
    Defect(
        "datatrove",
        "pipeline/formatters/pii.py",
        "what stands for an address depends on the addresses that came before",
        ("steps/redact/test_pii.py::test_what_stands_for_something_does_not_depend_on_the_order_of_the_rows",),
    ),
    Defect(
        "NeMo Curator",
        "heuristic/repetition/repetition.py",
        "the most frequent run of words is the first of a set: one text scores 0.087 or 0.609 by the hash seed",
        ("text/test_curator.py::test_the_most_frequent_run_is_the_same_one_under_every_hash_seed",)
        + ("text/test_repetition.py::test_the_hash_seed_of_python_changes_nothing", f"{RUN}content_does_not_depend_on_the_hash_seed"),
    ),
    Defect(
        "NeMo Curator",
        "fasttext/fasttext_filters.py",
        "a row stays by a draw of the global generator; a score goes as a string through `eval`",
        (f"{CLASSIFIER}whether_a_row_stays_is_no_matter_of_chance", f"{CLASSIFIER}scores_are_numbers_and_not_words"),
    ),
    Defect(
        "NeMo Curator",
        "stages/deduplication/fuzzy/workflow.py",
        "a documented setting raises NotImplementedError; removal is another workflow that must be told the same size of blocks",
        ("laws/test_plainness.py::test_what_can_be_asked_for_is_written", f"{COMPARING}a_run_drops_what_brute_force_drops_and_tells_the_partner")
        + (f"{COMPARING}workers_shards_batches_and_file_order_change_nothing",),
    ),
    Defect(
        "NeMo Curator",
        "heuristic/string.py",
        "text of newlines alone passes the first filter and raises ZeroDivisionError in the next; `##` is no hash",
        (f"{QUALITY}text_of_newlines_alone_falls_for_its_words_in_curators_dialect_and_breaks_nothing",)
        + ("text/test_walk.py::test_text_of_newlines_alone_divides_by_nothing_without_harm",)
        + ("text/test_walk.py::test_every_hash_counts_alone_or_in_a_run",),
    ),
    Defect(
        "NeMo Curator",
        "RepeatedParagraphsByCharFilter",
        "says 10 % and takes 20 %; a text too short for a run of words scores 1.0 and is dropped",
        (f"{QUALITY}the_limits_of_repetition_are_those_of_the_paper", "text/test_rules.py::test_the_filter_has_the_same_limits")
        + (f"{QUALITY}a_text_too_short_for_a_run_of_words_is_kept_here_and_dropped_in_curators_dialect",)
        + ("text/test_repetition.py::test_a_text_shorter_than_a_run_repeats_nothing",),
    ),
    Defect(
        "Data-Juicer",
        "ops/base_op.py",
        "one bad row makes an empty batch of a thousand, and a line in the log",
        (f"{QUALITY}no_row_changes_what_becomes_of_another", f"{BROKEN}an_exception_in_a_step_is_exit_1_with_the_steps_address")
        + ("test_step.py::test_a_map_that_forgets_a_row_is_found_out", f"{RUN}books_balance_for_any_input"),
    ),
    Defect(
        "Data-Juicer",
        "document_minhash_deduplicator.py",
        "fails on a text of fewer than 5 tokens, or drops it",
        (f"{PEERS}a_text_without_a_shingle_neither_fails_nor_takes_its_neighbours_with_it",)
        + (f"{NEAR}short_documents_are_neither_lost_nor_all_one_group",),
    ),
    Defect(
        "dolma",
        "taggers/pii.py",
        "a boundary of words is written as a backspace, so that no address of a page is found",
        ("steps/redact/test_pii.py::test_an_address_of_a_page_is_found_at_the_beginning_and_behind_any_sign",),
    ),
    Defect(
        "dolma",
        "taggers/gopher.py",
        "exceptions are swallowed, and the measures stay 0",
        ("text/test_dolma.py::test_the_measures_of_gopher_are_those_of_plain_python_and_no_text_is_given_zeros_for_an_error",)
        + ("text/test_dolma.py::test_a_missing_text_is_not_measured", f"{BROKEN}an_exception_in_a_step_is_exit_1_with_the_steps_address"),
    ),
    Defect(
        "dolma",
        "src/bloom_filter.rs",
        "seeds are random, so that two runs differ",
        (f"{RUN}content_does_not_depend_on_hands", f"{NEAR}the_hash_seed_of_python_changes_nothing")
        + ("text/test_minhash.py::test_keys_are_the_same_on_every_machine_and_under_every_hash_seed",),
    ),
    Defect(
        "text-dedup",
        "minhash.py",
        "short texts are taken out; verified pairs are grouped by the cluster they were found in; every pair of a bucket is made",
        (f"{PEERS}short_texts_that_nothing_resembles_stay", f"{PEERS}verified_pairs_do_not_join_what_was_never_similar")
        + ("text/test_groups.py::test_two_verified_pairs_are_two_groups_though_a_candidate_joins_them",)
        + ("text/test_neighbours.py::test_a_bucket_of_many_makes_pairs_in_a_line_and_tells_what_it_skips",),
    ),
    Defect(
        "DCLM",
        "dedup/bff/src/main.rs",
        "a short paragraph is 0 of 0 and always stays; threads race for the filter",
        (f"{PEERS}a_short_line_is_judged_by_its_length_and_never_by_no_number",)
        + (f"{PEERS}the_same_lines_go_however_the_rows_are_divided_and_by_whomever",),
    ),
    Defect(
        "lm-eval",
        "decontamination/janitor.py",
        "overlapping runs are counted, so that 23 shared words delete a document of which 22 leave two pieces; "
        "what is kept of an index is the name of its file",
        (f"{AGAINST}a_long_overlap_is_one_span_and_not_a_count_of_runs", "text/test_passages.py::test_an_index_comes_back_from_its_folder_as_it_was")
        + (f"{AGAINST}what_is_cut_is_what_the_item_has_and_not_one_character_more",),
    ),
    Defect(
        "semhash",
        "semhash.py",
        "a row falls if a neighbour was met, though it is not near the row that stays; nobody says which row is to stay",
        ("steps/dedup/test_semantic.py::test_a_chain_does_not_take_its_last_row_with_it_as_semhash_did",)
        + (f"{PEERS}a_chain_of_neighbours_loses_only_what_resembles_a_row_that_stays",)
        + ("steps/dedup/test_semantic.py::test_claims_decide_who_stays",),
    ),
)
"""What was found reading code, in the order of the reference."""

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
    Defect("datatrove", "#376", "nobody says which copy is to stay", (f"{NEAR}which_row_stays", f"{COMPARING}the_claim_to_be_kept_decides_the_order")),
    Defect(
        "datatrove",
        "#220, #316, #338",
        "what was interrupted begins whole tasks anew, or never ends",
        (f"{KILLED}kills_in_every_phase_change_nothing_and_cost_nothing", "execute/test_stopped.py::test_it_can_be_stopped_in_every_phase_and_goes_on"),
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
        ("laws/test_extras.py::test_heuristics_deduplication_and_redaction_need_no_extra",)
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
        (f"{NEAR}another_limit_drops_what_the_facts_foretold", "execute/test_clusters.py::test_the_largest_groups_come_first_each_with_the_row_that_was_kept")
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
        "Lilac", "#1190", "clusters of embeddings beyond 600,000 rows never end", None, "rows are clustered only where `dedup.semantic` blocks them"
    ),
    Defect(
        "NeMo Curator", "PR #1801", "redaction of personal data was lost when the code was written anew", None, "the code was not written anew"
    ),
    Defect("argilla", "#1903, #2229, #4804", "its search server is hard to set up and to back up", None, "there is no server"),
)
"""What users report about behaviour; questions about words, speed alone and packaging from source are left out."""

DEFECTS = FOUND_READING + REPORTED


@cache
def functions(file: str) -> set[str]:
    """The tests that a file defines."""
    return {node.name for node in ast.parse((TESTS / file).read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: f"{defect.tool} {defect.where}")
def test_what_goes_wrong_elsewhere_has_a_test_here_or_a_reason(defect: Defect) -> None:
    assert (defect.tests is None) == bool(defect.reason), "either tests or a reason"
    gone = [name for name in defect.tests or () if not (TESTS / name.partition("::")[0]).is_file() or name.partition("::")[2] not in functions(name.partition("::")[0])]
    assert defect.tests != () and not gone, f"No such test: {gone}. Name the test that shows it now."


def test_every_defect_of_the_reference_is_in_the_table() -> None:
    if not REFERENCE.is_file():
        pytest.skip("../shared/reference is not here")
    rows = REFERENCE.read_text("utf-8").partition("### Defects found while reading")[2].partition("\n---")[0]
    heads = [re.findall(r"`([^`]+)`", line.split("|")[1]) for line in rows.splitlines() if line.startswith("| ")][1:]
    assert len(heads) == 23
    known = {defect.where for defect in FOUND_READING}
    ...
