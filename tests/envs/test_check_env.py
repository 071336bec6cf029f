"""The conformance check: our worlds pass it, and for every rule a broken world is found out."""

from dataclasses import dataclass, replace

import pytest
import torch

from nucleolus_lib.envs import FireRescue, SplitTheTask, SubtaskSpec, check_env
from nucleolus_lib.envs.conformance_rules import RULES
from nucleolus_lib.envs.errors import ConformanceError, WorldParameterError
from nucleolus_lib.envs.fire_rescue import RescueState
from nucleolus_lib.envs.rescue_layout import TWO_FIRES
from nucleolus_lib.envs.rescue_policy import GreedyAssignment
from tests.envs.worlds import WORLDS


@pytest.mark.parametrize("name", WORLDS)
def test_our_worlds_conform(name):
    report = check_env(WORLDS[name](), batch=3)
    assert len(report.rules) == len(RULES)
    assert report.n_terminated + report.n_truncated == 3


def test_the_report_says_which_ends_were_seen():
    world = FireRescue(TWO_FIRES, 3, horizon=30)
    done = check_env(world, policy=GreedyAssignment(world))
    assert (done.n_terminated, done.n_truncated, done.n_paid) == (4, 0, 8)
    idle = check_env(world, policy=lambda state, generator: torch.zeros_like(state.cell))
    assert (idle.n_terminated, idle.n_truncated, idle.n_paid) == (0, 4, 0)


class Tiny(FireRescue):
    """A world to break: three cells, two fires, done or at the horizon after 30 steps."""

    def __init__(self, **options):
        super().__init__(TWO_FIRES, 3, slip=0.2, horizon=30, **options)


def changed(**fields):
    """A transition that spoils some fields of the step, given as functions of (step, state, draws)."""

    def transition(self, state, actions, draws):
        result = Tiny.transition(self, state, actions, draws)
        return replace(result, **{name: spoil(result, state, draws) for name, spoil in fields.items()})

    return transition


class MutableState(Tiny):
    @dataclass
    class State:
        cell: torch.Tensor
        left: torch.Tensor
        clock: torch.Tensor

    def initial(self, draws):
        state = super().initial(draws)
        return self.State(state.cell, state.left, state.clock)


class NotADataclass(Tiny):
    def initial(self, draws):
        return vars(super().initial(draws))


class ConstantInState(Tiny):
    @dataclass(frozen=True)
    class State(RescueState):
        scale: torch.Tensor

    def initial(self, draws):
        state = super().initial(draws)
        return self.State(state.cell, state.left, state.clock, torch.ones(2))


class WrongShape(Tiny):
    def observation(self, state):
        return super().observation(state)[:, 0]


class WrongDtype(Tiny):
    def available_actions(self, state):
        return super().available_actions(state)

    transition = changed(reward=lambda step, state, draws: step.reward.double())


class EmptyMask(Tiny):
    def available_actions(self, state):
        return super().available_actions(state) & (state.cell != 0)[..., None]


class OutOfBounds(Tiny):
    def observation(self, state):
        return super().observation(state) * 2


class NotFinite(Tiny):
    def global_state(self, state):
        return super().global_state(state) / (state.clock[:, None] - 3)


class RewardFromNowhere(Tiny):
    transition = changed(reward=lambda step, state, draws: step.reward - 0.01 * (~step.terminated))


class NanReward(Tiny):
    transition = changed(reward=lambda step, state, draws: step.reward / (state.clock != 2))


class PaidToTooFew(Tiny):
    transition = changed(requirement=lambda step, state, draws: step.requirement + 1)


class RequiresNobody(Tiny):
    transition = changed(requirement=lambda step, state, draws: step.requirement * 0)


class NotAPartition(Tiny):
    def induced_structure(self, step):
        structure = super().induced_structure(step)
        return torch.where(structure == 0, 1, structure)


class SplitsWorkers(Tiny):
    def induced_structure(self, step):
        return torch.arange(3).expand(step.reward.shape[0], -1)


class BothEnds(Tiny):
    transition = changed(truncated=lambda step, state, draws: step.terminated)


class NeverTruncated(Tiny):
    transition = changed(truncated=lambda step, state, draws: torch.zeros_like(step.truncated))


class TruncatedEarly(Tiny):
    transition = changed(truncated=lambda step, state, draws: ~step.terminated & (state.clock >= 27))


class WakesUp(Tiny):
    transition = changed(terminated=lambda step, state, draws: step.terminated & (state.left > 0).any(1))


class PaysForEver(Tiny):
    def transition(self, state, actions, draws):
        step = super().transition(state, actions, draws)
        bonus = 1.0 * step.terminated
        everybody = step.participants | step.terminated[:, None, None]
        rewards = step.subtask_rewards + bonus[:, None]
        return replace(step, reward=rewards.sum(1), subtask_rewards=rewards, participants=everybody)


class WritesIntoState(Tiny):
    def transition(self, state, actions, draws):
        step = super().transition(state, actions, draws)
        state.clock.add_(1)
        return replace(step, state=replace(step.state, clock=state.clock.clone()))


class GlobalRandomness(Tiny):
    def transition(self, state, actions, draws):
        return super().transition(state, actions, torch.rand_like(draws))


