"""alerts.yml: rules in the shape that Prometheus wants, about metrics that bulkcase writes."""

import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.schedules_run import text_of, yaml_of

from bulkcase.model import NEEDS_A_PERSON, Outcome
from bulkcase.reporting.telling.metrics import MetricsOfRun, write_attempt, write_metrics

(GROUP,) = yaml_of(text_of("alerts.yml"))["groups"]
RULES: list[dict[str, Any]] = GROUP["rules"]
NAMES = [rule["alert"] for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_each_rule_has_what_prometheus_wants(rule: dict[str, Any]) -> None:
    """A name, an expression, how bad it is, and a sentence for people; nothing that it does not know."""
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"Bulkcase\w+", rule["alert"])
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert set(rule["annotations"]) == {"summary", "description"}
    assert rule["expr"].count("(") == rule["expr"].count(")")
    assert rule["expr"].count("{") == rule["expr"].count("}")


def test_rules_are_told_apart() -> None:
    """No two have one name."""
    assert len(set(NAMES)) == len(NAMES) >= 4


def written_labels(folder: Path) -> dict[str, set[str]]:
    """Return the metrics that bulkcase writes after a finished run, with the labels that each one has."""
    run = MetricsOfRun("nightly", "sandbox", 0, 1.0, 2.0, 1.0, rows=dict.fromkeys(Outcome, 1), calls={"getCases": 1})
    write_metrics(folder / "bulkcase.prom", run)
    families = text_string_to_metric_families((folder / "bulkcase.prom").read_text(encoding="utf-8"))
    return {sample.name: set(sample.labels) for family in families for sample in family.samples}


def test_rules_are_about_metrics_and_labels_that_bulkcase_writes(tmp_path: Path) -> None:
    """Each name in an expression and each label that is picked or shown is in the textfile of a run."""
    written = written_labels(tmp_path)
    for rule in RULES:
        names = re.findall(r"bulkcase_\w+", rule["expr"])
        assert names
        for name in names:
            picked = re.findall(rf"{name}{{(.*?)}}", rule["expr"])
            labels = re.findall(r"(\w+)\s*(?:=~?|!=|!~)", picked[0]) if picked else []
            shown = re.findall(r"\$labels\.(\w+)", "".join(rule["annotations"].values()))
            assert written[name] >= {*labels, *shown}


def test_the_alerts_that_an_operator_needs_are_there() -> None:
    """No success for a day, an exit code above 1, and no metric at all."""
    by_name = {rule["alert"]: rule["expr"] for rule in RULES}
    assert by_name["BulkcaseNoSuccess"] == "time() - bulkcase_last_success_timestamp_seconds > 26 * 3600"
    assert by_name["BulkcaseStopped"] == "(bulkcase_last_run_exit_code > 1) != 5"
    assert by_name["BulkcaseUnheardOf"].startswith("absent(")


def test_a_job_that_has_never_finished_is_told_of(tmp_path: Path) -> None:
    """There is no last end to count from: the rule is about attempts that have no end beside them."""
    write_attempt(tmp_path / "bulkcase.prom", "nightly", "sandbox", 5, 1.0)
    (rule,) = (rule for rule in RULES if rule["alert"] == "BulkcaseNeverFinished")
    tried, finished = "bulkcase_last_attempt_timestamp_seconds", "bulkcase_last_finished_timestamp_seconds"
    assert rule["expr"] == f"{tried} unless on (job_name, target) {finished}"
    assert rule["for"] == "26h"
    families = text_string_to_metric_families((tmp_path / "bulkcase.prom").read_text(encoding="utf-8"))
    written = {sample.name: set(sample.labels) for family in families for sample in family.samples}
    assert written[tried] == {"job_name", "target"}
    assert finished not in written


def test_rows_that_need_a_person_are_those_of_every_outcome_that_does() -> None:
    """Pending rows have their turn on another night."""
    (rule,) = (rule for rule in RULES if "outcome" in rule["expr"])
    (outcomes,) = re.findall(r'outcome=~"(.*?)"', rule["expr"])
    assert set(outcomes.split("|")) == set(NEEDS_A_PERSON)
