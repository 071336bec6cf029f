"""The paper's sentences about its Figure 2, on made-up curves that obey or break each of them."""

import dataclasses

import numpy as np
import pytest

from nucleolus_lib.report.figure_two import (
    CLAIMS,
    PAPER_METHODS,
    CurveFacts,
    all_facts,
    claim_table,
    curve_facts,
    fact_table,
    near_paper_turns,
    separated_pairs,
)
from nucleolus_lib.report.run_suite import RunSuite
from tests.report.run_fixture import CAPTURES, LEVELS, TURNS, made_up_run, made_up_suite

PAPER = {
    "vdn": CurveFacts(level=5, low=4.9, high=5.1, convergence=50, spread=0.1, fluctuation=0.1),
    "qmix": CurveFacts(level=9, low=8, high=10, convergence=95, spread=0.5, fluctuation=0.6),
    "ow_qmix": CurveFacts(level=4, low=3, high=5, convergence=90, spread=0.3, fluctuation=0.3),
    "shaq": CurveFacts(level=3, low=2, high=4, convergence=99, spread=0.7, fluctuation=0.3),
    "nucleolus": CurveFacts(level=8, low=7, high=9, convergence=40, spread=0.4, fluctuation=0.3),
}
"""Curves as the text describes them."""


def test_curves_as_the_text_describes_them_agree_with_every_sentence():
    assert set(claim_table(PAPER)["here"]) == {"agrees"}


@pytest.mark.parametrize("number", range(len(CLAIMS)))
def test_every_sentence_can_be_wrong(number):
    """The opposite of one fact breaks the sentence."""
    claim = CLAIMS[number]
    values = {name: getattr(PAPER[name], claim.quantity) for name in claim.needs}
    turned = {
        name: dataclasses.replace(fact, **{claim.quantity: -values[name]}) if name in values else fact
        for name, fact in PAPER.items()
    }
    if "neither" in claim.reading:
        turned["vdn"] = dataclasses.replace(PAPER["vdn"], level=99.0)
    assert claim_table(turned)["here"][number] == "does not"


@pytest.mark.parametrize("number", range(len(CLAIMS)))
def test_nothing_is_said_of_what_is_not_known(number):
    claim = CLAIMS[number]
    for name in claim.needs:
        without = {other: fact for other, fact in PAPER.items() if other != name}
        assert claim_table(without)["here"][number] == "cannot be told"
        unknown = PAPER | {name: dataclasses.replace(PAPER[name], **{claim.quantity: np.nan})}
        assert claim_table(unknown)["here"][number] == "cannot be told"


def test_facts_of_made_up_runs():
    suite = made_up_suite()
    facts = all_facts(suite, "first", CAPTURES)
    assert list(facts) == list(PAPER_METHODS)
    vdn = facts["vdn"]
    assert vdn.level == pytest.approx(1.1)
    assert vdn.spread == pytest.approx(0.1)
    assert vdn.fluctuation == pytest.approx(np.std(1.1 * np.minimum(np.arange(21, 31) / 24, 1), ddof=1), rel=0.01)
    # y(k) = k / 24 of the top: the mean of three is nine tenths of the way from y(1) at k = 23
    assert vdn.convergence == 230_000
    turns = all_facts(suite, "first", TURNS)
    assert turns["vdn"].convergence == 230_000
    assert turns["nucleolus"].level == pytest.approx(-(100 - 62))
    table = fact_table(turns, TURNS).set_index("method")
    assert table.loc["nucleolus", TURNS.label] == pytest.approx(38)
    assert table.loc["nucleolus", "low"] < 38 < table.loc["nucleolus", "high"]


def test_a_run_that_does_not_improve_has_no_convergence():
    worse = made_up_run("first", "vdn", 0, level=-1.0)
    fact = curve_facts(RunSuite((worse,)), "first", "vdn", CAPTURES)
    assert np.isnan(fact.convergence)
    assert np.isnan(fact.spread)  # one seed


def test_intervals_that_are_apart():
    pairs = separated_pairs(PAPER)
    assert ("qmix", "vdn") in pairs
    assert ("vdn", "qmix") not in pairs
    assert ("nucleolus", "qmix") not in pairs
    assert near_paper_turns(27)
    assert not near_paper_turns(31)
    assert set(LEVELS) > set(PAPER_METHODS)
