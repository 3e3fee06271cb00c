"""The image, as far as it can be told without building one."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from pydantic import ValidationError

from apps.operations.presentation.health import PATIENCE
from apps.settings import Settings
from tests.support.served import PRODUCTION, ROOT, environment

DOCKERFILE = (ROOT / "Dockerfile").read_text()
ELSEWHERE = re.compile(r"https?://|\b[a-z0-9-]+(\.[a-z0-9-]+)*\.(io|org|com|net)\b")
Step = tuple[str, str]


def steps(text: str) -> list[Step]:
    """Each instruction with what follows it, continued lines joined and comments left out."""
    told = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(told))
    return [(name, rest) for name, _, rest in (each.partition(" ") for each in joined.split("\n"))]


def stages(text: str) -> list[list[Step]]:
    """The steps of each stage, from its FROM on."""
    found: list[list[Step]] = []
    for step in steps(text):
        if step[0] == "FROM":
            found.append([])
        if found:
            found[-1].append(step)
    return found


def sources(stage: list[Step]) -> list[str]:
    """What a stage takes out of the repository."""
    copied = (rest.split()[:-1] for name, rest in stage if name == "COPY")
    return [source for names in copied if not names[0].startswith("--from") for source in names]


def is_let_in(source: str) -> bool:
    """Tell whether .dockerignore lets it pass: the last pattern that fits decides."""
    verdict = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if line and not line.startswith("#") and fnmatch(source, pattern):
            verdict = line.startswith("!")
    return verdict


def faults(text: str) -> Iterator[str]:
    """Tell what is wrong with a Dockerfile of ours."""
    if "syntax=" in text or ELSEWHERE.search(text):
        yield "it names a host"
    if any(name == "ADD" for name, _ in steps(text)):
        yield "it adds what is not in the repository"
    if "MIGRATE_ON_START" in text:
        yield "it migrates without being asked to"
    build, *between, run = stages(text)
    if between or "--from=build" not in text:
        yield "one stage builds, and one runs"
    for stage in (build, run):
        if not re.match(r"python:\$\{PYTHON_VERSION\}-slim AS", stage[0][1]):
            yield "both stages need the same Python"
        for source in sources(stage):
            if not (ROOT / source).exists() or not is_let_in(source):
                yield f"{source} is not there"
    yield from faults_of_building(build)
    yield from faults_of_running(dict(run), [rest for name, rest in run if name == "RUN"])


def faults_of_building(build: list[Step]) -> Iterator[str]:
    installs = [rest for _, rest in build if "poetry install" in rest]
    if not installs or not all("--only" in rest.partition("install")[2] for rest in installs):
        yield "it installs more than running needs"


def faults_of_running(last: dict[str, str], commands: list[str]) -> Iterator[str]:
    if any(re.search(r"pip|poetry|apt", command) for command in commands):
        yield "the stage that runs installs something"
    if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", last.get("USER", "")):
        yield "it runs as root, or as a name that an orchestrator cannot tell from root"
    probe = re.fullmatch(r".*--timeout=(\d+)s .*CMD (\[.*\])", last.get("HEALTHCHECK", ""))
    if not probe or json.loads(probe[2]) != ["kcs", "healthcheck"] or int(probe[1]) <= PATIENCE:
        yield "nothing asks whether it is healthy"
    if last.get("CMD") != '["kcs", "serve"]' or "ENTRYPOINT" in last:
        yield "a shell would be process 1, and keep signals to itself"
    if last.get("EXPOSE") != str(Settings.model_fields["port"].default):
        yield "it exposes another port than it listens on"


def test_the_image_is_built_as_it_should_be() -> None:
    assert not [*faults(DOCKERFILE)]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("FROM python:", "FROM registry.example.org/python:"),
        ("# The service", "# syntax=docker/dockerfile:1\n# The service"),
        ("python:${PYTHON_VERSION}-slim AS run", "python:3.14-slim AS run"),
        ("COPY --from=build /app/.venv ./.venv\n", ""),
        ("COPY demo ./demo", "ADD https://example.org/demo.tar ./demo"),
        ("COPY demo ./demo", "COPY tests ./tests"),
        ("COPY demo ./demo", "COPY demos ./demo"),
        ("--only main --no-root", "--no-root"),
        ("RUN groupadd", "RUN apt-get install curl && groupadd"),
        ("USER 10001:10001\n", ""),
        ("USER 10001:10001", "USER root"),
        ("USER 10001:10001", "USER 0:0"),
        ("--timeout=10s", "--timeout=4s"),
        ('CMD ["kcs", "healthcheck"]', "CMD kcs healthcheck"),
        ('CMD ["kcs", "serve"]', "CMD kcs serve"),
        ("EXPOSE 8000", "EXPOSE 80"),
        ("ENV=production", "ENV=production MIGRATE_ON_START=1"),
    ],
)
def test_a_fault_in_it_would_be_found(right: str, wrong: str) -> None:
    assert right in DOCKERFILE
    assert len([*faults(DOCKERFILE.replace(right, wrong))]) >= 1


def test_what_it_sets_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    (given,) = [rest for name, rest in stages(DOCKERFILE)[-1] if name == "ENV"]
    variables = dict(each.split("=", 1) for each in given.split())
    python = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
    ours = variables.keys() - python
    assert ours == {"ENV", "HOST", "DATA_DIR", "DATABASE_URL"}
    for name in ours:
        monkeypatch.setenv(name, variables[name])
    with pytest.raises(ValidationError, match="https://"):  # that is for the operator to say
        _ = Settings()
    for name in PRODUCTION:
        monkeypatch.setenv(name, PRODUCTION[name])
    assert (Settings().env, Settings().log_format) == ("production", "json")


def test_the_makefile_installs_with_the_same_poetry() -> None:
    versions = re.findall(r"POETRY_VERSION ?\??= ?(\S+)", (ROOT / "Makefile").read_text())
    assert versions == re.findall(r"ARG POETRY_VERSION=(\S+)", DOCKERFILE)


def test_what_it_copies_is_enough_to_migrate_and_to_load_the_demo(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    for source in sources(stages(DOCKERFILE)[-1]):
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, tmp_path / source, ignore=ignored)
        else:
            (tmp_path / source).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / source, tmp_path / source)
    script = "from apps import cli; print(cli.ROOT); cli.bring_up_to_date(); cli.load()"
    env = environment(f"sqlite:///{tmp_path}/kcs.db", tmp_path, PYTHONPATH=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd="/",
        env=env,
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{tmp_path}\n")
    assert "Demo member" in done.stdout
