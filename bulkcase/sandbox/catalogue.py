"""What an account has beside its cases: statuses, priorities, people, queues, and words to fill cases with."""

from collections.abc import Iterable
from typing import Any

from bulkcase.sandbox.chance import Draws


def object_id(prefix: str, *parts: object) -> str:
    """Return an id such as `sts-…` that depends on nothing but the parts."""
    return f"{prefix}-{Draws(prefix, *parts).uuid()}"


def _status(name: str, category: str, desc: str) -> dict[str, Any]:
    return {
        "_id": object_id("sts", name),
        "name": name,
        "lname": name.lower(),
        "statusCategory": category,
        "type": "system",
        "desc": desc,
        "isEnabled": True,
        "isActive": True,
    }


def _priority(name: str, score: int, color: str, desc: str) -> dict[str, Any]:
    return {
        "_id": object_id("pr", name),
        "name": name,
        "lname": name.lower(),
        "type": "system",
        "desc": desc,
        "color": color,
        "isEnabled": True,
        "isActive": True,
        "score": score,
    }


def _by_name(objects: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {item["name"]: item for item in objects}


STATUSES = _by_name(
    [
        _status("Open", "open", "Nobody has worked on it yet"),
        _status("In Progress", "open", "Somebody works on it"),
        _status("On Hold", "open", "Waits for somebody outside"),
        _status("Resolved", "closed", "Solved, not yet confirmed"),
        _status("Closed", "closed", "Nothing is left to do"),
    ]
)
"""The statuses of the sandbox's account, whole, by name. The category of the closed ones is invented."""

PRIORITIES = _by_name(
    [
        _priority("Low", 1, "#3b82f6", "Can wait"),
        _priority("Medium", 2, "#eab308", "Moderate urgency"),
        _priority("High", 3, "#f97316", "Needs attention today"),
        _priority("Critical", 4, "#dc2626", "Needs attention now"),
    ]
)
"""The priorities of the sandbox's account, whole, by name."""

REGIONS = ("North", "South", "East", "West", "Central")
"""The values of the custom field Region."""

CHANNELS = ("email", "chat", "voice", "web", "whatsapp")

TAGS = ("billing", "refund", "delivery", "vip", "follow-up", "damaged", "warranty", "login")

TOPICS = (
    ("Refund not received", "The customer returned the goods and still waits for the refund."),
    ("Parcel arrived damaged", "The box was open and one item is broken; photos are attached."),
    ("Wrong item delivered", "The customer received another size than ordered."),
    ("Invoice shows wrong amount", "The discount of the offer is missing on the invoice."),
    ("Cannot sign in", "The reset link leads to an error page."),
    ("Delivery is late", "The parcel has been in the same depot for a week."),
    ("Charged twice", "The card statement shows the same payment two times."),
    ("Warranty claim", "The device stopped working after seven months."),
    ("Change of address", "The customer moves before the delivery date."),
    ("Cancel subscription", "The customer wants to leave at the end of the month."),
    ("Missing accessory", "The charger was not in the box."),
    ("Question about the contract", "The customer asks which notice period applies."),
)
"""Titles of cases with what is behind them."""

_FIRST_NAMES = ("Ada", "Bruno", "Chen", "Dalia", "Emre", "Freya", "Goran", "Hana", "Ivo", "Zoë")
_LAST_NAMES = ("Abara", "Brandt", "Castillo", "Duarte", "Eriksen", "Fujita", "Grünwald", "Haddad", "Ito", "Jansen")
_ASCII = str.maketrans({"ë": "e", "ü": "ue"})


def _person(prefix: str, name: str) -> dict[str, Any]:
    address = name.translate(_ASCII).lower().replace(" ", ".")
    return {"_id": object_id(prefix, name), "name": name, "emailId": f"{address}@example.com"}


CUSTOMERS = tuple(_person("cst", f"{first} {last}") for first in _FIRST_NAMES for last in _LAST_NAMES)

AGENTS = tuple(_person("u", name) for name in ("Agent Amber", "Agent Birch", "Agent Cedar", "Agent Dogwood"))

QUEUES = tuple({"_id": object_id("qu", name), "name": name} for name in ("Billing", "Logistics", "Technical"))
