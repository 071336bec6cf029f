# The build: each chapter executed, its results collected, the book rendered.
# Called by `python -m nucleolus_lib.pipeline.build` (make book), which also takes care of a build that was killed.
# Each rule is one `python` command, so that it runs on every system and, by an executor plugin, on a cluster.
import sys
from pathlib import Path

from nucleolus_lib.experiments import suites
from nucleolus_lib.pipeline import book_source, chapters, dependencies, vendor

ROOT = Path(workflow.basedir)
PROFILE = chapters.check_profile(config.get("profile", "full"))
BUILD = config.get("build", f"build/{PROFILE}")
PYTHON = sys.executable

SETTINGS = chapters.read_settings(ROOT)
NAMES = list(SETTINGS)
VENDORED = [f"{vendor.VENDOR_FOLDER}/mathjax/tex-chtml.js", f"{vendor.VENDOR_FOLDER}/plotly.min.js"]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "*.yml", "*.bib", "_assets/*.*")
    for path in (ROOT / "book").glob(pattern)
)
RENDERING = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "nucleolus_lib/pipeline").glob("*.py"))

# Training is not part of the book's build, which reads the committed results: `make runs SUITE=pp`.
SUITES_FILE = config.get("suites", str(suites.SUITES_FILE))
SUITES = suites.read_suites(ROOT / SUITES_FILE)
SUITE = suites.read_suite(config["suite"], ROOT / SUITES_FILE) if "suite" in config else None
RUNS = config.get("runs", "data/runs")
CHECKPOINTS = config.get("checkpoints", "build/checkpoints")
SEEDS_AT_ONCE = int(config.get("seeds_at_once", 1))


def library_of(wildcards):
    notebook = ROOT / "book" / f"{wildcards.chapter}.ipynb"
    return dependencies.library_files(ROOT, dependencies.notebook_source(notebook))


wildcard_constraints:
    chapter=r"\d\d_[a-z0-9_]+",


rule book:
    input:
        f"{BUILD}/html/index.html",


rule results:
    input:
        expand(f"{BUILD}/artifacts/{{chapter}}/index.json", chapter=NAMES),


rule chapter:
    input:
        notebook="book/{chapter}.ipynb",
        library=library_of,
        data=lambda wildcards: chapters.data_files(ROOT, SETTINGS[wildcards.chapter]),
    output:
        notebook=f"{BUILD}/notebooks/{{chapter}}.ipynb",
        index=f"{BUILD}/artifacts/{{chapter}}/index.json",
        provenance=f"{BUILD}/provenance/{{chapter}}.json",
    params:
        # a changed parameter executes the chapter again
        parameters=lambda wildcards: chapters.profile_parameters(SETTINGS[wildcards.chapter], PROFILE),
    log:
        f"{BUILD}/logs/{{chapter}}.log",
    shell:
        "{PYTHON:q} -m nucleolus_lib.pipeline.execute {wildcards.chapter} --profile {PROFILE} --build {BUILD}"


rule vendored:
    output:
        VENDORED,
    shell:
        "{PYTHON:q} -m nucleolus_lib.pipeline.vendor mathjax plotly"


rule render:
    input:
        expand(f"{BUILD}/notebooks/{{chapter}}.ipynb", chapter=NAMES),
        expand(f"{BUILD}/artifacts/{{chapter}}/index.json", chapter=NAMES),
        expand(f"{BUILD}/provenance/{{chapter}}.json", chapter=NAMES),
        VENDORED,
        PAGES,
        RENDERING,
        "_config.yml",
        list(book_source.COPIED_FROM_ROOT),
    output:
        f"{BUILD}/html/index.html",
    log:
        f"{BUILD}/logs/book.log",
    shell:
        "{PYTHON:q} -m nucleolus_lib.pipeline.render --profile {PROFILE} --build {BUILD}"


# The markers are not the results: Snakemake deletes a job's outputs before it runs, and a run is continued from its files.
rule runs:
    input:
        []
        if SUITE is None
        else expand(
            f"{CHECKPOINTS}/{SUITE.name}/{{world}}/{{algorithm}}.finished",
            world=SUITE.worlds,
            algorithm=(*SUITE.algorithms, suites.SCRIPTED_JOB),
        ),


rule training:
    output:
        touch(f"{CHECKPOINTS}/{{suite}}/{{world}}/{{algorithm}}.finished"),
    params:
        # a changed suite starts the job again, which then does what is missing
        suite=lambda wildcards: suites.job_text(SUITES, wildcards.suite, wildcards.algorithm),
    threads: SEEDS_AT_ONCE
    wildcard_constraints:
        suite=r"[^/]+",
        world=r"[^/]+",
        algorithm=r"[^/]+",
    shell:
        "{PYTHON:q} -m nucleolus_lib sweep --suite {wildcards.suite:q} --suites {SUITES_FILE:q} --quiet"
        " --envs {wildcards.world:q} --algorithms {wildcards.algorithm:q} --jobs {threads}"
        " --out {RUNS:q}/{wildcards.suite:q} --checkpoints {CHECKPOINTS:q}/{wildcards.suite:q}"


rule scripted:
    output:
        touch(f"{CHECKPOINTS}/{{suite}}/{{world}}/{suites.SCRIPTED_JOB}.finished"),
    wildcard_constraints:
        suite=r"[^/]+",
        world=r"[^/]+",
    shell:
        "{PYTHON:q} -m nucleolus_lib scripted --suite {wildcards.suite:q} --suites {SUITES_FILE:q}"
        " --envs {wildcards.world:q} --out {RUNS:q}/{wildcards.suite:q}"


ruleorder: scripted > training
