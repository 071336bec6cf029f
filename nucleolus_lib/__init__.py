"""Credit assignment by cooperative game theory in multi-agent reinforcement learning.

The layers, arrows one way: ``games`` (static cooperative games) -> ``markov`` (their dynamic theory)
-> ``envs`` -> ``learners`` -> ``experiments`` -> ``report`` (figures and tables).
"""

__version__ = "0.1.0"
