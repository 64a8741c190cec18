"""
Outlook's .msg files, written for tests: MS-OXMSG within MS-CFB, as little of both as readers need.

No library on PyPI writes them. Only version 3 files with 512-byte sectors,
and properties that Outlook itself writes for sent mail.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

SECTOR, MINI, CUTOFF = 512, 64, 4096
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
_NOTHING = 0xFFFFFFFF

Tree = Mapping[str, "bytes | Tree"]


@dataclass
class _Node:
    name: str
    content: bytes | None
    kids: list[int] = field(default_factory=list)
    left: int = _NOTHING
    right: int = _NOTHING
    child: int = _NOTHING
    start: int = _END
    size: int = 0


def compound_file(tree: Tree) -> bytes:
    """Return a compound file of these streams (bytes) and storages (mappings)."""
    nodes = [_Node("Root Entry", None)]
    _add(nodes, 0, tree)
    sectors: list[bytes] = []
    fat: list[int] = []

    def store(content: bytes) -> int:
        start = len(sectors)
        pieces = [content[place : place + SECTOR].ljust(SECTOR, b"\0") for place in range(0, len(content), SECTOR)]
        for place, piece in enumerate(pieces):
            sectors.append(piece)
            fat.append(start + place + 1 if place + 1 < len(pieces) else _END)
        return start if pieces else _END

    mini, mini_fat = bytearray(), []
    for node in nodes[1:]:
        if node.content is None:
            continue
        node.size = len(node.content)
        if node.size >= CUTOFF:
            node.start = store(node.content)
        elif node.size:
            node.start = len(mini) // MINI
            count = -(-node.size // MINI)
            mini += node.content.ljust(count * MINI, b"\0")
            mini_fat += [*range(node.start + 1, node.start + count), _END]
    nodes[0].start, nodes[0].size = store(bytes(mini)), len(mini)
    mini_start = store(
        struct.pack(f"<{len(mini_fat)}I", *mini_fat).ljust(-(-len(mini_fat) * 4 // SECTOR) * SECTOR, b"\xff")
    )
    directory = b"".join(_entry(node, is_root=place == 0) for place, node in enumerate(nodes))
    directory_start = store(directory.ljust(-(-len(directory) // SECTOR) * SECTOR, b"\0"))
    fat_count = 1
    while fat_count * SECTOR // 4 < len(fat) + fat_count:
        fat_count += 1
    fat_start = len(fat)
    fat += [_FAT] * fat_count
    fat += [_FREE] * (fat_count * SECTOR // 4 - len(fat))
    sectors += [struct.pack("<128I", *fat[place : place + 128]) for place in range(0, len(fat), 128)]
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        0x3E, 3, 0xFFFE, 9, 6, 0, fat_count, directory_start, 0, CUTOFF,
        mini_start, -(-len(mini_fat) * 4 // SECTOR), _END, 0,
    )  # fmt: skip
    places = [*range(fat_start, fat_start + fat_count)]
    header += struct.pack("<109I", *places, *[_FREE] * (109 - len(places)))
    return header + b"".join(sectors)


def _add(nodes: list[_Node], parent: int, tree: Tree) -> None:
    # MS-CFB, 2.6.4: siblings are sorted by the length of their names, then by the names.
    kids = []
    for name in sorted(tree, key=lambda one: (len(one), one.upper())):
        content = tree[name]
        nodes.append(_Node(name, content if isinstance(content, bytes) else None))
        kids.append(len(nodes) - 1)
        if not isinstance(content, bytes):
            _add(nodes, len(nodes) - 1, content)
    nodes[parent].child = _balanced(nodes, kids)


def _balanced(nodes: list[_Node], kids: Sequence[int]) -> int:
    if not kids:
        return _NOTHING
    middle = len(kids) // 2
    nodes[kids[middle]].left = _balanced(nodes, kids[:middle])
    nodes[kids[middle]].right = _balanced(nodes, kids[middle + 1 :])
    return kids[middle]


def _entry(node: _Node, *, is_root: bool) -> bytes:
    name = node.name.encode("utf-16-le")
    kind = 5 if is_root else 1 if node.content is None else 2
    return struct.pack(
        "<64sHBBIII16x4x8x8xIQ",
        name, len(name) + 2, kind, 1, node.left, node.right, node.child, node.start, node.size,
    )  # fmt: skip


def _properties(values: Mapping[int, object], header: bytes) -> dict[str, bytes]:
    """Return the streams of a set of properties: str, bytes, int or datetime by property id."""
    streams: dict[str, bytes] = {}
    rows = header
    for number, value in sorted(values.items()):
        if isinstance(value, str):
            kind, content = 0x001F, value.encode("utf-16-le")
        elif isinstance(value, bytes):
            kind, content = 0x0102, value
        elif isinstance(value, datetime):
            ticks = int((value - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10_000_000
            rows += struct.pack("<HHIQ", 0x0040, number, 6, ticks)
            continue
        else:
            rows += struct.pack("<HHIII", 0x0003, number, 6, value, 0)
            continue
        streams[f"__substg1.0_{number:04X}{kind:04X}"] = content
        rows += struct.pack("<HHIII", kind, number, 6, len(content), 0)
    return {**streams, "__properties_version1.0": rows}


Attachment = bytes | Mapping[int, object]
"""Its content, or its properties; a message's content is an `Embedded`."""


