"""The embedded server that behaves like the Case Management API, for demos, tests and rehearsals.

Names are imported when they are first used: most commands need no server.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bulkcase.sandbox.api import Call
    from bulkcase.sandbox.cases import cases_for_keys, generate_cases
    from bulkcase.sandbox.catalogue import PRIORITIES, STATUSES
    from bulkcase.sandbox.faults import Fault
    from bulkcase.sandbox.server import Sandbox
    from bulkcase.sandbox.settings import SandboxSettings

_HOMES = {
    "PRIORITIES": "catalogue",
    "STATUSES": "catalogue",
    "Call": "api",
    "Fault": "faults",
    "Sandbox": "server",
    "SandboxSettings": "settings",
    "cases_for_keys": "cases",
    "generate_cases": "cases",
}

__all__ = [
    "PRIORITIES",
    "STATUSES",
    "Call",
    "Fault",
    "Sandbox",
    "SandboxSettings",
    "cases_for_keys",
    "generate_cases",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"bulkcase.sandbox has no {name}")
    return getattr(import_module(f"bulkcase.sandbox.{_HOMES[name]}"), name)
