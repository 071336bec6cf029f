"""The build: notebooks executed, their results collected and compared, the book rendered.

Nothing here computes a result. Each module is one step that the ``Snakefile`` or the ``Makefile`` calls.
"""
