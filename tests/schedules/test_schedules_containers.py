"""The image and the CronJob of Kubernetes: what they are made of, and what they run."""

import re
import tomllib
from fnmatch import fnmatch
from importlib import import_module
from typing import Any

import orjson
import pytest
from support.schedules_run import PROJECT, SHELLS, Machine, commands_of, exit_codes, text_of, yamls_of

from bulkcase.cli.common.interrupts import GRACE
from bulkcase.sandbox import SandboxSettings

DOCKERFILE = list(commands_of(text_of("Dockerfile")))
FINAL = DOCKERFILE[max(number for number, (name, _) in enumerate(DOCKERFILE) if name == "FROM") :]
"""The instructions of the image itself, those of the stage that builds left out."""
CONFIG_MAP, CLAIM, CRON_JOB = yamls_of(text_of("kubernetes-cronjob.yaml"))
JOB = CRON_JOB["spec"]["jobTemplate"]["spec"]
POD = JOB["template"]["spec"]
(CONTAINER,) = POD["containers"]
HOME = "/var/lib/bulkcase"


def said(name: str, instructions: list[tuple[str, list[str]]] = FINAL) -> list[list[str]]:
    """Return the words of each instruction of this name."""
    return [words for instruction, words in instructions if instruction == name]


def environment() -> dict[str, str]:
    """Return what ENV sets in the image."""
    return {name: value for words in said("ENV") for name, _, value in (word.partition("=") for word in words)}


def test_the_dockerfile_has_instructions_that_exist() -> None:
    """Each line is one that a builder knows."""
    known = "FROM WORKDIR COPY RUN ENV VOLUME USER STOPSIGNAL ENTRYPOINT CMD"
    assert {name for name, _ in DOCKERFILE} <= set(known.split())


def test_the_image_has_a_python_that_bulkcase_supports() -> None:
    """Both stages have the same one, by tag, and pyproject.toml names it."""
    ((image, *_), *others) = said("FROM", DOCKERFILE)
    assert [words[0] for words in others] == [image]
    (version,) = re.findall(r"^python:(3\.\d+)-slim$", image)
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"Programming Language :: Python :: {version}" in project["classifiers"]


def test_the_image_never_runs_as_root_and_ends_by_a_signal_that_bulkcase_hears() -> None:
    """The last user is a number, so that Kubernetes can check it, and nothing is run after it."""
    ((user,),) = said("USER")
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user)
    assert [name for name, _ in FINAL][-4:] == ["USER", "STOPSIGNAL", "ENTRYPOINT", "CMD"]
    assert said("STOPSIGNAL") == [["SIGTERM"]]


def test_the_image_keeps_its_state_in_a_volume() -> None:
    """Home, where ledger and locks are, is the volume, and the job's reports are in it."""
    assert said("VOLUME") == [[HOME]]
    assert environment()["HOME"] == HOME
    assert f"--home-dir {HOME}" in " ".join(said("RUN")[0])
    assert f'directory = "{HOME}/reports"' in text_of("nightly.toml")


def test_there_is_no_secret_in_the_image() -> None:
    """No argument or variable carries one, and only what the build needs is copied."""
    text = text_of("Dockerfile").lower()
    instructions = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    assert not re.search(r"secret|token|password|\barg\b", instructions)


def test_what_is_copied_is_there_and_let_through_and_nothing_else_is() -> None:
    """The list of what the builder sees has each source, and no job, data or test."""
    sources = {word for words in said("COPY", DOCKERFILE) if "--from=build" not in words for word in words[:-1]}
    lines = [line for line in text_of("Dockerfile.dockerignore").splitlines() if line and line[0] != "#"]
    assert lines[0] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == sources
    assert all((PROJECT / source).exists() for source in sources)
    assert any(fnmatch("bulkcase/__pycache__", line.replace("**", "*")) for line in lines[1:])


