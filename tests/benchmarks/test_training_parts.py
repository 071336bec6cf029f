"""The parts of an interrupted benchmark: their sum, and files that are refused."""

import json

import pytest

from tests.benchmarks.training_parts import Parts, PartsFileError

WORK = {"runs": [["pp-8v4", "vdn", 0, 100]], "device": "a GPU"}


def test_the_sum_over_parts_survives_a_new_process(tmp_path):
    path = tmp_path / "deep" / "parts.json"
    first = Parts(path, WORK)
    first.begin(2, "abc")
    first.update(4.0, [(10.0, 1.0, 5.0)])
    first.update(10.5, [(10.0, 1.0, 5.0), (20.0, 1.0, 5.0)], ended=True)
    second = Parts(path, WORK)
    assert second.wall_s == 10.5
    second.begin(3, "abc")
    second.update(2.25, [(30.0, 1.0, 5.0)], ended=True)
    third = Parts(path, WORK)
    assert third.wall_s == 12.75
    assert [sample[0] for sample in third.samples] == [10.0, 20.0, 30.0]
    assert third.cut_off == 0


def test_a_part_that_was_killed_counts_as_far_as_it_was_written(tmp_path):
    path = tmp_path / "parts.json"
    killed = Parts(path, WORK)
    killed.begin(2, "abc")
    killed.update(7.0, [])
    again = Parts(path, WORK)
    assert (again.wall_s, again.cut_off) == (7.0, 1)


@pytest.mark.parametrize("keep", [0, 10, -5])
def test_a_half_written_file_is_refused(tmp_path, keep):
    path = tmp_path / "parts.json"
    Parts(path, WORK).begin(2, "abc")
    path.write_text(path.read_text()[:keep])
    with pytest.raises(PartsFileError, match=r"half-written .*begin anew"):
        Parts(path, WORK)


def test_parts_that_lack_something_or_are_of_other_work_are_refused(tmp_path):
    path = tmp_path / "parts.json"
    Parts(path, WORK).begin(2, "abc")
    with pytest.raises(PartsFileError, match="device = 'a GPU' there, 'another' here"):
        Parts(path, WORK | {"device": "another"})
    whole = json.loads(path.read_text())
    del whole["parts"][0]["wall_s"]
    path.write_text(json.dumps(whole))
    with pytest.raises(PartsFileError, match="part 0 lacks wall_s"):
        Parts(path, WORK)
    path.write_text(json.dumps(whole | {"format": 0}))
    with pytest.raises(PartsFileError, match="format 0"):
        Parts(path, WORK)
