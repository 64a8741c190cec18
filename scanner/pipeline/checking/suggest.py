"""
Suggestions for `[organisation]`: which domains and addresses sent the mail.

Nothing is ever added by itself: a domain that counts as inside takes its
people out of every figure, so a person copies what is right.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from scanner.addresses import make_classifier
from scanner.addresses.host import is_consumer_host, organisation_of, parents_of
from scanner.config import Settings
from scanner.crawl.account import AccountCrawl
from scanner.crawl.source.crawl import SourceCrawl
from scanner.errors import ScannerError, StoreMissingError
from scanner.model import Account, AddressKey, Policy, Progress, UnscannedSender
from scanner.pipeline.analysing.insight import Insight
from scanner.pipeline.reaching.credential import Credentials
from scanner.store.engine import disposing, open_engine, snapshot, store_errors
from scanner.store.results import latest_analysis
from scanner.store.senders import recipient_counts, sender_counts
from scanner.uids import Ranges

_FIRST_MAIL = 500
"""Newest messages of a sent mailbox that are read when there is no store yet."""

_LIKELY_PERCENT, _LIKELY_MESSAGES = 1, 10

Key = Literal["domains", "addresses", "sister_domains"]


@dataclass(frozen=True, slots=True)
class SenderDomain:
    """One domain that stands in From."""

    host: str
    messages: int
    standing: str
    """The rule that classes it under the settings: `domain corp.example`, `no own domain` …"""

    is_inside: bool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One value that a person may want to copy into `[organisation]`."""

    key: Key
    value: str
    messages: int
    """That it sent; for a sister domain, that went to it."""

    why: str
    is_likely: bool
    """It sent at least one in a hundred of the messages, and ten; what sent less may be mail of others."""


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What the mail suggests."""

    origin: Literal["store", "accounts"]
    """Where the mail was counted: all that is stored, or the newest mail of each account."""

    senders: tuple[SenderDomain, ...]
    """By (-messages, host)."""

    suggestions: tuple[Suggestion, ...]
    """By key, then (-messages, value)."""

    failed: tuple[ScannerError, ...]
    """Accounts that could not be read."""

    not_scanned: tuple[UnscannedSender, ...] = ()
    """Own addresses that wrote stored mail and belong to no scanned account; none before the first analysis."""


def suggest(settings: Settings, *, prompt: Callable[[str], str] | None, progress: Progress) -> Suggestions:
    """
    Count who sent the mail, in the store or, when it holds none, in the newest mail of each account.

    Args:
        settings: Who counts as inside so far, which store and accounts.

        prompt: Asks for a password; None = there is nobody to ask.

        progress: Told about waits.

    Raises:
        StoreError: The store cannot be read.
    """
    senders, recipients = _stored(settings)
    origin: Literal["store", "accounts"] = "store"
    failed: list[ScannerError] = []
    if not senders:
        origin = "accounts"
        credentials = Credentials(settings, prompt=prompt, tell=progress.say)
        accounts = list(enumerate(settings.accounts(), 1))
        credentials.ask_first(accounts)
        for number, account in accounts:
            try:
                sent, received = _first_mail(number, account, credentials.of(account), progress)
            except ScannerError as error:
                failed.append(error)
                continue
            senders += sent
            recipients += received
    policy = settings.to_policy()
    found = sorted(_suggestions(senders, recipients, policy), key=lambda one: (one.key, -one.messages, one.value))
    not_scanned = _not_scanned(settings, policy) if origin == "store" else ()
    return Suggestions(origin, _sender_domains(senders, policy), tuple(found), tuple(failed), not_scanned)


def _not_scanned(settings: Settings, policy: Policy) -> tuple[UnscannedSender, ...]:
    engine = open_engine(settings.store_url, read_only=True)
    with disposing(engine), store_errors(engine.url), snapshot(engine) as connection:
        run = latest_analysis(connection)
        return tuple(Insight(connection, run, policy).senders_not_scanned) if run is not None else ()


def _stored(settings: Settings) -> tuple[Counter[str], Counter[str]]:
    try:
        engine = open_engine(settings.store_url, read_only=True)
    except StoreMissingError:
        return Counter(), Counter()
    with disposing(engine), store_errors(engine.url), snapshot(engine) as connection:
        senders = sender_counts(connection)
        return senders, recipient_counts(connection) if senders else Counter()


def _first_mail(
    number: int, account: Account, credential: Callable[[], str], progress: Progress
) -> tuple[Counter[str], Counter[str]]:
    where = f"account {number}"
    crawl: AccountCrawl | SourceCrawl
    if account.source:
        crawl = SourceCrawl(account, where=where, progress=progress, former=lambda _: None)
    else:
        crawl = AccountCrawl(account, credential, where=where, progress=progress)
    senders: Counter[str] = Counter()
    recipients: Counter[str] = Counter()
    try:
        for mailbox in crawl.find_mailboxes():
            if not mailbox.in_scope or mailbox.role != "sent":
                continue
            opened, listed = crawl.open(mailbox)
            for batch in crawl.batches(mailbox, opened, _newest(listed)):
                for message in batch.messages:
                    senders.update({entry.key for field, entry in message.senders if field == "from" and entry.key})
                    recipients.update({entry.key for _, entry in message.recipients if entry.key})
    finally:
        crawl.close()
    return senders, recipients


def _newest(listed: Ranges) -> Ranges:
    wanted: list[tuple[int, int]] = []
    left = _FIRST_MAIL
    for low, high in reversed(listed):
        first = max(low, high - left + 1)
        wanted.append((first, high))
        left -= high - first + 1
        if not left:
            break
    return tuple(reversed(wanted))


def _sender_domains(senders: Counter[str], policy: Policy) -> tuple[SenderDomain, ...]:
    classify = make_classifier(policy)
    hosts: Counter[str] = Counter()
    example: dict[str, str] = {}
    for key, messages in sorted(senders.items()):
        host = _host(key)
        hosts[host] += messages
        example.setdefault(host, key)
    found = []
    for host, messages in hosts.items():
        # By a local part that no rule knows, so that the domain itself is classed.
        answer = classify(AddressKey(f"nobody-of-this-name@{host}")) if host else classify(AddressKey(example[host]))
        found.append(SenderDomain(host or "(no host)", messages, answer.rule, answer.kind == "inside"))
    return tuple(sorted(found, key=lambda one: (-one.messages, one.host)))


def _suggestions(senders: Counter[str], recipients: Counter[str], policy: Policy) -> Iterator[Suggestion]:
    classify = make_classifier(policy)
    enough = max(_LIKELY_MESSAGES, senders.total() * _LIKELY_PERCENT // 100)
    hosts: Counter[str] = Counter()
    for key, messages in senders.items():
        host = _host(key)
        if classify(AddressKey(key)).kind != "outside" or not host:
            continue
        if is_consumer_host(host):
            why = "an address at a private provider that stands in From of sent mail"
            yield Suggestion("addresses", key, messages, why, messages >= enough)
        else:
            hosts[host] += messages
    own = set(policy.domains)
    for host in sorted(hosts):
        # Sub-domains are included wherever a domain is.
        above = [parent for parent in parents_of(host)[1:] if parent in hosts]
        if not above:
            total = sum(number for other, number in hosts.items() if host in parents_of(other))
            twin = _twin_of(host, policy.domains)
            why = f"by its name Microsoft's domain of {twin}" if twin else "stands in From of sent mail"
            is_likely = total >= enough
            own.update([host] if is_likely else [])
            yield Suggestion("domains", host, total, why, is_likely)
    yield from _by_name(recipients, own, hosts, policy)


def _by_name(
    recipients: Counter[str], own: Iterable[str], senders: Iterable[str], policy: Policy
) -> Iterator[Suggestion]:
    """Yield domains that were written to and whose name is like an own one: a tenant's, or a sister's."""
    known = {*own, *senders, *policy.sister_domains}
    organisations: Counter[str] = Counter()
    for key, messages in recipients.items():
        host = _host(key)
        if host and not known.intersection(parents_of(host)) and not is_consumer_host(host):
            organisations[organisation_of(host)] += messages
    names = {_name(domain): domain for domain in sorted(own)}
    for domain, messages in organisations.items():
        if twin := _twin_of(domain, own):
            why = f"by its name Microsoft's domain of {twin}; it was written to"
            yield Suggestion("domains", domain, messages, why, is_likely=False)
        elif like := _alike(_name(domain), names):
            why = f"looks like {like}: a sister, or a stranger or misspelling that must not be added"
            yield Suggestion("sister_domains", domain, messages, why, is_likely=False)


def _twin_of(domain: str, own: Iterable[str]) -> str:
    """Return the own domain whose tenant *.onmicrosoft.com seems to be, "" for none."""
    tenant, dot, rest = domain.partition(".")
    if not dot or not rest.startswith("onmicrosoft."):
        return ""
    plain = tenant.replace("-", "")
    for one in sorted(own):
        name = _name(one).replace("-", "")
        if not one.partition(".")[2].startswith("onmicrosoft.") and (
            plain == name or (len(name) >= 4 and (plain.startswith(name) or plain == one.replace(".", "")))
        ):
            return one
    return ""


def _alike(name: str, names: dict[str, str]) -> str:
    """Return the own domain whose name is the same under another ending, is part of this one, or one letter off."""
    if name in names:
        return names[name]
    for own, domain in names.items():
        is_part = len(own) >= 4 and own in name.split("-")
        if is_part or (len(own) >= 5 and _is_one_off(own, name)):
            return domain
    return ""


def _is_one_off(one: str, other: str) -> bool:
    """Tell whether one letter more, less or other, or two exchanged, makes one text of the other."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, others = one[start:], other[start:]
    return (
        rest[1:] == others[1:]
        or rest[1:] == others
        or rest == others[1:]
        or (rest[:2] == others[1::-1] and rest[2:] == others[2:])
    )


def _name(domain: str) -> str:
    """Return the first label of an organisation's domain: its name without the ending."""
    return organisation_of(domain).partition(".")[0]


def _host(key: str) -> str:
    return key.rpartition("@")[2] if "@" in key else ""
