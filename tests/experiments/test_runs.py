"""Result files: written whole, read with suspicion."""

import json

import pandas as pd
import pytest

from nucleolus_lib.experiments import runs
from nucleolus_lib.experiments.atomic_file import write_atomically
from nucleolus_lib.experiments.errors import RunFileError, WriteError


def result(rows=3, complete=True, seed=0, name="vdn"):
    table = pd.DataFrame({"env_steps": [10 * k for k in range(rows)], "return_mean": [0.5] * rows})
    record = {
        "schema_version": runs.SCHEMA_VERSION,
        "kind": "training",
        "world": "pp-grid,penalty=-2",
        "name": name,
        "seed": seed,
        "config": {"env": "pp-grid"},
        "complete": complete,
        "rows": rows,
        "commit": "abc",
    }
    return runs.RunResult(table, record)


@pytest.fixture
def stem(tmp_path):
    stem = runs.run_stem(tmp_path, "pp-grid,penalty=-2", "vdn", 0)
    runs.write(result(), stem)
    return stem


def test_what_is_written_is_read(stem):
    read = runs.read(stem)
    pd.testing.assert_frame_equal(read.table, result().table)
    assert read.record == result().record
    assert (read.world, read.name, read.seed, read.complete, read.env_steps) == (
        "pp-grid,penalty=-2",
        "vdn",
        0,
        True,
        20,
    )
    assert runs.read(stem.with_suffix(".json")).record == read.record


def test_a_run_cut_short_between_its_files_reads_as_its_beginning(stem):
    runs.write(result(4, complete=False), stem)
    old = json.loads(stem.with_suffix(".json").read_text()) | {"rows": 3}
    stem.with_suffix(".json").write_text(json.dumps(old))
    assert len(runs.read(stem).table) == 4


def test_files_that_do_not_belong_together_are_refused(stem):
    record = json.loads(stem.with_suffix(".json").read_text())
    stem.with_suffix(".json").write_text(json.dumps(record | {"rows": 4}))
    with pytest.raises(RunFileError, match="has 3 rows, but its record counts 4"):
        runs.read(stem)


@pytest.mark.parametrize("version", [0, runs.SCHEMA_VERSION + 1, None, "1"])
def test_another_schema_version_is_refused_with_the_remedy(stem, version):
    record = json.loads(stem.with_suffix(".json").read_text())
    stem.with_suffix(".json").write_text(json.dumps(record | {"schema_version": version}))
    words = rf"schema version {version}, and this code reads version \d+.*\(commit abc\), or delete it and make the run"
    with pytest.raises(RunFileError, match=words):
        runs.read(stem)


@pytest.mark.parametrize("ending", [".parquet", ".json"])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.98])
def test_a_half_written_file_is_named(stem, ending, share):
    path = stem.with_suffix(ending)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(RunFileError, match=rf"seed0\{ending} is (missing or )?damaged.*make the run again"):
        runs.read(stem)


def test_a_missing_file_is_named(stem):
    stem.with_suffix(".parquet").unlink()
    with pytest.raises(RunFileError, match=r"seed0.parquet is missing or damaged.*--algorithm vdn --seed 0"):
        runs.read(stem)
    with pytest.raises(RunFileError, match="there is no run at"):
        runs.read(stem.with_name("seed7"))


@pytest.mark.parametrize("text", ["[]", "{}", '{"schema_version": 1}', "3"])
def test_json_that_is_no_record_is_refused(stem, text):
    stem.with_suffix(".json").write_text(text)
    with pytest.raises(RunFileError, match=r"delete it|lacks"):
        runs.read(stem)


def test_a_suite_is_read_as_one_table(tmp_path, stem):
    runs.write(result(2, complete=False, seed=1), runs.run_stem(tmp_path, "pp-grid,penalty=-2", "vdn", 1))
    scripted = runs.scripted_stem(tmp_path, "pp-grid,penalty=-2", "pairs")
    runs.write(result(5, name="pairs"), scripted)
    table = runs.suite_table(tmp_path)
    assert list(table.columns[:4]) == ["world", "name", "seed", "complete"]
    assert table.groupby("seed").size().to_dict() == {0: 3, 1: 2}
    assert [run.name for run in runs.read_suite(tmp_path, "scripted")] == ["pairs"]
    assert runs.find(tmp_path, "scripted") == [scripted]


def test_an_empty_folder_is_said_to_be_empty(tmp_path):
    with pytest.raises(RunFileError, match="no training runs below"):
        runs.read_suite(tmp_path)


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail(stream):
        stream.write(b"half of the ne")
        raise OSError(28, "No space left on device")

    with pytest.raises(WriteError, match=r"No space left on device.*unchanged"):
        write_atomically(path, fail)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_mistake_in_the_writer_is_not_called_a_full_disk(tmp_path):
    with pytest.raises(ZeroDivisionError):
        write_atomically(tmp_path / "file", lambda stream: 1 / 0)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match="could not be written"):
        write_atomically(tmp_path / "file" / "below", lambda stream: None)
