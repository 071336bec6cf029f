"""pyproject.toml, environment.yml and constraints.txt name the same packages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
NEEDED = [*PROJECT["dependencies"], *EXTRAS["book"], *EXTRAS["dev"]]


def differences(declared: list[str], listed: list[str]) -> set[str]:
    """Requirements that only one of two lists has, written one way."""
    return {str(Requirement(item)) for item in declared} ^ {str(Requirement(item)) for item in listed}


def conda_packages() -> tuple[list[str], list[str]]:
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    conda = [item for item in dependencies if isinstance(item, str)]
    pip = next(item["pip"] for item in dependencies if isinstance(item, dict))
    return conda, pip


def test_environment_lists_what_pyproject_declares() -> None:
    _, pip = conda_packages()
    listed = [item for item in pip if not item.startswith("--")]
    assert differences(NEEDED, listed) == set()
    assert "--editable ." in pip
    assert "--constraint constraints.txt" in pip


def test_a_difference_is_seen() -> None:
    assert differences(["numpy>=2.0", "scipy>=1.13"], ["scipy>=1.13"]) == {"numpy>=2.0"}
    assert differences(["numpy>=2.0"], ["numpy>=2.1"]) == {"numpy>=2.0", "numpy>=2.1"}


def test_environment_has_a_python_that_the_project_takes() -> None:
    conda, _ = conda_packages()
    python = next(re.fullmatch(r"python=(\d+\.\d+)", item) for item in conda if item.startswith("python="))
    assert python is not None
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(python.group(1))


def test_constraints_satisfy_every_requirement() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    versions = {canonicalize_name(name): version for name, version in pinned.items()}
    for item in NEEDED:
        requirement = Requirement(item)
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None, f"constraints.txt has no version of {requirement.name}"
        assert requirement.specifier.contains(version, prereleases=True), f"{item} excludes {version}"
