"""Where worlds meet learners: settings, episodes, training, evaluation, and the files that keep the results.

:mod:`~nucleolus_lib.experiments.runs` reads and writes result files and does not need torch, so figures can be made
without it. For the same reason nothing is imported here: write
``from nucleolus_lib.experiments.train import train``.
"""
