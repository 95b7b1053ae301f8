"""Work made from plain texts holds what a step asks for."""

from tilth.fakes.work import tiny_dataset, tiny_work


def test_a_dataset_gives_back_its_texts_in_order(tmp_path):
    data = tiny_dataset(tmp_path, "docs", ["one", None, "two"])
    assert list(data.texts()) == ["one", "two"]
    assert data.rows == 3


def test_content_tells_texts_apart(tmp_path):
    contents = {tiny_dataset(tmp_path, "docs", texts).content for texts in (["a", "b"], ["ab"], ["b", "a"])}
    assert len(contents) == 3


def test_folders_are_there(tmp_path):
    work = tiny_work(tmp_path, {"docs": ["x"]})
    assert work.folder.is_dir()
    assert work.scratch.is_dir()
    assert set(work.datasets) == {"docs"}
