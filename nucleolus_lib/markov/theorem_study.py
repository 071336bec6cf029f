"""The study that puts the paper's theorems to the test, as one command.

    python -m nucleolus_lib.markov.theorem_study --worlds 100000 --seed 0 --out data/runs/theorems

It writes into ``--out``

    claims.parquet         every claim on every family of random worlds, counted by condition
    named_worlds.parquet   the same on the one-step matrix games of the literature
    contraction.parquet    contraction factor, fixed point and bias of H_lambda against lambda and n
    trajectories.parquet   two time scales with and without the safeguards
    least_core.parquet     distance of least-core payoffs from the nucleolus
    provenance.json        configuration, seed, commit, versions, device, CPU seconds

and the smallest counterexamples, recomputed in fractions, into ``--examples`` (data/theorems).

Random worlds are drawn in chunks, each with its own seed (seed, cell, chunk) and its own file, so that an
interrupted study continues where it stopped and the answer does not depend on the interruption. Files
are written under a temporary name and then renamed. A folder that holds the study of another
configuration is refused.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nucleolus_lib.markov.coalition_values import coalition_values
from nucleolus_lib.markov.credit import Rule
from nucleolus_lib.markov.errors import CreditParameterError
from nucleolus_lib.markov.matrix_games import climbing, penalty, qtran
from nucleolus_lib.markov.random_ecmdp import FAMILIES, Family, draw_worlds
from nucleolus_lib.markov.theorem_counterexamples import exact_record, smallest_counterexamples
from nucleolus_lib.markov.theorem_evaluation import count, evaluate, inputs_of_batch, inputs_of_world
from nucleolus_lib.markov.theorem_operator import contraction_rows, least_core_rows, trajectory_rows
from nucleolus_lib.markov.theorem_two_state_examples import two_state_counterexamples
from nucleolus_lib.markov.world_batch import batch_coalition_values

if TYPE_CHECKING:
    import pandas as pd

AGENT_SHARES = {2: 0.3, 3: 0.4, 4: 0.3}
"""How the worlds are divided among numbers of agents; four agents cost the most."""

RULES: tuple[Rule, ...] = ("either", "prenucleolus")


@dataclass(frozen=True)
class StudyConfig:
    """What is studied."""

    worlds: int = 100_000
    """Random worlds in all; rounded up to fill every cell equally."""
    seed: int = 0
    chunk: int = 500
    """Worlds evaluated at once."""
    gammas: tuple[float, ...] = (0.5, 0.9)
    states: tuple[int, ...] = (2, 3)
    operator_worlds: int = 12
    """Worlds per number of agents for the contraction table."""
    operator_agents: tuple[int, ...] = (2, 3, 4, 5)
    least_core_games: int = 300
    """Games per kind and number of agents for the distance from the nucleolus."""
    least_core_agents: tuple[int, ...] = (3, 4, 5)
    trajectory_steps: int = 10_000


class Cell(NamedTuple):
    """A family of worlds of one shape."""

    family: Family
    n_agents: int
    n_states: int
    gamma: float
    worlds: int


def cells(config: StudyConfig) -> list[Cell]:
    """The cells of the study; their worlds add up to at least ``config.worlds``."""
    shapes = [
        (family, n_agents, 1, 0.0) if family == "one_step" else (family, n_agents, n_states, gamma)
        for n_agents in AGENT_SHARES
        for family in FAMILIES
        for n_states in config.states
        for gamma in config.gammas
    ]
    # One-step worlds have one state and no discount, so their copies collapse to one cell.
    distinct = list(dict.fromkeys(shapes))
    per_agent = {n: sum(shape[1] == n for shape in distinct) for n in AGENT_SHARES}
    return [
        Cell(family, n, n_states, gamma, int(np.ceil(config.worlds * AGENT_SHARES[n] / per_agent[n])))
        for family, n, n_states, gamma in distinct
    ]


def evaluate_chunk(cell: Cell, n_worlds: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Every claim on ``n_worlds`` worlds of a cell, under both rules."""
    batch = draw_worlds(cell.family, n_worlds, cell.n_agents, cell.n_states, cell.gamma, rng)
    inputs = inputs_of_batch(batch_coalition_values(batch))
    where = {"family": cell.family, "n_agents": cell.n_agents, "n_states": cell.n_states, "gamma": cell.gamma}
    return [
        {**where, "rule": rule, **row}
        for rule in RULES
        for evaluation in evaluate(inputs, rule)
        for row in count(evaluation)
    ]


def run_study(config: StudyConfig, out: Path, examples: Path, progress: bool = True) -> None:
    """Everything the module's text lists; continues what an earlier call with the same configuration left.

    Raises
    ------
    CreditParameterError
        If ``out`` holds the study of another configuration.
    """
    out.mkdir(parents=True, exist_ok=True)
    _claim_folder(out / "config.json", json.loads(json.dumps(asdict(config))))
    operator = contraction_rows(_rng(config, 1), config.operator_worlds, config.operator_agents)
    least_core = least_core_rows(_rng(config, 2), config.least_core_games, config.least_core_agents)
    trajectories = trajectory_rows(config.seed, config.trajectory_steps)
    stages: dict[str, Callable[[], pd.DataFrame]] = {
        "claims.parquet": lambda: _claims(config, out / "parts", progress),
        "named_worlds.parquet": lambda: _frame(_named_world_rows()),
        "contraction.parquet": lambda: _frame(_bar(operator, "contraction", progress)),
        "trajectories.parquet": lambda: _frame(_bar(trajectories, "two time scales", progress)),
        "least_core.parquet": lambda: _frame(_bar(least_core, "least core", progress)),
    }
    for name, make in stages.items():
        if not (out / name).exists():
            started = time.process_time()
            _write_parquet(make(), out / name)
            _note_seconds(out / "cpu_seconds.json", name, time.process_time() - started)
    shutil.rmtree(out / "parts", ignore_errors=True)
    started = time.process_time()
    _write_examples(examples, config.seed)
    _note_seconds(out / "cpu_seconds.json", "counterexamples", time.process_time() - started)
    _write_provenance(config, out)


