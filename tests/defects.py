"""Known defects of other tools for training data, found reading their code, and the tests that show what happens here instead."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Defect:
    """What goes wrong in a tool; ours are right by these tests, or it cannot happen here for this reason."""

    tool: str
    where: str
    """A file of the tool, or numbers of its list of issues."""
    wrong: str
    tests: tuple[str, ...] | None
    """Each named by its file beneath `tests`."""
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
        ("test_extras.py::test_heuristics_deduplication_and_redaction_need_no_extra",)
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
