"""Small worlds that several tests play."""

from nucleolus_lib.envs import FireRescue, SplitTheTask
from nucleolus_lib.envs.matrix_game_world import MatrixGameWorld, climbing, penalty, qtran
from nucleolus_lib.envs.rescue_layout import STATION, TWO_FIRES

WORLDS = {
    "fire_rescue_town": lambda: FireRescue(horizon=12),
    "fire_rescue_tiny": lambda: FireRescue(TWO_FIRES, 3, horizon=30),
    "fire_rescue_station": lambda: FireRescue(STATION, 4, slip=0.2, view_radius=1, effort=2, horizon=20),
    "fire_rescue_anywhere": lambda: FireRescue(("1.R", ".#2"), 3, slip=0.5, view_radius=0, horizon=20),
    "split_the_task": lambda: SplitTheTask(0.4),
    "split_the_task_in_teams": lambda: SplitTheTask(0.7, team_size=2),
    "climbing": climbing,
    "penalty": penalty,
    "qtran": qtran,
    "three_agent_matrix": lambda: MatrixGameWorld([[[1.0, -2.0]], [[0.0, 3.0]], [[4.0, 5.0]]]),
}
