"""
The classes of all addresses as one byte each, for SQLite.

Looking up a row of its class for every recipient takes four times as long.
"""

from sqlalchemy import Connection

OUTSIDER, UNRESOLVED = 1, 2

_COUNTED = f"""
    SELECT address_id, CASE WHEN outsider THEN {OUTSIDER} ELSE {UNRESOLVED} END
      FROM address_class
     WHERE policy_id = ? AND (outsider OR kind = 'unresolved')
     ORDER BY address_id
"""


def class_bytes(connection: Connection, policy_id: int) -> bytes:
    """Return a byte for each number of an address: OUTSIDER, UNRESOLVED, or 0 for whom nobody counts here."""
    counted = connection.exec_driver_sql(_COUNTED, (policy_id,)).all()
    classes = bytearray(counted[-1][0] + 1 if counted else 1)
    for number, byte in counted:
        classes[number] = byte
    return bytes(classes)
