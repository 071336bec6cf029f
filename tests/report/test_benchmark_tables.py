"""Stored benchmarks: what a benchmark writes is what the book reads, and broken files are explained."""

import json

import pytest

from nucleolus_lib.report.benchmark_tables import machines_table, read_benchmark
from nucleolus_lib.report.errors import BenchmarkFileError
from tests.benchmarks import bench_record

ROWS = (
    {"work": "a", "ours": "6 s", "peer": "B 60", "ratio": 10.0, "bar": ">= 9", "holds": True, "figure": "this run"},
    {"work": "b", "ours": "2 s", "peer": "C 5", "ratio": 2.5, "bar": ">= 3", "holds": False, "figure": "quoted"},
    {"work": "c", "ours": "1 s", "peer": "C 1", "ratio": 1.0, "bar": "none", "holds": True, "figure": "this run"},
)


@pytest.fixture
def stored(tmp_path):
    content = bench_record.record("train", ROWS, [0.25, 0.5, 1.0], "read in a paper")
    bench_record.write(tmp_path / "train.json", content)
    return tmp_path


def test_what_is_written_is_read(stored):
    benchmark = read_benchmark("train", stored)
    table = benchmark.table()
    assert table["work"].tolist() == ["a", "b", "c"]
    assert table["ratio"].tolist() == [10.0, 2.5, 1.0]
    assert table["verdict"].tolist() == ["holds", "missed", "reported"]
    assert table["peer's figure"].tolist() == ["this run", "quoted", "this run"]
    assert benchmark.quoted == "read in a paper"
    assert benchmark.load[0] == 0.25


def test_the_machine_is_described(stored):
    row = machines_table([read_benchmark("train", stored)]).iloc[0]
    assert "cores" in row["machine"]
    # The name of the processor, not the kind of it.
    assert row["machine"].removeprefix("CPU: ").split(",")[0] not in ("x86_64", "")
    assert len(row["commit"].split()[0]) == 8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_version": 7}, "schema version 7, 1 is expected"),
        ({"machine": None}, "has no 'machine'"),
        ({"rows": [{"work": "a"}]}, "rows without bar"),
    ],
)
def test_a_file_that_is_not_as_expected_is_explained(stored, change, message):
    path = stored / "train.json"
    content = json.loads(path.read_text()) | change
    path.write_text(json.dumps({name: value for name, value in content.items() if value is not None}))
    with pytest.raises(BenchmarkFileError, match=rf"{message}.*bench_train --json"):
        read_benchmark("train", stored)


def test_a_missing_or_half_written_file_is_explained(stored):
    (stored / "predator_prey.json").write_text('{"rows": [')
    for name in ("predator_prey", "absent"):
        with pytest.raises(BenchmarkFileError, match=f"cannot be read.*bench_{name}"):
            read_benchmark(name, stored)


@pytest.mark.parametrize(("row", "quoted"), [({**ROWS[0], "figure": "guess"}, ""), (ROWS[1], ""), ({"work": "a"}, "")])
def test_a_row_must_say_where_the_peer_s_figure_is_from(row, quoted):
    with pytest.raises(ValueError, match="row"):
        bench_record.record("train", [row], [], quoted)
