"""Where a result file says it comes from: the commit, versions and machine, and when it was made."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from nucleolus_lib.provenance import provenance

COMMIT_VARIABLE = "NUCLEOLUS_COMMIT"
"""Names the commit on a machine that has the files but not the git history."""


def origin() -> dict[str, Any]:
    """Commit, versions, platform, and the time in UTC."""
    found = provenance(Path(__file__).resolve().parents[2])
    if COMMIT_VARIABLE in os.environ and str(found["commit"]).startswith("unknown"):
        found["commit"] = f"{os.environ[COMMIT_VARIABLE]} (as stated by {COMMIT_VARIABLE})"
    return {**found, "started": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())}
