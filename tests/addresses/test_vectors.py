"""
Fields as mailers, scripts and people wrote them, and whom they address.

Each line of vectors.jsonl is one: `tier` A for what the RFCs decide, B for
what a client would have delivered all the same, C for what names nobody.
`expected` holds keys in order (`name` only where it is not a matter of taste);
`may`, in tier C, what can be reported without being wrong; `unresolved` the
number of texts kept beside; `mentions` whom nobody wrote to; `embed` that the
field can stand between two others.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from scanner.addresses import find_silent_misses, parse_address_list, parse_fully

_VECTORS = [json.loads(line) for line in Path(__file__).with_name("vectors.jsonl").read_text("ascii").splitlines()]
_ADDRESSED = [vector for vector in _VECTORS if vector["tier"] != "C"]
_NOBODY = [vector for vector in _VECTORS if vector["tier"] == "C"]


def _ids(vectors: list[dict[str, Any]]) -> list[str]:
    return [f"{vector['id']}-{vector['about']}".replace(" ", "-") for vector in vectors]


@pytest.mark.parametrize("vector", _ADDRESSED, ids=_ids(_ADDRESSED))
def test_a_vector_addresses_its_people(vector: dict[str, Any]) -> None:
    """Everybody whom the field addresses is found, in order, and nobody else."""
    found = [entry for entry in parse_address_list(vector["field"]) if entry.key is not None]

    assert [entry.key for entry in found] == [entry["key"] for entry in vector["expected"]]
    for entry, expected in zip(found, vector["expected"], strict=True):
        assert entry.display_name == expected.get("name", entry.display_name)


@pytest.mark.parametrize("vector", _NOBODY, ids=_ids(_NOBODY))
def test_nobody_is_invented(vector: dict[str, Any]) -> None:
    """What names nobody gives no recipient."""
    keys = {entry.key for entry in parse_address_list(vector["field"]) if entry.key is not None}

    assert keys <= set(vector["may"])


@pytest.mark.parametrize("vector", _VECTORS, ids=_ids(_VECTORS))
def test_nothing_of_a_vector_is_lost_silently(vector: dict[str, Any]) -> None:
    """Texts that are no address are kept, names and defects told, and the count check is silent."""
    entries = parse_address_list(vector["field"])

    unresolved = [entry for entry in entries if entry.key is None]
    assert len(unresolved) == vector.get("unresolved", len(unresolved))
    assert {entry.key for entry in entries}.isdisjoint(vector.get("mentions", []))
    assert {entry.defect for entry in entries} >= set(vector.get("defects", []))
    assert {entry.group for entry in entries} >= set(vector.get("groups", []))
    assert find_silent_misses(vector["field"], entries) is None


@pytest.mark.parametrize("vector", _VECTORS, ids=_ids(_VECTORS))
def test_all_ways_of_reading_a_vector_agree(vector: dict[str, Any]) -> None:
    """Bytes or text, at the crawler's pace or in full: the entries are the same."""
    text = vector["field"]
    entries = parse_fully(text)

    assert parse_address_list(text) == entries
    assert parse_address_list(text.encode("utf-8", "surrogateescape")) == entries


_EMBEDDED = [vector for vector in _VECTORS if vector.get("embed")]


@pytest.mark.parametrize("vector", _EMBEDDED, ids=_ids(_EMBEDDED))
def test_neighbours_of_a_vector_are_found(vector: dict[str, Any]) -> None:
    """One odd entry never costs another."""
    entries = parse_address_list(f"good1@example.org, {vector['field']}, good2@example.org")

    assert {"good1@example.org", "good2@example.org"} <= {entry.key for entry in entries}
