"""The embedded server that behaves like the Case Management API, for demos, tests and rehearsals."""

from bulkcase.sandbox.api import Call
from bulkcase.sandbox.cases import cases_for_keys, generate_cases
from bulkcase.sandbox.catalogue import PRIORITIES, STATUSES
from bulkcase.sandbox.faults import Fault
from bulkcase.sandbox.server import Sandbox
from bulkcase.sandbox.settings import SandboxSettings

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