@dataclass(frozen=True)
class Embedded:
    """A message within the message: properties, rows of the table of recipients, attached contents."""

    properties: Mapping[int, object]
    recipients: Sequence[Mapping[int, object]] = ()
    attachments: Sequence["Attachment | Embedded"] = ()


def msg_file(
    properties: Mapping[int, object],
    recipients: Sequence[Mapping[int, object]] = (),
    attachments: Sequence[Attachment | Embedded] = (),
) -> bytes:
    """Return a .msg file with these properties, rows of the table of recipients, and attached contents."""
    return compound_file(_message(Embedded(properties, recipients, attachments), struct.Struct("<8xIIII8x")))


def _message(message: Embedded, header: struct.Struct) -> Tree:
    recipients, attachments = message.recipients, message.attachments
    tree: dict[str, bytes | Tree] = {}
    tree |= _properties(message.properties, header.pack(len(recipients), len(attachments), len(recipients), 0))
    for number, row in enumerate(recipients):
        tree[f"__recip_version1.0_#{number:08X}"] = _properties(row, bytes(8))
    for number, content in enumerate(attachments):
        if isinstance(content, Embedded):
            # MS-OXMSG, 2.4.1.2: without the 8 reserved bytes at the end.
            inner: dict[str, bytes | Tree] = {"__substg1.0_3701000D": _message(content, struct.Struct("<8xIIII"))}
            tree[f"__attach_version1.0_#{number:08X}"] = inner | _properties({0x3705: 5}, bytes(8))
            continue
        values = {0x3701: content} if isinstance(content, bytes) else content
        tree[f"__attach_version1.0_#{number:08X}"] = _properties(values, bytes(8))
    return tree


def sent_msg(
    to: Sequence[tuple[str, str]] = (("Ada", "ada@example.org"), ("Ben", "ben@example.net")),
    *,
    bcc: Sequence[tuple[str, str]] = (),
    headers: str = "",
    more: Mapping[int, object] | None = None,
    attachments: Sequence[Attachment | Embedded] = (),
) -> bytes:
    """Return a sent message as Outlook keeps it: (name, address) in a table, and no header unless one is given."""
    properties: dict[int, object] = {
        0x001A: "IPM.Note",
        0x0037: "Evening",
        0x0039: datetime(2025, 3, 3, 9, 0, tzinfo=UTC),
        0x0042: "Office",
        0x0065: "/O=CORP/OU=X/CN=RECIPIENTS/CN=OFFICE",
        0x5D02: "office@corp.example",
        0x0E06: datetime(2025, 3, 3, 9, 0, 4, tzinfo=UTC),
        0x0E07: 1,
        0x1035: "<m1@corp.example>",
    }
    if headers:
        properties[0x007D] = headers
    rows = [
        {0x0C15: kind, 0x3001: name, 0x3002: "SMTP", 0x3003: address, 0x39FE: address}
        for kind, people in ((1, to), (3, bcc))
        for name, address in people
    ]
    return msg_file(properties | dict(more or {}), rows, attachments)
