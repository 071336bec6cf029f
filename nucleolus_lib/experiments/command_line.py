"""The command line: ``python -m nucleolus_lib train --env pp-8v4 --algorithm vdn --seed 0 --out data/runs/pp``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nucleolus_lib.experiments.errors import ExperimentError, RunConfigError, SuiteError, nearest
from nucleolus_lib.experiments.suites import SUITES_FILE, Suite, read_suites

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 after an error that is explained, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m nucleolus_lib", description="Train, evaluate and compare learners."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _train_arguments(commands.add_parser("train", help="one run"))
    _sweep_arguments(commands.add_parser("sweep", help="many runs: algorithms x worlds x seeds"))
    _evaluate_arguments(commands.add_parser("evaluate", help="what the policy of a checkpoint achieves"))
    _scripted_arguments(commands.add_parser("scripted", help="what hand-written policies achieve"))
    chosen = parser.parse_args(arguments)
    return _explained(chosen.run, chosen)


def settings_from(texts: Sequence[str]) -> dict[str, Any]:
    """``name=value`` texts as a dictionary.

    Raises
    ------
    RunConfigError
        A text has no equals sign.
    """
    from nucleolus_lib.experiments.worlds import parse_value

    settings = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise RunConfigError(f"--set takes name=value, for example learner.td_lambda=0.8; got {text!r}")
        settings[name] = parse_value(value)
    return settings


def _train_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--env", help="a world, with options if any: pp-grid,penalty=-2")
    parser.add_argument("--algorithm", help="vdn, qmix, ow_qmix, shaq, nucleolus or oracle_credit")
    parser.add_argument("--config", type=Path, help="settings as JSON, instead of --env and --algorithm")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--total-steps", type=int, help="environment steps")
    parser.add_argument("--device", help="auto, cpu, cuda, cuda:1")
    parser.add_argument("--label", help="name of the run in files and figures; default the algorithm")
    parser.add_argument("--set", nargs="+", action="extend", default=[], metavar="NAME=VALUE", dest="settings")
    parser.add_argument("--out", type=Path, help="folder of the suite, for example data/runs/pp")
    parser.add_argument("--checkpoints", type=Path, help="folder of the checkpoints; default build/checkpoints/<suite>")
    parser.add_argument("--fresh", action="store_true", help="start anew, whatever is stored")
    parser.add_argument("--tensorboard", type=Path, help="folder for TensorBoard, which must be installed")
    parser.add_argument("--quiet", action="store_true", help="no bar and no summary")
    parser.add_argument("--parent", type=int, help=argparse.SUPPRESS)
    parser.set_defaults(run=_train)


def _train(chosen: argparse.Namespace) -> int:
    from nucleolus_lib.experiments.config import RunConfig, preset, with_settings
    from nucleolus_lib.experiments.interruption import end_with_parent
    from nucleolus_lib.experiments.progress import schedule_text
    from nucleolus_lib.experiments.train import train
    from nucleolus_lib.experiments.worlds import make_world

    if chosen.parent is not None:
        end_with_parent(chosen.parent)
    if chosen.config is not None:
        config = RunConfig.from_json(chosen.config.read_text(encoding="utf-8"))
    elif chosen.env is None or chosen.algorithm is None:
        raise RunConfigError("a run needs --env and --algorithm, or --config")
    else:
        config = preset(chosen.env, chosen.algorithm)
    named = {name: getattr(chosen, name) for name in ("seed", "total_steps", "device", "label")}
    settings = {name: value for name, value in named.items() if value is not None}
    config = with_settings(config, {**settings, **settings_from(chosen.settings)})
    if not chosen.quiet:
        print(schedule_text(config, make_world(config.env, **config.env_options).spec.horizon), file=sys.stderr)
    result = train(
        config,
        chosen.out,
        resume=not chosen.fresh,
        checkpoints=chosen.checkpoints,
        progress=not chosen.quiet,
        tensorboard=chosen.tensorboard,
    )
    if not chosen.quiet:
        last = result.table.iloc[-1]
        found = ", ".join(f"{name} {last[f'{name}_mean']:.3g}" for name in result.record["outcomes"])
        print(
            f"{result.env_steps:,} environment steps, {int(last['gradient_steps']):,} gradient steps "
            f"({result.record['updates_per_env_step']:.4f} per step), {last['cpu_s']:.0f} CPU s, "
            f"{last['wall_s']:.0f} s: {found}"
        )
    return 0


def _sweep_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--suite", required=True, help="its name in the suites file, or any name with what follows")
    parser.add_argument("--suites", type=Path, default=SUITES_FILE, help="the suites file")
    parser.add_argument("--envs", nargs="+", help="worlds; default all of the suite")
    parser.add_argument("--algorithms", nargs="+", help="algorithms and variants; default all of the suite")
    parser.add_argument("--seeds", nargs="+", type=int)
    parser.add_argument("--total-steps", type=int, help="environment steps of each run")
    parser.add_argument("--set", nargs="+", action="extend", default=[], metavar="NAME=VALUE", dest="settings")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="runs at a time")
    parser.add_argument("--out", type=Path, help="default data/runs/<suite>")
    parser.add_argument("--checkpoints", type=Path, help="default build/checkpoints/<suite>")
    parser.add_argument("--fresh", action="store_true", help="start anew, whatever is stored")
    parser.add_argument("--quiet", action="store_true", help="no bar")
    parser.set_defaults(run=_sweep)


def chosen_suite(chosen: argparse.Namespace) -> Suite:
    """The suite of the file with what the command line changes, or one made of the command line alone."""
    parts = (chosen.envs, chosen.algorithms, chosen.seeds, chosen.total_steps)
    suites = read_suites(chosen.suites)
    if chosen.suite in suites:
        return suites[chosen.suite].only(*parts)
    if None in parts:
        raise SuiteError(
            f"{chosen.suites} has no suite {chosen.suite!r} (it has {nearest(chosen.suite, suites) or 'none'}); "
            "a new one needs --envs, --algorithms, --seeds and --total-steps"
        )
    return Suite(chosen.suite, tuple(parts[0]), tuple(parts[1]), tuple(parts[2]), parts[3])


def _sweep(chosen: argparse.Namespace) -> int:
    from nucleolus_lib.experiments.sweep import configs_of, sweep

    configs = configs_of(chosen_suite(chosen), device=chosen.device, **settings_from(chosen.settings))
    outcomes = sweep(
        configs,
        chosen.out or Path("data/runs") / chosen.suite,
        chosen.checkpoints or Path("build/checkpoints") / chosen.suite,
        chosen.jobs,
        progress=not chosen.quiet,
        fresh=chosen.fresh,
    )
    for outcome in outcomes:
        print(outcome)
    if any(outcome.status == "stopped" for outcome in outcomes):
        return 130
    return 1 if any(outcome.status == "failed" for outcome in outcomes) else 0


def _evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", type=Path, help="build/checkpoints/<suite>/<world>/<name>/seed<k>.pt")
    parser.add_argument("--episodes", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=0, help="of the episodes")
    parser.add_argument("--device", default="auto")
    parser.set_defaults(run=_evaluate)


def _evaluate(chosen: argparse.Namespace) -> int:
    import torch

    from nucleolus_lib.experiments.checkpoint import load_learner
    from nucleolus_lib.experiments.evaluate import evaluate, outcome_names
    from nucleolus_lib.experiments.training_state import derived_seed

    config, world, learner = load_learner(chosen.checkpoint, chosen.device)
    generator = torch.Generator(world.device).manual_seed(derived_seed(chosen.seed))
    found = evaluate(world, learner, chosen.episodes, generator).double()
    print(f"{config.world}, {config.name}, seed {config.seed}: {chosen.episodes} greedy episodes")
    _print_outcomes("", outcome_names(world), found.mean(0).tolist(), found.std(0, correction=0).tolist(), len(found))
    return 0


def _scripted_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--suite", required=True)
    parser.add_argument("--suites", type=Path, default=SUITES_FILE, help="the suites file")
    parser.add_argument("--envs", nargs="+", help="worlds; default all of the suite")
    parser.add_argument("--episodes", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="default data/runs/<suite>")
    parser.set_defaults(run=_scripted)


def _scripted(chosen: argparse.Namespace) -> int:
    from nucleolus_lib.experiments.scripted import write_scripted
    from nucleolus_lib.experiments.suites import read_suite

    for world in chosen.envs or read_suite(chosen.suite, chosen.suites).worlds:
        print(f"{world}: {chosen.episodes} episodes of each scripted policy")
        for result in write_scripted(
            chosen.out or Path("data/runs") / chosen.suite, world, chosen.episodes, chosen.seed
        ):
            table = result.table
            names = tuple(table.columns)
            means, deviations = table.mean().tolist(), table.std(ddof=0).tolist()
            _print_outcomes(f"{result.name:18s}", names, means, deviations, len(table))
    return 0


def _print_outcomes(
    title: str, names: Sequence[str], means: Sequence[float], deviations: Sequence[float], episodes: int
) -> None:
    """Mean and standard error of every outcome."""
    error = episodes**-0.5
    parts = [f"{name} {mean:.4g} ± {error * d:.2g}" for name, mean, d in zip(names, means, deviations, strict=True)]
    print("  " + title + ", ".join(parts))


def _explained(command: Command, chosen: argparse.Namespace) -> int:
    """Run a command; errors of this project are printed without their traceback."""
    try:
        return command(chosen)
    except KeyboardInterrupt:
        print("stopped; what was done is saved where --out was given, and the same command continues", file=sys.stderr)
        return 130
    except Exception as error:
        if isinstance(error, ExperimentError) or _is_of_a_lower_layer(error):
            print(f"error: {error}", file=sys.stderr)
            return 1
        raise


def _is_of_a_lower_layer(error: Exception) -> bool:
    from nucleolus_lib.envs.errors import WorldError
    from nucleolus_lib.learners.errors import LearnerError

    return isinstance(error, WorldError | LearnerError)
