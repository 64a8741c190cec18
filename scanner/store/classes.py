"""Address classes per policy: decided once for each distinct address, then joined in SQL."""

from sqlalchemy import Connection, select, text

from scanner.model import AddressKey, OutsiderTest
from scanner.store.insert import insert_rows
from scanner.store.schema import address, address_class, policy

_COLUMNS = ("policy_id", "address_id", "kind", "outsider", "organisation", "rule", "private", "role", "sister")
_PIECE = 10_000


def save_policy(connection: Connection, sha256: str, policy_text: str) -> int:
    """Insert a policy if it is new; return its number."""
    found = connection.execute(select(policy.c.id).where(policy.c.sha256 == sha256)).scalar()
    if found is None:
        key = connection.execute(policy.insert().values(sha256=sha256, text=policy_text)).inserted_primary_key
        if key is None:
            raise RuntimeError("the database gave no key")
        found = key[0]
    return int(found)


def classify_addresses(connection: Connection, policy_id: int, classify: OutsiderTest) -> int:
    """Class every address that has no class under this policy yet; return how many there were."""
    done = last = 0
    while True:
        missing = connection.execute(
            select(address.c.id, address.c.address_key)
            .select_from(
                address.outerjoin(
                    address_class,
                    (address_class.c.address_id == address.c.id) & (address_class.c.policy_id == policy_id),
                )
            )
            # Behind the piece before: those in front of it are classed, and need not be walked again.
            .where(address_class.c.address_id.is_(None) & (address.c.id > last))
            .order_by(address.c.id)
            .limit(_PIECE)
        ).all()
        if not missing:
            return done
        found = [(number, classify(AddressKey(key))) for number, key in missing]
        rows = [
            (policy_id, number, one.kind, one.outsider, one.organisation, one.rule, one.private, one.role, one.sister)
            for number, one in found
        ]
        insert_rows(connection, address_class, _COLUMNS, rows)
        done += len(rows)
        last = missing[-1].id


def mark_received(connection: Connection, policy_id: int) -> None:
    """
    Set origin `received` on mail from others that lies among sent mail.

    From others: written by an outsider and addressed to an insider. An
    outsider's From alone is not enough: people send from private addresses
    that nobody told us of, and their mail must not be missed.
    """
    from_class, to_class = "from_class", "to_class"
    is_received = f"""
        EXISTS (SELECT 1 FROM address_class {from_class}
                WHERE {from_class}.policy_id = :policy AND {from_class}.address_id = message.from_id
                  AND {from_class}.kind = 'outside')
        AND EXISTS (SELECT 1 FROM recipient JOIN address_class {to_class}
                      ON {to_class}.policy_id = :policy AND {to_class}.address_id = recipient.address_id
                    WHERE recipient.message_id = message.id AND {to_class}.kind = 'inside'
                      AND recipient.field IN ('to', 'cc', 'bcc', 'resent-to', 'resent-cc'))
    """
    connection.execute(
        text(f"UPDATE message SET origin = 'received' WHERE origin = 'sent' AND {is_received}"), {"policy": policy_id}
    )
    connection.execute(
        text(f"UPDATE message SET origin = 'sent' WHERE origin = 'received' AND NOT ({is_received})"),
        {"policy": policy_id},
    )


def note_shared_ids(connection: Connection) -> None:
    """
    Note the defect `message_id_shared` on messages whose Message-ID another message has too.

    RFC 5322, 3.6.4 wants it unique; with two recipient sets under one
    Message-ID there are two messages (CONTRACTS: Messages).
    """
    connection.execute(
        text("""
            UPDATE message SET defects = TRIM(COALESCE(defects, '') || ' message_id_shared')
             WHERE message_id IN (SELECT message_id FROM message WHERE message_id <> ''
                                   GROUP BY message_id HAVING COUNT(*) > 1)
               AND (defects IS NULL OR defects NOT LIKE '%message_id_shared%')
        """)
    )
