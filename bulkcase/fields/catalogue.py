"""The body of updateCase as the vendor's documentation lists it, field by field.

Where the documents contradict themselves both spellings are here: the table says `lid`, every sample says `iId`.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final


class Kind(Enum):
    """What the API takes for a field; the value is what messages call it."""

    TEXT = "a text"
    ISO_DATE = "an ISO date"
    NUMBER = "a number"
    MILLISECONDS = "a date-time in milliseconds"
    LIST = "a list"
    TEXTS = "a list of texts"
    OBJECT = "an object"
    BOOLEAN = "true or false"


_BY_KIND: Final = {
    Kind.TEXT: (
        *("name", "lname", "desc", "caseTmp", "accountId", "lid", "iId", "orgId", "language", "source"),
        *("conversationType", "refId", "assigneeType"),
    ),
    Kind.ISO_DATE: ("createdAt", "updatedAt", "ETA"),
    Kind.NUMBER: ("timestampValue",),
    Kind.MILLISECONDS: ("dueDate",),
    Kind.LIST: (
        *("sessIds", "convIds", "fields", "participants", "queues", "taskIds", "attachments", "feedback"),
        *("activityIds", "commentIds", "resolutionCmts", "channel"),
    ),
    Kind.TEXTS: ("tags",),
    Kind.OBJECT: ("userInfo", "status", "priority", "createdBy", "updatedBy", "currAssignee"),
    Kind.BOOLEAN: ("isActive", "isBreached", "supportCustomTasks"),
}

FIELDS: Final[Mapping[str, Kind]] = MappingProxyType({name: kind for kind, names in _BY_KIND.items() for name in names})
"""Every field that updateCase documents, and its kind."""

SHOWN_ONLY: Final = frozenset({"_id", "currQueue", "tasks"})
"""What a case shows and updateCase does not document: it cannot be sent."""

READ_ONLY: Final = SHOWN_ONLY | {
    *("refId", "createdAt", "createdBy", "updatedAt", "updatedBy", "timestampValue", "activityIds", "commentIds"),
    *("taskIds", "isBreached", "lname", "accountId", "iId", "lid", "orgId", "caseTmp"),
}
"""What the server derives or owns, by prudence: sent only where a job allows it by name."""
