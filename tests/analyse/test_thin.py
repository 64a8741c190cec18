"""Thin readings: what of a candidate other incidents may ask for."""

from collections.abc import Mapping
from itertools import product

import pytest

from scanner.analyse.linking import link_messages
from scanner.analyse.reading import Reading, read_message
from scanner.analyse.surroundings import joint_kinds
from scanner.analyse.thin import make_thin
from tests.analyse.sources import MINUTE, NOON, POLICY, classify, mail, people

BEGINS, GOES_ON = {"thread-index": "Ac" + "A" * 28}, {"thread-index": "Ac" + "A" * 34}
FIELDS: tuple[Mapping[str, str], ...] = ({}, {"in-reply-to": "<1@quay.example>"}, BEGINS, GOES_ON)


@pytest.mark.parametrize(
    "prefix", ["Rappel : ", "R: Rappel : ", "Re: Rappel : ", "VS: Fwd: ", "Re: Sorry: ", "Recall: "]
)
def test_linking_of_thin_readings_is_linking(prefix: str) -> None:
    """Whatever the fields bear out, within hours under the same subject, or later under another."""
    for fields, (title, later) in product(FIELDS, [("Camp", 20 * MINUTE), ("Assembly", 900 * MINUTE)]):
        messages = [mail("Camp", to=people(6)), mail(prefix + title, to=people(6), at=NOON + later, fields=fields)]
        full = [read_message(message, POLICY, classify) for message in messages]
        thin = [make_thin(number, reading, None, (0, False), 0).reading for number, reading in enumerate(full)]

        assert _linked(thin) == _linked(full)


def _linked(readings: list[Reading]) -> list[object]:
    links = link_messages(readings, POLICY.window_days)
    kinds = [joint_kinds(readings, links, number) for number in range(len(links.clusters))]
    return [links.clusters, links.takes_back, links.repeats, links.batches, links.quiet_recalls, kinds]
