"""Who wrote the mail of the sent mailboxes, and whom it went to: what suggestions for the settings are made of."""

from collections import Counter

from sqlalchemy import Connection, text

# Whatever its origin: an own alias that no settings name makes own mail look like mail of others.
_SENDERS = """
    SELECT address.address_key, COUNT(DISTINCT message.id)
      FROM message
      JOIN address ON address.id = message.from_id
      JOIN message_copy ON message_copy.message_id = message.id
      JOIN epoch ON epoch.id = message_copy.epoch_id
      JOIN mailbox ON mailbox.id = epoch.mailbox_id
     WHERE mailbox.role = 'sent' AND message.origin <> 'draft'
     GROUP BY address.address_key
"""

_RECIPIENTS = """
    SELECT address.address_key, COUNT(DISTINCT recipient.message_id)
      FROM recipient
      JOIN address ON address.id = recipient.address_id
     WHERE recipient.field IN ('to', 'cc', 'bcc')
     GROUP BY address.address_key
"""


def sender_counts(connection: Connection) -> Counter[str]:
    """Return how many messages of sent mailboxes each address stands in as From."""
    return Counter({row[0]: row[1] for row in connection.execute(text(_SENDERS))})


def recipient_counts(connection: Connection) -> Counter[str]:
    """Return how many stored messages went to each address, in To, Cc or Bcc."""
    return Counter({row[0]: row[1] for row in connection.execute(text(_RECIPIENTS))})
