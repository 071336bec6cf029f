"""One battle, one game loop at a time, in plain Python: the slow twin of ``nucleolus_lib.envs.battle_loop``.

Written from the rules in the modules' docstrings, with one object per unit and one hit at a time. Only for rulesets
without collision avoidance and for grounds without inner walls. Numbers are Python floats, so a decision that hangs on
less than a rounding error may fall differently: ``closest_call`` is the smallest difference that any comparison hung
on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from nucleolus_lib.envs.battle_rules import RULESETS
from nucleolus_lib.envs.battle_scenarios import Scenario
from nucleolus_lib.envs.battle_units import UnitType

EDGE = 1e-3


@dataclass
class Fighter:
    """A unit: its row, its side and what changes."""

    kind: UnitType
    ally: bool
    x: float
    y: float
    health: float
    shield: float
    cooldown: float = 0.0
    shield_wait: float = 0.0
    shot_left: float = 0.0
    shot_target: Fighter | None = None
    target: Fighter | None = None
    """Whom an enemy fights."""
    order: Fighter | tuple[float, float] | None = None
    """An ally's order: a unit to attack, a point to go to, or None to stand."""
    period: float = 0.0

    @property
    def alive(self) -> bool:
        return self.health > 0

    def apart(self, other: Fighter) -> float:
        return math.hypot(self.x - other.x, self.y - other.y)


