"""Which documented field the name of a column means, loosely: case, spaces, punctuation and common other words."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from bulkcase.fields import FIELDS, READ_ONLY


class Rank(IntEnum):
    """How well a name fits a field; the lowest fits best."""

    NEW = 0
    """It says that it has the new value."""
    EXACT = 1
    """It is the name of the field, or the one that people have for it."""
    OTHER = 2
    """Another name of it, which hardly means anything else."""
    MAYBE = 3
    """It may mean the field, or something else."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a name means."""

    field: str
    """A documented field, or a path into one."""
    rank: Rank
    doubt: str = ""
    """Why a person has to say whether it is meant; empty where the name is enough."""
    is_old: bool = False
    """It says that it has the value before."""


_NAMES: Final = (
    ("name", Rank.EXACT, "title, subject"),
    ("name", Rank.OTHER, "heading, topic, betreff, titel, titre, objet, titulo, asunto, titolo, onderwerp"),
    ("name", Rank.MAYBE, "name, summary"),
    ("desc", Rank.EXACT, "description, desc"),
    ("desc", Rank.OTHER, "long description, beschreibung, omschrijving, descripcion, descrizione"),
    ("desc", Rank.MAYBE, "notes, note, details, detail, comments, comment, remarks, text, body"),
    ("desc", Rank.MAYBE, "notizen, bemerkung, bemerkungen, kommentar"),
    ("status", Rank.EXACT, "status"),
    ("status", Rank.OTHER, "statut, stato, estado"),
    ("status", Rank.MAYBE, "state, stage, outcome, zustand"),
    ("priority", Rank.EXACT, "priority, prio"),
    ("priority", Rank.OTHER, "prioritat, prioritaet, priorite, prioridad, priorita, prioriteit"),
    ("priority", Rank.MAYBE, "urgency, severity, dringlichkeit"),
    ("dueDate", Rank.EXACT, "due date, due"),
    ("dueDate", Rank.OTHER, "eta, due at, due by, due on, date due, deadline"),
    ("dueDate", Rank.OTHER, "fallig, faellig, fallig am, faellig am, falligkeit, faelligkeit, falligkeitsdatum"),
    ("dueDate", Rank.OTHER, "faelligkeitsdatum, echeance, vencimiento, fecha de vencimiento, scadenza, vervaldatum"),
    ("dueDate", Rank.MAYBE, "target date, end date, resolve by, due time, frist, termin"),
    ("tags", Rank.EXACT, "tags, tag"),
    ("tags", Rank.OTHER, "labels, label, schlagworter, schlagwoerter, schlagworte, etiquettes, etiquetas, etichette"),
    ("tags", Rank.MAYBE, "keywords"),
    ("isActive", Rank.EXACT, "is active"),
    ("isActive", Rank.MAYBE, "active, enabled, aktiv, actif, activo, attivo, actief"),
    ("currAssignee", Rank.MAYBE, "assignee, assigned to, owner, agent, case owner, assigned agent, handler"),
    ("currAssignee", Rank.MAYBE, "current assignee, curr assignee, responsible, bearbeiter, zustandig, zustaendig"),
    ("queues", Rank.MAYBE, "queue, queues, team, group, assignment group, warteschlange"),
    ("channel", Rank.MAYBE, "channel, channels, kanal, kanale, kanaele, canal"),
    ("userInfo.name", Rank.MAYBE, "customer, customer name, client, client name, contact, contact name, requester"),
    ("userInfo.name", Rank.MAYBE, "reporter, user, user name, kunde, kundenname, cliente, user info name"),
    ("userInfo.emailId", Rank.MAYBE, "email, e mail, mail, email id, email address, customer email, contact email"),
    ("userInfo.emailId", Rank.MAYBE, "user email, requester email, user info email id"),
    ("updatedAt", Rank.OTHER, "last updated, last update, last modified, modified, updated, updated on, changed"),
    ("updatedAt", Rank.OTHER, "changed on, last change, modified on, date modified, geandert am, geaendert am"),
    ("createdAt", Rank.OTHER, "created, created on, date created, creation date, opened, opened at, open date"),
    ("createdAt", Rank.OTHER, "erstellt am, angelegt am"),
    ("createdBy", Rank.OTHER, "creator, author, opened by, erstellt von"),
    ("updatedBy", Rank.OTHER, "modified by, last modified by, changed by, geandert von, geaendert von"),
    ("isBreached", Rank.OTHER, "breached, sla breached"),
    ("timestampValue", Rank.OTHER, "timestamp"),
    ("caseTmp", Rank.OTHER, "template"),
)
"""What people call the fields, those too that the server sets."""

_NEW: Final = frozenset({"new", "neu", "neue", "neuer", "neues", "nuevo", "nueva", "nouveau", "nouvelle"})
_OLD: Final = frozenset({"old", "previous", "former", "before", "alt", "alte", "alter", "altes", "original", "prior"})
_OF_A_CASE: Final = frozenset({"case", "ticket", "issue", "fall", "vorgang"})
_NEVER: Final = frozenset({"fields", "userInfo", "name"})
"""Fields that their own name does not mean: two are made of parts, and a name is a customer's as well."""

_DOUBTS: Final[Mapping[str, str]] = {
    "currAssignee": "it assigns the cases anew, and agents are told",
    "queues": "it moves the cases to other queues",
    "channel": "it says where a case came from, which is seldom changed",
    "userInfo.name": "it changes the customer of the cases",
    "userInfo.emailId": "it changes the customer of the cases",
}
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD: Final = re.compile(r"[^\W_]+")
_LONGEST: Final = 100
"""Characters above which a name is none of these."""


def words_of(name: str) -> list[str]:
    """Return the words of a name in small letters, without accents or punctuation."""
    plain = unicodedata.normalize("NFKD", _CAMEL.sub(" ", name[:_LONGEST]))
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)).casefold())


def named(name: str) -> Named | None:
    """Return the field that a name means; None where it means none that is known."""
    words = words_of(name)
    found = _known(words)
    if found is not None or len(words) < 2:
        return found
    rest = [word for word in words if word not in _NEW | _OLD]
    inner = _known(rest)
    if inner is None or len(rest) == len(words):
        return inner
    if not _OLD.isdisjoint(words):
        return Named(inner.field, Rank.MAYBE, "it says that it has the value before", is_old=True)
    return Named(inner.field, Rank.NEW, inner.doubt)


def may_be(name: str, column: str, field: str) -> bool:
    """Say whether a name has all words of a column that means a field, or of the field, and others beside them."""
    words = set(words_of(name)) - _OF_A_CASE
    sure = [each for of, rank, names in _NAMES if (of, rank) == (field, Rank.EXACT) for each in names.split(", ")]
    found = (set(words_of(each)) - _OF_A_CASE for each in (column, *sure))
    return any(each < words for each in found if each)


def _known(words: list[str]) -> Named | None:
    return _BY_NAME.get("".join(words)) or _BY_NAME.get("".join(word for word in words if word not in _OF_A_CASE))


def _every() -> dict[str, Named]:
    table = {}
    for field in FIELDS:
        if field not in _NEVER:
            doubt = "" if field in READ_ONLY else "it is a field of the documentation that few files set"
            table["".join(words_of(field))] = Named(field, Rank.EXACT, _DOUBTS.get(field, doubt))
    for field, rank, names in _NAMES:
        doubt = "its name may mean something else" if rank is Rank.MAYBE else ""
        for each in names.split(", "):
            table["".join(words_of(each))] = Named(field, rank, _DOUBTS.get(field, doubt))
    return table


_BY_NAME: Final = _every()