class RememberedRandomness(Tiny):
    def __init__(self):
        super().__init__()
        self.counter = 0

    def transition(self, state, actions, draws):
        self.counter += 1
        return super().transition(state, actions, (draws + 0.31 * self.counter) % 1.0)


class MixesWorlds(Tiny):
    def observation(self, state):
        seen = super().observation(state)
        return (seen - seen.mean(0, keepdim=True)) / 2


class StartsByBatch(Tiny):
    def initial(self, draws):
        state = super().initial(draws)
        return replace(state, cell=state.cell * 0 + draws.shape[0] % 2)


class SharesChance(Tiny):
    def transition(self, state, actions, draws):
        return super().transition(state, actions, draws.flip(0))


class AllowsForbidden(Tiny):
    def transition(self, state, actions, draws):
        step = super().transition(state, actions, draws)
        forbidden = ~self.available_actions(state).gather(-1, actions[..., None])[..., 0]
        return replace(step, state=replace(step.state, cell=torch.where(forbidden, 0, step.state.cell)))


class ReadsATensor(Tiny):
    def transition(self, state, actions, draws):
        if bool((state.clock > 1000).any()):
            raise RuntimeError
        return super().transition(state, actions, draws)


class ShapeFromData(Tiny):
    def observation(self, state):
        busy = state.left.nonzero()
        return super().observation(state) + 0.0 * busy.shape[0]


class ReadsNumpy(Tiny):
    def global_state(self, state):
        return super().global_state(state) + 0.0 * float(state.left.numpy().sum())


class UnderstatedRequirement(SplitTheTask):
    def __init__(self):
        super().__init__(0.5, team_size=2)
        subtasks = tuple(SubtaskSpec(k.name, k.entities, required=3) for k in self._spec.subtasks)
        self._spec = replace(self._spec, subtasks=subtasks)


BROKEN = {
    MutableState: ("state_is_a_frozen_dataclass_of_tensors", "frozen=True"),
    NotADataclass: ("state_is_a_frozen_dataclass_of_tensors", "frozen=True"),
    ConstantInState: ("state_is_a_frozen_dataclass_of_tensors", "Keep constants in the world"),
    WrongShape: ("shapes_and_dtypes", "observation must be"),
    WrongDtype: ("shapes_and_dtypes", "reward must be"),
    EmptyMask: ("masks_are_never_empty", "no-op"),
    OutOfBounds: ("observations_lie_within_bounds", "widen the bounds"),
    NotFinite: ("observations_lie_within_bounds", "division"),
    RewardFromNowhere: ("subtask_rewards_sum_to_the_team_reward", "subtask of its own"),
    NanReward: ("subtask_rewards_sum_to_the_team_reward", "NaN"),
    PaidToTooFew: ("rewards_are_paid_to_enough_participants", "requires"),
    RequiresNobody: ("rewards_are_paid_to_enough_participants", "at least"),
    UnderstatedRequirement: ("rewards_are_paid_to_enough_participants", "at least 3"),
    NotAPartition: ("structure_is_a_partition", "lowest agent"),
    SplitsWorkers: ("structure_is_a_partition", "different coalitions"),
    BothEnds: ("ends_are_told_apart", "both"),
    NeverTruncated: ("ends_are_told_apart", "not truncated"),
    TruncatedEarly: ("ends_are_told_apart", "horizon=30"),
    WakesUp: ("ends_are_told_apart", "absorbing"),
    PaysForEver: ("ends_are_told_apart", "after the end"),
    WritesIntoState: ("states_are_not_changed", "new tensor"),
    GlobalRandomness: ("same_chance_same_play", "draws"),
    RememberedRandomness: ("same_chance_same_play", "draws"),
    MixesWorlds: ("batch_equals_singles", "first axis"),
    StartsByBatch: ("batch_equals_singles", "starts with a different"),
    SharesChance: ("batch_equals_singles", "first axis"),
    AllowsForbidden: ("unavailable_actions_act_as_the_noop", "no-op"),
    ReadsATensor: ("no_shape_depends_on_data", "torch.where"),
    ShapeFromData: ("no_shape_depends_on_data", "nonzero"),
    ReadsNumpy: ("no_shape_depends_on_data", "torch.where"),
}


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_a_broken_world_is_found_out(broken):
    rule, remedy = BROKEN[broken]
    world = broken()
    # Random play ends some of these episodes by the task and some by the clock.
    with pytest.raises(ConformanceError, match=rule) as caught:
        check_env(world, batch=8, seed=1)
    assert remedy in str(caught.value)


def test_the_world_that_is_broken_above_is_whole():
    report = check_env(Tiny(), batch=8, seed=1)
    assert report.n_terminated > 0
    assert report.n_truncated > 0


def test_every_rule_has_a_broken_world():
    assert {rule for rule, _ in BROKEN.values()} == {rule.__name__ for rule in RULES}


def test_the_global_generator_is_left_alone():
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    check_env(SplitTheTask(0.5))
    assert torch.equal(torch.rand(1), expected)


def test_a_batch_of_one_is_refused():
    with pytest.raises(WorldParameterError, match="batch >= 2"):
        check_env(SplitTheTask(0.5), batch=1)
