"""What the paper's text says of its Figure 2, put as comparisons that stored runs can answer.

The text describes five learning curves in words. Each sentence becomes one or more comparisons of numbers:

* *level*: the final score of a run (the mean of its last tenth of evaluations), and over seeds its interquartile mean;
* *convergence*: the environment steps until a run's running mean over three evaluations has covered nine tenths of the
  way from its first evaluation to its level; a run that ends no better than it began has none. Over seeds, the median;
* *spread*: the standard deviation of the level over seeds;
* *fluctuation*: the standard deviation of a run's evaluations over its last third, averaged over seeds.

A comparison *agrees* if the estimates stand in the order the sentence says. For levels there is also the question
whether their 95 % bootstrap intervals are apart; for the rest no interval is given, and with few seeds the order may be
chance. The paper gives neither numbers (but "approximately 25 turns") nor tests, so that agreement in order is all
that can be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nucleolus_lib.report.algorithm_styles import style_of
from nucleolus_lib.report.curve_alignment import final_score, steps_to_threshold
from nucleolus_lib.report.run_suite import Metric, RunSuite, run_column, run_steps
from nucleolus_lib.report.statistics import bootstrap_interval, interquartile_mean

if TYPE_CHECKING:
    import pandas as pd

PAPER_METHODS = ("vdn", "qmix", "ow_qmix", "shaq", "nucleolus")
"""The five curves of the figure."""

PAPER_TURNS = 25.0
"""What QMIX ends at, "approximately"."""

TURNS_TOLERANCE = 5.0
"""Our reading of "approximately"."""


@dataclass(frozen=True)
class CurveFacts:
    """What the sentences speak of, for one method; nan where there is no such number."""

    level: float
    low: float
    high: float
    convergence: float
    spread: float
    fluctuation: float


@dataclass(frozen=True)
class PaperClaim:
    """One comparison: the sentence, how it is read, which fact of which methods it compares, and how."""

    sentence: str
    reading: str
    quantity: str
    needs: tuple[str, ...]
    compare: Callable[[dict[str, CurveFacts]], bool]
    """From the facts of every method, of which more level is better, to whether the claim holds."""


def curve_facts(
    suite: RunSuite, world: str, algorithm: str, metric: Metric, *, seed: int = 0, n_resamples: int = 2000
) -> CurveFacts:
    """The facts of one method's curves, as scores: more is better. Seed and resamples are those of the interval."""
    runs = suite.of(world, algorithm)
    scores = [metric.score(run_column(run, metric.column)) for run in runs]
    levels = np.array([final_score(score) for score in scores])
    rng = np.random.default_rng(seed)
    interval = bootstrap_interval(interquartile_mean, levels[:, None], rng=rng, n_resamples=n_resamples)
    reached = []
    for run, score, level in zip(runs, scores, levels, strict=True):
        goal = score[0] + 0.9 * (level - score[0])
        found = steps_to_threshold([run_steps(run)], [score], goal, more_is_better=True)
        reached.append(found.median if level > score[0] else np.inf)
    convergence = float(np.quantile(reached, 0.5, method="higher"))
    last = [score[-max(2, len(score) // 3) :] for score in scores if len(score) > 1]
    return CurveFacts(
        level=float(interval.estimate),
        low=float(interval.low),
        high=float(interval.high),
        convergence=convergence if np.isfinite(convergence) else np.nan,
        spread=float(np.std(levels, ddof=1)) if len(levels) > 1 else np.nan,
        fluctuation=float(np.mean([float(np.std(part, ddof=1)) for part in last])) if last else np.nan,
    )


def _best(name: str, among: Sequence[str]) -> Callable[[dict[str, CurveFacts]], bool]:
    return lambda facts: all(facts[name].level > facts[other].level for other in among if other != name)


def _more(quantity: str, name: str, than: Sequence[str]) -> Callable[[dict[str, CurveFacts]], bool]:
    return lambda facts: all(getattr(facts[name], quantity) > getattr(facts[other], quantity) for other in than)


def _less(quantity: str, name: str, than: Sequence[str]) -> Callable[[dict[str, CurveFacts]], bool]:
    return lambda facts: all(getattr(facts[name], quantity) < getattr(facts[other], quantity) for other in than)


_OTHERS = tuple(name for name in PAPER_METHODS if name != "vdn")
_BASELINES = tuple(name for name in PAPER_METHODS if name != "nucleolus")
CLAIMS: tuple[PaperClaim, ...] = (
    PaperClaim(
        "VDN: quick convergence",
        "converges sooner than the median of the other four",
        "convergence",
        PAPER_METHODS,
        lambda facts: facts["vdn"].convergence < float(np.median([facts[name].convergence for name in _OTHERS])),
    ),
    PaperClaim(
        "VDN: low variance",
        "least spread over seeds of the five",
        "spread",
        PAPER_METHODS,
        _less("spread", "vdn", _OTHERS),
    ),
    PaperClaim(
        "VDN: moderate performance",
        "neither the best nor the worst level",
        "level",
        PAPER_METHODS,
        lambda facts: (
            min(facts[name].level for name in _OTHERS) < facts["vdn"].level < max(facts[name].level for name in _OTHERS)
        ),
    ),
    PaperClaim(
        "QMIX: slower to converge",
        "converges later than VDN",
        "convergence",
        ("vdn", "qmix"),
        _more("convergence", "qmix", ["vdn"]),
    ),
    PaperClaim(
        "QMIX: best final performance", "best level of the five", "level", PAPER_METHODS, _best("qmix", PAPER_METHODS)
    ),
    PaperClaim(
        "QMIX: greater fluctuations",
        "fluctuates more than VDN",
        "fluctuation",
        ("vdn", "qmix"),
        _more("fluctuation", "qmix", ["vdn"]),
    ),
    PaperClaim(
        "SHAQ: slower convergence",
        "converges later than VDN",
        "convergence",
        ("vdn", "shaq"),
        _more("convergence", "shaq", ["vdn"]),
    ),
    PaperClaim(
        "SHAQ: larger variances",
        "more spread over seeds than VDN",
        "spread",
        ("vdn", "shaq"),
        _more("spread", "shaq", ["vdn"]),
    ),
    PaperClaim(
        "Nucleolus: rapid convergence",
        "converges sooner than every baseline but VDN",
        "convergence",
        PAPER_METHODS,
        _less("convergence", "nucleolus", [name for name in _BASELINES if name != "vdn"]),
    ),
    PaperClaim(
        "Nucleolus: fewer steps to capture",
        "better level than VDN, OW-QMIX and SHAQ",
        "level",
        PAPER_METHODS,
        _more("level", "nucleolus", ["vdn", "ow_qmix", "shaq"]),
    ),
    PaperClaim(
        "Nucleolus: higher variance",
        "more spread over seeds than VDN",
        "spread",
        ("vdn", "nucleolus"),
        _more("spread", "nucleolus", ["vdn"]),
    ),
)
"""The comparisons, in the order of the text."""


def all_facts(
    suite: RunSuite, world: str, metric: Metric, *, seed: int = 0, n_resamples: int = 2000
) -> dict[str, CurveFacts]:
    """The facts of every method of the paper that was run on ``world``."""
    ran = [name for name in PAPER_METHODS if name in suite.algorithms(world)]
    return {name: curve_facts(suite, world, name, metric, seed=seed, n_resamples=n_resamples) for name in ran}


def claim_table(facts: dict[str, CurveFacts]) -> pd.DataFrame:
    """One row per comparison: ``the text``, ``read as``, and ``here``: "agrees", "does not", or "cannot be told".

    A comparison cannot be told if a method was not run, or a number it compares does not exist.
    """
    import pandas as pd

    rows = [(claim.sentence, claim.reading, _verdict(claim, facts)) for claim in CLAIMS]
    return pd.DataFrame(rows, columns=["the text", "read as", "here"])


def fact_table(facts: dict[str, CurveFacts], metric: Metric) -> pd.DataFrame:
    """The numbers behind :func:`claim_table`, levels as the metric counts them."""
    import pandas as pd

    rows = []
    for name, fact in facts.items():
        ends = sorted(float(metric.score(value)) for value in (fact.low, fact.high))
        rows.append(
            {
                "method": style_of(name).label,
                metric.label: float(metric.score(fact.level)),
                "low": ends[0],
                "high": ends[1],
                "convergence, env steps": fact.convergence,
                "spread": fact.spread,
                "fluctuation": fact.fluctuation,
            }
        )
    return pd.DataFrame(rows)


def separated_pairs(facts: dict[str, CurveFacts]) -> list[tuple[str, str]]:
    """Pairs (better, worse) of methods whose 95 % intervals do not overlap."""
    return [(a, b) for a in facts for b in facts if facts[a].low > facts[b].high]


def near_paper_turns(turns: float) -> bool:
    """Whether a number of turns is "approximately 25", within :data:`TURNS_TOLERANCE`."""
    return abs(turns - PAPER_TURNS) <= TURNS_TOLERANCE


def _verdict(claim: PaperClaim, facts: dict[str, CurveFacts]) -> str:
    if not all(name in facts and np.isfinite(getattr(facts[name], claim.quantity)) for name in claim.needs):
        return "cannot be told"
    return "agrees" if claim.compare(facts) else "does not"
