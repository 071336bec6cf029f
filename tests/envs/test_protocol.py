"""The description of a world, drawing chance, and what is refused."""

from dataclasses import replace

import pytest
import torch

from nucleolus_lib.envs import EntitySpec, FireRescue, SplitTheTask, SubtaskSpec, random_actions, reset, step
from nucleolus_lib.envs.batched_state import batch_size, clone, select, tensors_of, world_slice
from nucleolus_lib.envs.errors import ActionsError, SpecError, WorldParameterError
from nucleolus_lib.envs.finite_world import to_ecmdp
from nucleolus_lib.envs.protocol import check_actions
from nucleolus_lib.envs.split_the_task import _SplitStates
from tests.envs.worlds import WORLDS

SPEC = SplitTheTask(0.5).spec


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"n_agents": 0}, "n_agents must be at least 1"),
        ({"action_names": ()}, "n_actions must be at least 1"),
        ({"horizon": 0}, "horizon"),
        ({"n_step_draws": -1}, "n_step_draws"),
        ({"noop": 3}, "noop is an action index, 0..2"),
        ({"observation_low": 1.0}, "observation_low"),
        ({"subtasks": ()}, "at least one"),
        ({"action_names": ("a", "a")}, "action names must be unique"),
        ({"entity_features": ("x", "x")}, "entity feature names"),
        ({"entities": SPEC.entities[2:] + SPEC.entities[:2]}, "first n_agents"),
        ({"entities": (*SPEC.entities, EntitySpec("late", "agent"))}, "no others"),
        ({"subtasks": (SubtaskSpec("A", (9,)),)}, "names entities"),
        ({"subtasks": (SubtaskSpec("A", (2,), required=3),)}, "needs between 1 and 2"),
    ],
)
def test_contradictions_are_refused(changes, match):
    with pytest.raises(SpecError, match=match):
        replace(SPEC, **changes)


@pytest.mark.parametrize(
    "actions", [torch.zeros(3, 2), torch.zeros(3, dtype=torch.int64), torch.zeros(3, 3, dtype=torch.int64)]
)
def test_actions_of_the_wrong_shape_or_type(actions):
    world, generator = SplitTheTask(0.5), torch.Generator()
    state = reset(world, 3, generator)
    with pytest.raises(ActionsError, match=r"int64 tensor \(B, 2\)"):
        step(world, state, actions, generator)


def test_unknown_actions_are_named():
    with pytest.raises(ActionsError, match="world 1, agent 0 was given 3"):
        check_actions(SPEC, torch.tensor([[0, 1], [3, 0]]))


@pytest.mark.parametrize("name", WORLDS)
def test_random_actions_are_available(name):
    world, generator = WORLDS[name](), torch.Generator().manual_seed(0)
    state = reset(world, 64, generator)
    actions = random_actions(world, state, generator)
    available = world.available_actions(state)
    assert bool(available.gather(-1, actions[..., None]).all())
    taken = torch.zeros_like(available).scatter(-1, actions[..., None], True).any(0)
    assert bool((taken == available.any(0)).all()), "every available action comes up among 64"


def test_finished_worlds_start_anew_by_selection():
    world, generator = FireRescue(("S1",), 1, horizon=5), torch.Generator().manual_seed(0)
    state = reset(world, 3, generator)
    moved = step(world, state, torch.tensor([[4], [0], [4]]), generator).state
    over = torch.tensor([True, False, False])
    mixed = select(over, reset(world, 3, generator), moved)
    assert mixed.cell.tolist() == [[0], [0], [1]]
    assert mixed.clock.tolist() == [0, 1, 1]
    assert batch_size(mixed) == 3
    assert world_slice(mixed, slice(1, 3)).cell.tolist() == [[0], [1]]
    copy = clone(mixed)
    assert all(
        a.data_ptr() != b.data_ptr() for a, b in zip(tensors_of(copy).values(), tensors_of(mixed).values(), strict=True)
    )


def test_chance_in_who_takes_part_has_no_exact_table():
    class Flaky(SplitTheTask):
        def transition(self, state, actions, draws):
            result = super().transition(state, actions, draws)
            return replace(result, participants=result.participants & (draws > 0.5)[:, :, None])

    world = Flaky(0.5)
    with pytest.raises(WorldParameterError, match="depends on chance"):
        to_ecmdp(world, _SplitStates(world), 0.9)