class BattleByHand:
    """A battle in progress; ``fighters`` are in the order of the state, allies first."""

    def __init__(self, scenario: Scenario, fighters: list[Fighter]) -> None:
        self.scenario = scenario
        self.rules = RULESETS[scenario.rules]
        self.fighters = fighters
        self.allies = [f for f in fighters if f.ally]
        self.enemies = [f for f in fighters if not f.ally]
        self.dealt = {(i, k): 0.0 for i in range(len(self.allies)) for k in range(len(self.enemies))}
        self.closest_call = math.inf

    def less(self, a: float, b: float) -> bool:
        """a < b, remembering how close a call it was."""
        self.closest_call = min(self.closest_call, abs(a - b))
        return a < b

    def loop(self, ally_first: bool) -> None:
        """One game loop."""
        alive = [f for f in self.fighters if f.alive]
        for enemy in self.enemies:
            if enemy.alive:
                enemy.target = self.choose_target(enemy)
            else:
                enemy.target = None
        stands_and_fights, wishes = set(), {}
        for f in alive:
            target, goal = self.purpose(f)
            if target is not None and not self.less(f.kind.range + f.kind.radius + target.kind.radius, f.apart(target)):
                stands_and_fights.add(id(f))
            elif goal is not None:
                wishes[id(f)] = self.wish(f, goal)
        moved = self.move(alive, wishes)
        apart = {id(f): self.distance_to_purpose(f) for f in alive}
        for f in alive:
            f.x, f.y = moved[id(f)]
        striking = []
        for f in self.fighters:
            begins = id(f) in stands_and_fights and self.less(f.cooldown, 1.0)
            f.cooldown = f.cooldown + f.period - 1.0 if begins else max(f.cooldown - 1.0, 0.0)
            if begins:
                f.shot_target = self.purpose(f)[0]
                flight = apart[id(f)] / f.kind.missile_speed if f.kind.missile_speed else 0.0
                f.shot_left = f.kind.hit_delay + flight + (f.kind.strikes - 1) * f.kind.strike_gap + 1.0 - 1e-3
            lands = math.ceil(f.shot_left) == 1
            if f.kind.strikes == 2:
                lands = lands or math.ceil(f.shot_left - f.kind.strike_gap) == 1
            self.closest_call = min(self.closest_call, abs(f.shot_left - round(f.shot_left)) + (f.shot_left < 0.5))
            f.shot_left = max(f.shot_left - 1.0, 0.0)
            if lands and f in alive:
                striking.append(f)
        first = [f for f in striking if f.ally == ally_first]
        second = [f for f in striking if f.ally != ally_first]
        wounded = self.resolve(first)
        wounded |= self.resolve([f for f in second if f.alive])
        for f in self.fighters:
            self.regenerate(f, id(f) in wounded)

    def choose_target(self, enemy: Fighter) -> Fighter | None:
        """Keep, nearest in scan, or nearest attacker."""
        kind, old = enemy.kind, enemy.target
        if old is not None and old.alive:
            in_range = not self.less(kind.range + kind.radius + old.kind.radius, enemy.apart(old))
            if old.order is enemy or in_range:
                return old
        living = [a for a in self.allies if a.alive]
        unlimited = self.scenario.attack_point is None
        near = [a for a in living if unlimited or self.less(enemy.apart(a), kind.scan + a.kind.radius)]
        near = near or [a for a in living if a.order is enemy]
        ranked = sorted(near, key=enemy.apart)
        if len(ranked) > 1:
            self.less(enemy.apart(ranked[0]), enemy.apart(ranked[1]))
        return ranked[0] if ranked else None

    def purpose(self, f: Fighter) -> tuple[Fighter | None, tuple[float, float] | None]:
        """Whom a unit fights and where it goes; no goal to stand."""
        if f.ally:
            if isinstance(f.order, Fighter):
                return (f.order, (f.order.x, f.order.y)) if f.order.alive else (None, None)
            return None, f.order
        if f.target is not None:
            return f.target, (f.target.x, f.target.y)
        return None, self.scenario.attack_point

    def distance_to_purpose(self, f: Fighter) -> float:
        target, _ = self.purpose(f)
        return 0.0 if target is None else f.apart(target)

    def wish(self, f: Fighter, goal: tuple[float, float]) -> tuple[float, float]:
        """Full speed towards the goal, and not beyond it."""
        dx, dy = goal[0] - f.x, goal[1] - f.y
        length = math.hypot(dx, dy)
        if length <= f.kind.speed:
            return dx, dy
        return dx * f.kind.speed / length, dy * f.kind.speed / length

    def move(self, alive: list[Fighter], wishes: dict[int, tuple[float, float]]) -> dict[int, tuple[float, float]]:
        """New places, by pushes, speed and walls."""
        steps = {id(f): wishes.get(id(f), (0.0, 0.0)) for f in alive}
        for _ in range(2):
            pushed = {id(f): self.push(f, alive, steps, wishes) for f in alive if id(f) in wishes}
            for key, (x, y) in pushed.items():
                steps[key] = (steps[key][0] + x, steps[key][1] + y)
        places = {}
        for f in alive:
            step_x, step_y = steps[id(f)]
            length = math.hypot(step_x, step_y)
            if length > f.kind.speed:
                step_x, step_y = step_x * f.kind.speed / length, step_y * f.kind.speed / length
            places[id(f)] = self.walk(f, step_x, step_y) if id(f) in wishes else (f.x, f.y)
        return places

    def push(
        self,
        f: Fighter,
        alive: list[Fighter],
        steps: dict[int, tuple[float, float]],
        wishes: dict[int, tuple[float, float]],
    ) -> tuple[float, float]:
        """What the others push a walking unit by, everybody being a step further."""
        push_x = push_y = 0.0
        for other in alive:
            if other is f or f.kind.collides_with_ground != other.kind.collides_with_ground:
                continue
            dx = f.x + steps[id(f)][0] - other.x - steps[id(other)][0]
            dy = f.y + steps[id(f)][1] - other.y - steps[id(other)][1]
            length, need = math.hypot(dx, dy), f.kind.separation + other.kind.separation
            if 0 < length < need:
                share = 0.5 if id(other) in wishes else 1.0
                push_x += share * (need - length) * dx / length
                push_y += share * (need - length) * dy / length
        return push_x, push_y

    def open(self, f: Fighter, x: int, y: int) -> bool:
        """Whether a unit may enter a cell."""
        width, height = self.scenario.size
        if not (0 <= x < width and 0 <= y < height):
            return False
        cliff = self.scenario.cliff
        return bool(self.scenario.walkable[x, y] or (f.kind.crosses_cliffs and cliff is not None and cliff[x, y]))

    def walk(self, f: Fighter, step_x: float, step_y: float) -> tuple[float, float]:
        """First in x, then in y, each up to the edge of the last cell that is open."""
        cx, cy = int(f.x), int(f.y)
        x = self.stopped(f.x + step_x, cx, self.open(f, cx - 1, cy), self.open(f, cx + 1, cy))
        cx = int(x)
        return x, self.stopped(f.y + step_y, cy, self.open(f, cx, cy - 1), self.open(f, cx, cy + 1))

    def stopped(self, wanted: float, cell: int, below: bool, above: bool) -> float:
        """A coordinate that may leave its cell only to open neighbours."""
        if wanted < cell + EDGE and not below:
            return cell + EDGE
        if wanted > cell + 1 - EDGE and not above:
            return cell + 1 - EDGE
        return wanted

    def resolve(self, striking: list[Fighter]) -> set[int]:
        """The strikes of one side, hit by hit; which units were hit."""
        weights: dict[int, list[tuple[Fighter, float]]] = {}
        before = {id(f): f.health + f.shield for f in self.fighters}
        wounded = set()
        for f in striking:
            for victim in self.victims(f):
                if not victim.alive and before[id(victim)] <= 0:
                    continue
                wounded.add(id(victim))
                w = (
                    f.kind.damage
                    + f.kind.bonus_armoured * victim.kind.armoured
                    + f.kind.bonus_light * victim.kind.light
                )
                weight = 0.0
                side = self.enemies if f.ally else self.allies
                for _ in range(f.kind.hits):
                    if any(other.kind.shield for other in side):
                        weight += w
                    else:
                        weight += max(w - victim.kind.armour, self.rules.least_damage)
                    self.hit(victim, w)
                weights.setdefault(id(victim), []).append((f, weight))
        for k, enemy in enumerate(self.enemies):
            hits = [(f, w) for f, w in weights.get(id(enemy), []) if f.ally]
            total = sum(w for _, w in hits)
            removed = before[id(enemy)] - (enemy.health + enemy.shield)
            for f, w in hits:
                self.dealt[self.allies.index(f), k] += w / total * removed
        return wounded

    def victims(self, f: Fighter) -> list[Fighter]:
        """Whom a strike reaches."""
        others = self.enemies if f.ally else self.allies
        target = f.shot_target
        assert target is not None
        if f.kind.beam is None:
            return [target]
        half_length, half_width = f.kind.beam
        length = target.apart(f)
        along = ((target.x - f.x) / length, (target.y - f.y) / length)
        touched = []
        for other in others:
            dx, dy = other.x - target.x, other.y - target.y
            ahead, aside = abs(dx * along[0] + dy * along[1]), abs(dy * along[0] - dx * along[1])
            outside = math.hypot(max(ahead - half_width, 0.0), max(aside - half_length, 0.0))
            if not self.less(other.kind.radius, outside):
                touched.append(other)
        return touched

    def hit(self, victim: Fighter, damage: float) -> None:
        """Shield first, then health less the armour."""
        if not victim.alive:
            return
        taken = min(damage, victim.shield)
        victim.shield -= taken
        rest = damage - taken
        if rest > 0:
            victim.health = max(victim.health - max(rest - victim.kind.armour, self.rules.least_damage), 0.0)

    def regenerate(self, f: Fighter, wounded: bool) -> None:
        """The end of a loop."""
        if f.alive:
            f.health = min(f.health + f.kind.health_regeneration, f.kind.health)
        if not f.kind.shield:
            return
        if wounded:
            f.shield_wait = 160.0
        if f.alive and f.shield_wait <= 0:
            f.shield = min(f.shield + 0.125, f.kind.shield)
        f.shield_wait = max(f.shield_wait - 1.0, 0.0)
