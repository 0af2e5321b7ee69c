"""Many short runs of one job, each with a few cells changed, some of them killed: what they leave behind."""

import random
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from support.campaign import Proof, Scene
from support.jobs import write_cases
from support.program import SECONDS, killed_after

_CHANGED = 5
"""Cells that are changed for each night."""


def note(night: int) -> str:
    """Return what a cell says since that night: what came later sorts later."""
    return f"on night {night:05}"


@dataclass
class Nights:
    """The nights of a scene so far."""

    scene: Scene
    seed: int
    sizes: list[int] = field(default_factory=list)
    """Bytes of the ledger after each of them."""
    kills: int = 0
    seconds: float = 0.0
    """How long the last one took that was left alone."""
    outcomes: Counter[str] = field(default_factory=Counter)
    lies: list[str] = field(default_factory=list)
    """Rows of which the report of a night said what the server did not have then."""

    def one(self, *, disturbed: bool) -> None:
        """Change a few cells and run the job; kill it at any moment of its life where it is to be disturbed."""
        night = len(self.sizes) + 1
        chance = random.Random(f"{self.seed} {night}")
        changed = set(chance.sample(range(len(self.scene.rows)), _CHANGED))
        rows = self.scene.rows
        self.scene.rows = [(case, note(night) if at in changed else old) for at, (case, old) in enumerate(rows)]
        write_cases(self.scene.folder, self.scene.rows)
        # Of its life, and not of the clock: a night takes longer on one machine than on another.
        moment = chance.uniform(0.1, 1.0) * self.seconds

        def live(_: Scene, process: Any) -> None:
            began = time.monotonic()
            if disturbed:
                self.kills += killed_after(process, moment)
            else:
                process.wait(SECONDS)
                self.seconds = time.monotonic() - began

        ended = self.scene.program(meanwhile=live)
        assert ended.code in ({0, -9} if disturbed else {0}), (night, ended.errors)
        if ended.code == 0:
            self._check()
        self.sizes.append(sum(file.stat().st_size for file in (self.scene.folder / "state").glob("ledger.sqlite3*")))

    def _check(self) -> None:
        for line in self.scene.report():
            case, outcome = line["Case ID"], line["bulkcase_outcome"]
            self.outcomes[outcome] += 1
            if self.scene.server.cases[case]["desc"] != line["Notes"]:
                self.lies.append(f"{case} is said to be {outcome} and has not {line['Notes']}")

    def out_of_order(self) -> list[str]:
        """Return the calls by which a case got a value that it had had already, or an older one."""
        newest, found = dict[str, str](), []
        for call in self.scene.calls:
            assert call.case_id is not None
            if call.applied:
                value = call.body["desc"]
                if value <= newest.get(call.case_id, ""):
                    found.append(f"{call.case_id}: {value} after {newest[call.case_id]}")
                newest[call.case_id] = value
        return found

    def left(self) -> Mapping[str, list[str]]:
        """Return the names of the files beside ledger and reports: what is locked, temporary, or who knows."""
        folder = self.scene.folder
        folders = {"state": folder / "state", "temporary": folder / "tmp", "home": folder / "no-home"}
        return {
            name: sorted(file.suffix or file.name for file in place.rglob("*") if file.is_file())
            for name, place in folders.items()
        }

    def proof(self, fault: str, how: str) -> Proof:
        """Return what came of all nights together."""
        return Proof(
            fault=fault,
            how=how,
            rows=sum(self.outcomes.values()),
            calls=len(self.scene.calls),
            struck=self.kills,
            processes=len(self.scene.ends),
            repeats=len(self.out_of_order()),
            outcomes=dict(self.outcomes),
            lost=len(self.lies),
        )
