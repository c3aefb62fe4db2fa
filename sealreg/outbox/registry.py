"""Who receives what (订阅登记): a receiving app subscribes in its module `subscriptions`, loaded at the start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sealreg.database.canonical import PlainJSON


@dataclass(slots=True)
class Delivery:
    """What a handler is given (投递内容).

    key: idempotency key to hand to the receiver. timeout: seconds the handler may take in all. token: grows with every
    attempt, for receivers that fence. reference: the handler writes the receiver's receipt number here.
    """

    key: str
    topic: str
    record: tuple[str, str]
    version: int
    payload: Mapping[str, PlainJSON]
    sha256: str
    attempt: int
    token: int
    timeout: float
    reference: str = field(default="")


Handler = Callable[[Delivery], None]


@dataclass(frozen=True, slots=True)
class Policy:
    """How hard to try (重试策略). Times in seconds; the lease must outlast one call, the relay checks it."""

    max_attempts: int = 24
    first_delay: float = 1.0
    longest_delay: float = 3600.0
    timeout: float = 15.0
    lease: float = 60.0
    batch: int = 20

    def __post_init__(self) -> None:
        if not 0 < self.timeout < self.lease:
            raise ValueError("a call must end before its lease does")


@dataclass(frozen=True, slots=True)
class Subscription:
    """One receiver of one topic (订阅)."""

    topic: str
    subscriber: str
    handler: Handler
    policy: Policy


_subscriptions: dict[tuple[str, str], Subscription] = {}


def subscribe(topic: str, subscriber: str, handler: Handler, *, policy: Policy | None = None) -> None:
    """Receive a topic from now on (订阅): what was owed before is not sent again.

    subscriber: stable name, e.g. "ministry"; all its topics share one order per record and one policy.
    Raises ValueError for a second subscription of the same name, or one with another policy.
    """
    if (topic, subscriber) in _subscriptions:
        raise ValueError(f"{subscriber} already subscribes to {topic}")
    chosen = policy or Policy()
    if any(known.policy != chosen for known in _subscriptions.values() if known.subscriber == subscriber):
        raise ValueError(f"{subscriber} has another policy for another topic")
    _subscriptions[topic, subscriber] = Subscription(topic, subscriber, handler, chosen)


def unsubscribe(topic: str, subscriber: str) -> None:
    """End a subscription (退订), for tests and for an agency switched off by configuration."""
    _subscriptions.pop((topic, subscriber), None)


def subscribers_of(topic: str) -> list[str]:
    """Names that receive a topic (接收方), in order of name."""
    return sorted(subscriber for known, subscriber in _subscriptions if known == topic)


def subscribers() -> dict[str, Policy]:
    """Every receiver with its policy (全部接收方)."""
    return {known.subscriber: known.policy for known in _subscriptions.values()}


def handler_of(topic: str, subscriber: str) -> Handler | None:
    """The handler, or None where this process does not know the subscription."""
    known = _subscriptions.get((topic, subscriber))
    return known.handler if known else None