def test_the_build_has_what_the_package_is_made_of() -> None:
    """What pyproject.toml refers to is copied before pip runs."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    copied = {word for words in said("COPY", DOCKERFILE)[:2] for word in words[:-1]}
    needed = {project["project"]["readme"], *project["project"]["license-files"], "pyproject.toml"}
    assert copied == needed | set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])


def test_the_command_that_the_dockerfile_shows_sends_the_rows(machine: Machine) -> None:
    """The entry point with the arguments of its `docker run`, in its folder and with its home."""
    (arguments,) = re.findall(r"bulkcase:[\d.]+ (run .*)", text_of("Dockerfile"))
    ((folder,),) = said("WORKDIR")
    secret = SandboxSettings().client_secret
    done = machine.run(*said("ENTRYPOINT")[0], *arguments.split(), folder=folder, KORE_CLIENT_SECRET=secret)
    assert done.returncode == 0, done.stderr
    assert machine.outcomes() == {"updated": 3}


def test_the_image_without_arguments_shows_its_help(machine: Machine) -> None:
    """Entry point and default arguments go together."""
    done = machine.run(*said("ENTRYPOINT")[0], *said("CMD")[0])
    assert done.returncode == 0
    assert "Usage" in done.stdout


@pytest.mark.parametrize("version", ["1.31", "1.34"])
def test_kubernetes_takes_the_file(version: str) -> None:
    """Each object is valid by the schema of Kubernetes, unknown keys refused."""
    validate: Any = import_module("kubernetes_validate").validate
    for document in (CONFIG_MAP, CLAIM, CRON_JOB):
        assert validate(document, version, strict=True) == version


def test_what_the_cron_job_refers_to_exists() -> None:
    """Each volume is mounted, the claim and the job are those of the file, and the secret is not in it."""
    volumes = {volume["name"]: volume for volume in POD["volumes"]}
    assert volumes.keys() == {mount["name"] for mount in CONTAINER["volumeMounts"]}
    assert volumes["job"]["configMap"]["name"] == CONFIG_MAP["metadata"]["name"]
    assert volumes["state"]["persistentVolumeClaim"]["claimName"] == CLAIM["metadata"]["name"]
    assert {mount["mountPath"] for mount in CONTAINER["volumeMounts"] if not mount.get("readOnly")} == {HOME, "/tmp"}
    assert [(one["name"], "value" in one) for one in CONTAINER["env"]] == [("KORE_CLIENT_SECRET", False)]


def test_the_job_of_the_config_map_is_that_of_the_other_schedules() -> None:
    """One job for all of them, to the letter."""
    assert CONFIG_MAP["data"] == {"nightly.toml": text_of("nightly.toml")}


def test_one_night_at_a_time_without_root_and_with_time_to_end() -> None:
    """Two pods never share the ledger, and none is killed while calls in flight are let finish."""
    assert CRON_JOB["spec"]["concurrencyPolicy"] == "Forbid"
    assert CLAIM["spec"]["accessModes"] == ["ReadWriteOncePod"]
    assert POD["terminationGracePeriodSeconds"] >= 3 * GRACE
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert [f"{POD['securityContext'][name]}" for name in ("runAsUser", "runAsGroup")] == said("USER")[0][0].split(":")
    assert CONTAINER["securityContext"]["readOnlyRootFilesystem"] is True


def test_each_exit_code_that_kubernetes_sees_has_a_rule(machine: Machine) -> None:
    """Of all codes of bulkcase, nightly.sh makes 0 of two, and each other one is in one rule."""
    seen = set()
    for code in sorted(exit_codes()):
        machine.fake(code)
        seen.add(machine.run(*CONTAINER["command"], *CONTAINER["args"], BULKCASE_WAIT="0").returncode)
    rules = [
        (rule["action"], rule["onExitCodes"]["values"])
        for rule in JOB["podFailurePolicy"]["rules"]
        if "onExitCodes" in rule
    ]
    assert sorted(code for _, values in rules for code in values) == sorted(seen - {0})
    assert dict(rules) == {"FailJob": [1, 2, 3], "Count": [4, 6, 130]}
    assert exit_codes() - seen == {5}
    assert POD["restartPolicy"] == "Never"


@pytest.mark.parametrize("shell", SHELLS[:1])
def test_what_the_container_runs_sends_the_rows(machine: Machine, shell: str) -> None:
    """Its command works with the job where the ConfigMap is mounted, and leaves nothing outside of its volumes."""
    (machine.place("/srv/bulkcase") / "nightly.toml").rename(machine.place("/etc/bulkcase") / "nightly.toml")
    words = [machine.moved(word) for word in (*CONTAINER["command"], *CONTAINER["args"])]
    before = set(machine.root.rglob("*"))
    done = machine.run(shell, "-c", 'exec "$@"', shell, *words, KORE_CLIENT_SECRET=SandboxSettings().client_secret)
    assert done.returncode == 0, done.stderr
    assert orjson.loads(done.stdout)["exit_code"] == 0
    assert all(file.is_relative_to(machine.place(HOME)) for file in set(machine.root.rglob("*")) - before)
