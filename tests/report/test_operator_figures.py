"""Figures and tables of the chapter on the operator show the numbers they were given."""

from fractions import Fraction

import matplotlib as mpl

mpl.use("Agg")

import numpy as np
import pandas as pd
import pytest

from nucleolus_lib.markov.coalition_values import coalition_values
from nucleolus_lib.markov.nucleolus_operator import contraction_bound, largest_contracting_multiplier
from nucleolus_lib.markov.nucleolus_q import nucleolus_q
from nucleolus_lib.markov.random_ecmdp import random_ecmdp
from nucleolus_lib.markov.theorem_counterexamples import Found, exact_record
from nucleolus_lib.markov.theorem_operator import operator_problem
from nucleolus_lib.markov.theorem_two_state_examples import two_state_counterexamples
from nucleolus_lib.report import operator_plots
from nucleolus_lib.report.claim_plots import claim_dots
from nucleolus_lib.report.counterexample_tables import (
    coalition_payoff,
    individual_table,
    members,
    structure_table,
    structure_text,
    two_state_table,
)
from nucleolus_lib.report.errors import SharePlotError, SurveyError
from nucleolus_lib.report.operator_survey import sweep_distances

PAIRS = (0, 0, 0, 1, 0, 1, 1, 1)


@pytest.fixture(scope="module")
def solved():
    values = coalition_values(random_ecmdp(np.random.default_rng(1), 2, 2, gamma=0.8), 1e-10)
    result = nucleolus_q(values)
    return operator_problem(values, result, least_core_target=True), result


def test_distances_fall_at_the_contraction_factor_and_rise_beyond(solved):
    problem, result = solved
    limit = largest_contracting_multiplier(problem)
    for ratio in (0.0, 0.5):
        distances = sweep_distances(problem, ratio * limit, result.total, 30)
        factor = contraction_bound(problem, ratio * limit)
        assert len(distances) == 31
        assert distances[0] == pytest.approx(1.0)
        assert (distances[1:] <= factor * distances[:-1] + 1e-9).all()
    far = sweep_distances(problem, 5 * limit, result.total, 500, largest=100.0)
    assert far[-1] > 100.0 >= far[-2]
    assert len(far) < 500
    with pytest.raises(SurveyError, match="world that earns"):
        sweep_distances(problem, 0.0, 0 * result.total, 3)


def test_iteration_curves_draw_every_curve():
    figure = operator_plots.iteration_curves({0.0: [1, 0.5], 0.1: [1, 2]}, {0.0: 0.5, 0.1: 2.0})
    lines = figure.axes[0].lines
    assert [list(line.get_ydata()) for line in lines] == [[1, 0.5], [1, 2]]
    assert "= 2" in lines[1].get_label()


def test_contraction_lines_have_a_panel_per_kind_of_weights():
    rows = [
        {"weights": kind, "n_agents": n, "multiplier": m, "measured": 0.9 + m, "bound": 0.9 + m}
        for kind in ("equal", "nucleolus")
        for n in (2, 3)
        for m in (0.0, 0.2)
    ]
    figure = operator_plots.contraction_lines(pd.DataFrame(rows))
    assert [axes.get_title(loc="left") or axes.get_title() for axes in figure.axes] == [
        "equal weights",
        "nucleolus weights",
    ]
    assert any(list(line.get_ydata()) == [0.9, 1.1] for line in figure.axes[0].lines)


def test_multiplier_paths_mark_the_threshold():
    figure = operator_plots.multiplier_paths({"a": {"none": ([0, 1], [0.1, 0.4])}}, {"a": 0.2})
    drawn = [list(np.asarray(line.get_ydata())) for line in figure.axes[0].lines]
    assert [0.1, 0.4] in drawn
    assert [0.2, 0.2] in drawn
    assert figure.axes[0].get_ylim()[1] == pytest.approx(0.6)


def test_learning_errors_and_distances():
    figure = operator_plots.learning_errors([1, 10], {"credits": [1.0, 0.1]})
    assert list(figure.axes[0].lines[0].get_ydata()) == [1.0, 0.1]
    games = pd.DataFrame({"n_agents": 3, "kind": "uniform", "distance": [1e-9, 0.2, 0.4, 0.1]})
    curve = operator_plots.distance_curves(games, 1e-6).axes[0].lines[0]
    assert list(curve.get_xdata()) == [0.0, 0.0, 0.1, 0.2, 0.4]
    assert list(curve.get_ydata()) == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_claim_dots_place_the_shares():
    shares = pd.DataFrame(
        {"claim": ["a", "a"], "condition": ["any", "convex"], "worlds": 9, "share": [0.2, 1.0],
         "low": [0.1, 0.9], "high": [0.3, 1.0]}
    )  # fmt: skip
    figure = claim_dots(shares, ["a"], ["any", "convex"])
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a"]
    dots = [float(np.asarray(line.get_xdata())[0]) for line in figure.axes[0].lines if len(line.get_xdata()) == 1]
    assert dots == [0.2, 1.0]
    with pytest.raises(SharePlotError, match="no share"):
        claim_dots(shares, ["b"], ["any"])
    with pytest.raises(SharePlotError, match="told apart"):
        claim_dots(shares, ["a"], list("abcdefgh"))


def test_coalitions_by_name():
    assert members("{}") == ()
    assert members("{1, 3}") == (0, 2)
    assert structure_text(["{1, 2}", "{3}"]) == "{1, 2} | {3}"
    assert coalition_payoff("{1, 3}", ["1/2", "5", "1/3"]) == Fraction(5, 6)


def test_a_counterexample_is_shown_with_its_own_numbers():
    record = exact_record(Found("1(1) at every joint action", "superadditive", "by hand", PAIRS, 7))
    table = individual_table(record)
    assert list(table["coalition $C$"]) == ["{1}", "{2}", "{3}", "{1, 2}", "{1, 3}", "{2, 3}", "{1, 2, 3}"]
    assert (table["$v(C)$"] - table["$x_{CS^*}(C)$"] == table["excess"]).all()
    single = table[table["coalition $C$"].str.len() == 3]
    assert single["gain by the other structure"].max() == Fraction(record["violation"]) == Fraction(1, 6)


def test_structures_with_and_without_the_game_at_the_optimum():
    for claim, columns in (("1(2) bellman", 3), ("1(2) joint", 4)):
        table = structure_table(exact_record(Found(claim, "any", "by hand", (0, 1, 1, 0), 0)))
        assert table.shape == (4, columns)
        assert list(table["$R$ if exactly $C$ acts"]) == [0, 1, 1, 0]


def test_two_states_have_a_row_per_state_and_coalition():
    record = next(iter(two_state_counterexamples(n_worlds=2000).values()))
    table = two_state_table(record)
    assert len(table) == 8
    assert table["$V_C(s)$"].iloc[5] == record["state_values"][1]["{1}"]
