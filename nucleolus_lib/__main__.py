"""``python -m nucleolus_lib train|sweep|evaluate|scripted``: the command line of the experiments."""

import sys

from nucleolus_lib.experiments.command_line import main

if __name__ == "__main__":
    sys.exit(main())
