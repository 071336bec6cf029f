"""Small steps of the build: third-party scripts, mends of the pages, the list of results, claims of a build."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from nucleolus_lib.pipeline import vendor
from nucleolus_lib.pipeline.build import claim
from nucleolus_lib.pipeline.errors import BuildRunningError, DownloadError
from nucleolus_lib.pipeline.page_mending import mend, mend_folder
from nucleolus_lib.pipeline.render import trouble
from nucleolus_lib.pipeline.results_page import results_markdown
from nucleolus_lib.provenance import commit, provenance

ROOT = Path(__file__).resolve().parents[2]


def archive(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


CONTENT = archive({"es5/tex.js": "typeset", "es5/big.js": "not needed", "LICENSE": "free", "es5/../../evil.js": "out"})
PACKAGE = vendor.NpmPackage(
    "tiny",
    "1.0.0",
    base64.b64encode(hashlib.sha512(CONTENT).digest()).decode(),
    ("es5/tex.js", "es5/..", "LICENSE"),
    "es5/",
)


def test_only_the_kept_files_are_unpacked_and_nothing_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(vendor, "_download", lambda package: calls.append(package.name) or CONTENT)
    target = vendor.fetch_npm(PACKAGE, tmp_path / "vendor" / "tiny")
    assert sorted(path.name for path in target.rglob("*") if path.is_file()) == [".version", "LICENSE", "tex.js"]
    assert not list(tmp_path.rglob("evil.js"))
    vendor.fetch_npm(PACKAGE, target)
    assert calls == ["tiny"], "what is there is not fetched again"


def test_another_archive_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendor, "_download", lambda package: CONTENT + b" ")
    with pytest.raises(DownloadError, match="not the published package"):
        vendor.fetch_npm(PACKAGE, tmp_path / "tiny")
    assert not (tmp_path / "tiny").exists()


def test_without_npm_the_archive_is_read_from_the_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "tiny" / "-"
    place.mkdir(parents=True)
    (place / "tiny-1.0.0.tgz").write_bytes(CONTENT)
    monkeypatch.setattr(vendor.shutil, "which", lambda name: None)
    monkeypatch.setattr(vendor, "REGISTRY", tmp_path.as_uri())
    assert (vendor.fetch_npm(PACKAGE, tmp_path / "out") / "tex.js").read_text() == "typeset"
    with pytest.raises(DownloadError, match=r"tiny-2\.0\.0\.tgz"):
        vendor.fetch_npm(replace(PACKAGE, version="2.0.0"), tmp_path / "other")


def test_plotly_is_copied_from_its_package(tmp_path: Path) -> None:
    path = vendor.copy_plotly(tmp_path / "vendor" / "plotly.min.js")
    assert "plotly.js v" in path.read_text(encoding="utf-8")[:200]


PAGE = (
    '<link rel="preload" as="font" type="font/woff2" href="a.woff2" />\n<link rel="preload" as="script" href="a.js" />'
    '<button class="btn search-button-field" title="s" aria-label="Search" id="x">Search</button>'
    '<button class="other" aria-label="Search"></button>'
    '<summary aria-label="Toggle hidden content">Show</summary>'
    '<div role="list" class="citation-list"><div class="citation" role="doc-biblioentry">x</div></div>'
)
MENDED = (
    '<link rel="preload" as="script" href="a.js" />'
    '<button class="btn search-button-field" title="s" id="x">Search</button>'
    '<button class="other" aria-label="Search"></button>'
    "<summary>Show</summary>"
    '<div class="citation-list"><div class="citation">x</div></div>'
)


def test_pages_are_mended_and_nothing_else_is_touched(tmp_path: Path) -> None:
    assert mend(PAGE) == MENDED
    assert mend(MENDED) == MENDED
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "page.html").write_text(PAGE)
    (tmp_path / "data.js").write_text(PAGE)
    mend_folder(tmp_path)
    assert (tmp_path / "deep" / "page.html").read_text() == MENDED
    assert (tmp_path / "data.js").read_text() == PAGE


def test_the_trouble_of_a_build_is_picked_out() -> None:
    output = "reading sources\na.md:3: WARNING: undefined label\nbuild finished\n"
    assert trouble(output) == "a.md:3: WARNING: undefined label"
    assert trouble("one\ntwo") == "one\ntwo"


INDEX = {
    "chapter": "02_the_nucleolus",
    "command": "papermill book/02_the_nucleolus.ipynb out.ipynb",
    "artifacts": [
        {
            "kind": "figure",
            "name": "bars",
            "files": ["bars.png", "bars.svg"],
            "data": "data/games/x.json",
            "alt": "Bars.",
        },
        {"kind": "table", "name": "shares", "files": ["shares.csv"], "data": "computed"},
        {"kind": "number", "name": "value", "files": [], "data": "computed", "value": "0.123456", "shown": "0.12"},
    ],
}


def test_the_list_names_every_result_with_command_and_data() -> None:
    text = results_markdown([INDEX], {"02_the_nucleolus": "The nucleolus"}, "smoke")
    for expected in (
        "## The nucleolus\n\n{doc}`02_the_nucleolus`",
        "papermill book/02_the_nucleolus.ipynb out.ipynb",
        "`bars` (figure)\n: Bars. Data: data/games/x.json.",
        "{download}`svg <artifacts/02_the_nucleolus/bars.svg>`",
        "`shares` (table)",
        "`value` = 0.12",
        "profile `smoke`",
    ):
        assert expected in text
    assert "No chapter" in results_markdown([], {}, "full")


def test_a_second_build_is_refused_while_the_first_lives(tmp_path: Path) -> None:
    noted = tmp_path / "build.pid"
    claim(noted)
    assert noted.read_text() == str(os.getpid())
    claim(noted)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        noted.write_text(str(other.pid))
        with pytest.raises(BuildRunningError, match=str(other.pid)):
            claim(noted)
        other.communicate(b"\n")
    claim(noted)
    assert noted.read_text() == str(os.getpid()), "a build that is dead holds nothing"


def test_provenance_outside_of_git(tmp_path: Path) -> None:
    assert commit(tmp_path).startswith("unknown")
    assert set(provenance(tmp_path)) == {"commit", "python", "packages", "platform"}


def test_local_changes_are_told(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "a.md").write_text("one")
    git("init")
    git("add", ".")
    git("commit", "-m", "start")
    clean = commit(tmp_path)
    assert len(clean) == 40
    (tmp_path / "book" / "a.md").write_text("two")
    assert commit(tmp_path) == f"{clean} + local changes"
