"""
The frozen objects that the stages hand to each other.

No I/O and no SQLAlchemy here: crawl yields `Message` and `Gap`, the store
keeps them and gives back `StoredMessage`, analysis turns those into
`Incident`, and exports read a `Report`. Moments are whole seconds since
1970-01-01 UTC (`int`) with the offset that was written beside them in
minutes; `None` means that no offset could be read.

One file a stage, in the order of the pipeline: address, crawl, policy,
stored, incident, report.
"""

from scanner.model.address import (
    SENDER_FIELDS,
    VISIBLE_FIELDS,
    AddressClass,
    AddressField,
    AddressKey,
    Identity,
    IncidentKey,
    MailboxRole,
    MessageOrigin,
    ParsedAddress,
)
from scanner.model.crawl import (
    GAP_KINDS,
    MAILBOX_MISSING,
    NAMED_IN_SETTINGS,
    ONLY_MAILBOX,
    READ_FOR_OURS,
    Account,
    Batch,
    FoundMailbox,
    Gap,
    Message,
    OpenedMailbox,
    Progress,
    ScanProgress,
)
from scanner.model.incident import (
    AlsoLook,
    Analysis,
    BelowIncident,
    Client,
    ExposedAddress,
    Incident,
    IncidentMessage,
    Ladder,
    MessageKind,
    Reason,
    Status,
    ThroughList,
    Tier,
    Viewer,
)
from scanner.model.policy import ApprovedGroup, Label, MemberList, Partner, Pattern, Policy, Protected
from scanner.model.report import (
    FORMER_EPOCH,
    NOTHING_READ,
    UNLISTED,
    CoverageRow,
    OwnMailElsewhere,
    Person,
    Report,
    ReportHead,
    Totals,
)
from scanner.model.seen import Seen
from scanner.model.stored import MessageSource, OutsiderTest, StoredCopy, StoredMessage, StoredRecipient

__all__ = [
    "FORMER_EPOCH",
    "GAP_KINDS",
    "MAILBOX_MISSING",
    "NAMED_IN_SETTINGS",
    "NOTHING_READ",
    "ONLY_MAILBOX",
    "READ_FOR_OURS",
    "SENDER_FIELDS",
    "UNLISTED",
    "VISIBLE_FIELDS",
    "Account",
    "AddressClass",
    "AddressField",
    "AddressKey",
    "AlsoLook",
    "Analysis",
    "ApprovedGroup",
    "Batch",
    "BelowIncident",
    "Client",
    "CoverageRow",
    "ExposedAddress",
    "FoundMailbox",
    "Gap",
    "Identity",
    "Incident",
    "IncidentKey",
    "IncidentMessage",
    "Label",
    "Ladder",
    "MailboxRole",
    "MemberList",
    "Message",
    "MessageKind",
    "MessageOrigin",
    "MessageSource",
    "OpenedMailbox",
    "OutsiderTest",
    "OwnMailElsewhere",
    "ParsedAddress",
    "Partner",
    "Pattern",
    "Person",
    "Policy",
    "Progress",
    "Protected",
    "Reason",
    "Report",
    "ReportHead",
    "ScanProgress",
    "Seen",
    "Status",
    "StoredCopy",
    "StoredMessage",
    "StoredRecipient",
    "ThroughList",
    "Tier",
    "Totals",
    "Viewer",
]