def _claims(config: StudyConfig, parts: Path, progress: bool) -> pd.DataFrame:
    import pandas as pd

    parts.mkdir(parents=True, exist_ok=True)
    chunks = [
        (number, start, cell)
        for number, cell in enumerate(cells(config))
        for start in range(0, cell.worlds, config.chunk)
    ]
    for number, start, cell in _bar(chunks, "random worlds", progress):
        part = parts / f"{number:03d}-{start:07d}.parquet"
        if not part.exists():
            rng = np.random.default_rng([config.seed, number, start])
            _write_parquet(_frame(evaluate_chunk(cell, min(config.chunk, cell.worlds - start), rng)), part)
    every = pd.concat([pd.read_parquet(part) for part in sorted(parts.glob("*.parquet"))])
    keys = ["family", "n_agents", "n_states", "gamma", "rule", "claim", "condition"]
    how = {"cases": "sum", "holds": "sum", "worlds": "sum", "worlds_hold": "sum", "worst": "max"}
    return every.groupby(keys, as_index=False, sort=False).agg({**how, "sum_of_violations": "sum"})


def _named_world_rows() -> Iterator[dict[str, Any]]:
    for name, world in {"climbing": climbing(), "penalty": penalty(), "qtran": qtran()}.items():
        inputs = inputs_of_world(coalition_values(world, 1e-9))
        for rule in RULES:
            for evaluation in evaluate(inputs, rule):
                for row in count(evaluation):
                    yield {"world": name, "rule": rule, **row}


def _write_examples(folder: Path, seed: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    one_step = {key: exact_record(found) for key, found in smallest_counterexamples().items() if _is_claimed(*key)}
    two_states = {key: record for key, record in two_state_counterexamples(seed).items() if _is_claimed(*key)}
    for claim, condition in {**one_step, **two_states}:
        known = [records[claim, condition] for records in (one_step, two_states) if (claim, condition) in records]
        record = min(known, key=lambda example: (example["n_agents"], example["n_states"]))
        _write_json(record, folder / f"{_slug(claim)}__{condition}.json")


def _is_claimed(claim: str, condition: str) -> bool:
    """A core claim speaks only of games whose core is not empty."""
    return not claim.startswith("core") or condition in ("balanced", "convex")


def _slug(claim: str) -> str:
    """A claim's file name: "1(1) at an optimal joint action" becomes theorem_1_1_at_an_optimal_joint_action."""
    named = claim.replace("1(1)", "theorem 1 1").replace("1(2)", "theorem 1 2").replace("a*", "optimal action")
    return named.replace(",", "").replace(" ", "_")


def _write_provenance(config: StudyConfig, out: Path) -> None:
    from nucleolus_lib.provenance import provenance

    root = Path(__file__).resolve().parents[2]
    seconds = json.loads((out / "cpu_seconds.json").read_text())
    record = {
        "command": "python -m nucleolus_lib.markov.theorem_study",
        "config": asdict(config),
        "random_worlds": sum(cell.worlds for cell in cells(config)),
        "seed": config.seed,
        "device": "cpu",
        "cpu_seconds": seconds,
        **provenance(root),
    }
    _write_json(record, out / "provenance.json")


def _claim_folder(path: Path, config: dict[str, Any]) -> None:
    if path.exists():
        found = json.loads(path.read_text())
        if found != config:
            raise CreditParameterError(
                f"{path.parent} holds a study with the configuration {found}; asked for is {config}. "
                "Use another --out, or remove that folder"
            )
    else:
        _write_json(config, path)


def _rng(config: StudyConfig, stage: int) -> np.random.Generator:
    return np.random.default_rng([config.seed, 1_000_000 + stage])


def _bar(items: Iterable[Any], title: str, show: bool) -> Iterable[Any]:
    from tqdm import tqdm

    bar: Iterable[Any] = tqdm(items, desc=title, disable=not show)
    return bar


def _frame(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows))


def _write_parquet(frame: pd.DataFrame, path: Path) -> None:
    temporary = path.with_name(path.name + ".tmp")
    frame.to_parquet(temporary, index=False)
    os.replace(temporary, path)


def _write_json(record: dict[str, Any], path: Path) -> None:
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    os.replace(temporary, path)


def _note_seconds(path: Path, stage: str, seconds: float) -> None:
    noted = json.loads(path.read_text()) if path.exists() else {}
    noted[stage] = round(noted.get(stage, 0.0) + seconds, 1)
    _write_json(noted, path)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Put the paper's theorems to the test on random worlds.")
    parser.add_argument("--worlds", type=int, default=StudyConfig.worlds, help="random worlds in all")
    parser.add_argument("--seed", type=int, default=StudyConfig.seed)
    parser.add_argument("--out", type=Path, default=Path("data/runs/theorems"), help="folder of the results")
    parser.add_argument("--examples", type=Path, default=Path("data/theorems"), help="folder of the counterexamples")
    parser.add_argument("--quiet", action="store_true", help="no progress bars")
    chosen = parser.parse_args(arguments)
    run_study(StudyConfig(chosen.worlds, chosen.seed), chosen.out, chosen.examples, not chosen.quiet)


if __name__ == "__main__":
    main()
