"""Third-party scripts that the pages load: fetched once, checked, kept in a folder that git ignores.

``python -m nucleolus_lib.pipeline.vendor mathjax plotly`` fills ``book/_assets/vendor``. MathJax and axe-core are
npm packages of a fixed version; their archive must have the published checksum. Plotly's script is part of
the Python package that is installed anyway. A page of the book loads nothing from another server.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import importlib.resources
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from nucleolus_lib.pipeline.errors import DownloadError, PipelineError
from nucleolus_lib.report.locations import repository_root

VENDOR_FOLDER = "book/_assets/vendor"
REGISTRY = "https://registry.npmjs.org"
TIMEOUT_SECONDS = 120


SPEECH = ("es5/sre/mathmaps/base.json", "es5/sre/mathmaps/en.json")
"""What MathJax reads when a reader switches on speech in its menu."""


@dataclass(frozen=True)
class NpmPackage:
    """One npm package and which of its files are kept."""

    name: str
    version: str
    sha512: str
    """Published checksum of the archive, base64."""

    kept: tuple[str, ...]
    """Files and folders inside the archive."""

    strip: str
    """Leading folder dropped from the paths of what is kept."""


MATHJAX = NpmPackage(
    "mathjax",
    "3.2.2",
    "Bt+SSVU8eBG27zChVewOicYs7Xsdt40qm4+UpHyX7k0/O9NliPc+x77k1/FEsPsjKPZGJvtRZM1vO+geW0OhGw==",
    ("es5/tex-chtml.js", "es5/input/tex/", "es5/output/chtml/", "es5/a11y/", "es5/ui/", *SPEECH, "LICENSE"),
    "es5/",
)
AXE_CORE = NpmPackage(
    "axe-core",
    "4.14.1",
    "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
    ("axe.min.js", "LICENSE"),
    "",
)


def fetch_npm(package: NpmPackage, target: Path) -> Path:
    """Put the kept files of ``package`` below ``target``; nothing is fetched when they are there already."""
    stamp = target / ".version"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == package.sha512:
        return target
    archive = _download(package)
    check_archive(package, archive)
    with tempfile.TemporaryDirectory(dir=_folder(target.parent)) as scratch:
        fresh = Path(scratch) / target.name
        _unpack(package, archive, fresh)
        (fresh / ".version").write_text(package.sha512, encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        fresh.replace(target)
    return target


def check_archive(package: NpmPackage, archive: bytes) -> None:
    """Raise :class:`DownloadError` when the archive is not the published one."""
    found = base64.b64encode(hashlib.sha512(archive).digest()).decode("ascii")
    if found != package.sha512:
        raise DownloadError(
            f"{package.name} {package.version} has the checksum {found[:16]}..., expected {package.sha512[:16]}...; "
            "what the registry or a proxy sent is not the published package"
        )


def copy_plotly(target: Path) -> Path:
    """Copy plotly's script out of the installed Python package."""
    source = importlib.resources.files("plotly").joinpath("package_data", "plotly.min.js")
    _folder(target.parent)
    content = source.read_bytes()
    if not target.is_file() or target.read_bytes() != content:
        target.write_bytes(content)
    return target


def _download(package: NpmPackage) -> bytes:
    """The archive, by npm when it is installed (it knows the machine's registry), else directly."""
    npm = shutil.which("npm")
    if npm:
        with tempfile.TemporaryDirectory() as scratch:
            command = [npm, "pack", f"{package.name}@{package.version}", "--silent"]
            done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
            archives = list(Path(scratch).glob("*.tgz"))
            if done.returncode == 0 and archives:
                return archives[0].read_bytes()
    address = f"{REGISTRY}/{package.name}/-/{package.name}-{package.version}.tgz"
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS) as answer:
            content: bytes = answer.read()
            return content
    except (urllib.error.URLError, TimeoutError) as error:
        raise DownloadError(
            f"{package.name} {package.version} could not be fetched from {address}: {error}. "
            "The first build needs a network; later ones do not"
        ) from error


def _unpack(package: NpmPackage, archive: bytes, target: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        for member in tar.getmembers():
            path = member.name.removeprefix("package/")
            if not member.isfile() or not path.startswith(package.kept) or ".." in Path(path).parts:
                continue
            content = tar.extractfile(member)
            assert content is not None
            place = target / path.removeprefix(package.strip)
            _folder(place.parent)
            place.write_bytes(content.read())
    if not target.is_dir():
        raise DownloadError(f"the archive of {package.name} has none of {package.kept}")


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description="Fetch the scripts that the pages load.")
    parser.add_argument("names", nargs="+", choices=["mathjax", "plotly"])
    given = parser.parse_args()
    folder = repository_root() / VENDOR_FOLDER
    try:
        for name in given.names:
            if name == "plotly":
                copy_plotly(folder / "plotly.min.js")
            else:
                fetch_npm(MATHJAX, folder / name)
    except PipelineError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
