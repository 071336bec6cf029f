"""Answers of nvidia-smi, of other programs in its place, and of none."""

import stat
import time

import pytest

from tests.benchmarks.gpu_samples import Sampler, parse_sample, utilisation


def test_an_answer_is_parsed_and_another_one_refused():
    assert parse_sample("97, 34, 5120\n") == (97.0, 34.0, 5120.0)
    for answer in ("", "[N/A], [N/A], 5120\n", "97, 34\n", "1, 2, 3\n4, 5, 6\n", "no devices were found\n"):
        with pytest.raises(ValueError, match="three numbers of one GPU"):
            parse_sample(answer)


def a_program(tmp_path, text):
    path = tmp_path / "nvidia-smi"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def sampled(program):
    with Sampler(3, program, pause=0.01) as sampler:
        deadline = time.monotonic() + 20
        while not sampler.samples and not sampler.problem and time.monotonic() < deadline:
            time.sleep(0.01)
    return sampler


def test_samples_are_taken_of_one_gpu(tmp_path):
    log = tmp_path / "asked"
    sampler = sampled(a_program(tmp_path, f'echo "$@" > {log}; echo "50, 10, 300"'))
    assert set(sampler.samples) == {(50.0, 10.0, 300.0)}
    assert sampler.problem == ""
    assert log.read_text().split()[0] == "--id=3"


def test_without_the_program_nothing_breaks(tmp_path):
    sampler = sampled(str(tmp_path / "absent"))
    assert sampler.samples == []
    assert "cannot be run" in sampler.problem


def test_a_program_that_fails_is_quoted(tmp_path):
    sampler = sampled(a_program(tmp_path, "echo no driver >&2; exit 9"))
    assert sampler.samples == []
    assert "failed with 9: no driver" in sampler.problem


def test_utilisation_over_samples():
    found = utilisation([(float(busy), 0.0, 100.0 + busy) for busy in range(101)])
    assert (found["mean_percent"], found["p90_percent"], found["most_memory_mib"]) == (50.0, 90.0, 200.0)
    assert utilisation([]) == {}
