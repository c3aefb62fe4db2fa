"""From event to sentence (事件说明): each app says in `<app>/presenters.py` how its events read."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sealreg.audit.actors import actor_words
from sealreg.audit.models import AuditEvent

Sentence = str | Promise | Callable[[AuditEvent], str]

_sentences: dict[str, Sentence] = {}


class _Words(dict[str, object]):
    """A fact that an old row lacks reads as a dash, for history must stay readable after the sentence has grown."""

    def __missing__(self, key: str) -> str:
        return "—"


def register(event: str, sentence: Sentence) -> None:
    """Say how an event reads (登记说明).

    sentence: a lazy text with %(actor)s, %(subject)s and %(name of a fact)s, or a function of the row.
    Raises ValueError when the event already has one.
    """
    if event in _sentences:
        raise ValueError(f"the event {event} already has a presenter")
    _sentences[event] = sentence


def has_presenter(event: str) -> bool:
    """Whether an event can be read by a person (是否已有说明)."""
    return event in _sentences


def known_events() -> list[str]:
    """Every event that has a presenter (已知事件), in order of name."""
    return sorted(_sentences)


def sentence_for(event: AuditEvent) -> str:
    """What happened, as one sentence in the reader's language (事件说明). Unknown events are named as stored."""
    sentence = _sentences.get(event.event, _("%(actor)s：%(event)s（%(subject)s）"))
    if callable(sentence) and not isinstance(sentence, Promise):
        return sentence(event)
    words = _Words(event.facts)
    words |= {"actor": actor_words(event.actor_name), "subject": event.subject_id, "event": event.event}
    return str(sentence) % words
