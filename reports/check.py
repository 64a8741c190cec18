"""
Check a Blindcopy evidence file: `python3 check.py [evidence.zip]`; nothing to install, no code of Blindcopy's.

Are the files what was handed out, does the chain of decisions hold, and do index, dates, people, members of lists,
clients, totals and sums of the coverage follow from the files? recount.py counts the figures from the headers, and
decided.py compares what the report says of decisions with their log.
Exit code 0: everything agrees.
"""

import csv
import email.utils
import json
import re
import sys
import zipfile
from collections import Counter, defaultdict
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

COPY = ("identity", "account", "mailbox", "uidvalidity", "uid", "internal_date", "date_field", "header_sha256")
# An apostrophe stands in index.csv where a cell could begin as a formula, whatever its reader takes for a separator.
GUARD = re.compile("((?:^|[,;\t\r\n])(?:\"|[^\\S\t\r\n])*)'")
differences = []  # lines to print


def compare(where, told, counted):
    """Note each name of which the report tells otherwise."""
    for name in sorted({*told, *counted}):
        one, other = told.get(name, "missing"), counted.get(name, "missing")
        if one != other:
            differences.append(f"{where}: {name} is {one} in the report, and should be {other}")


def utc(moment):
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def mark_of(key):
    """Return what stands for a person of the client register: plus-tags and spellings of gmail mean nothing."""
    local, _, host = key.rpartition("@")
    local = re.sub(r'^(?!imcea.*-)(?=[^+"]*[^+."])([^+"]+)\+[^"]*$', r"\1", local)
    if host in ("gmail.com", "googlemail.com") and '"' not in local:
        local, host = local.replace(".", "") or local, "gmail.com"
    return sha256(f"{local}@{host}".encode()).hexdigest()[:16]


def check_files(root, report):
    """Compare the SHA-256 of every file with that in the list, and the policy's with that in the report."""
    lines = (root / "sha256sums.txt").read_text("utf-8").splitlines()
    listed = {name: wanted for wanted, _, name in (line.partition("  ") for line in lines)}
    here = [*root.iterdir(), *((root / "headers").iterdir() if (root / "headers").is_dir() else ())]
    for file in here:
        name = file.name if (root / file.name).is_file() else f"headers/{file.name}"
        if file.is_file() and name not in (*listed, "sha256sums.txt"):
            differences.append(f"{name}: was not handed out with the others")
    for name, wanted in [*listed.items(), ("policy.json", report["policy_sha256"])]:
        found = sha256((root / name).read_bytes()).hexdigest() if (root / name).is_file() else "missing"
        if found != wanted or (name.startswith("headers/") and name != f"headers/{found}.txt"):
            differences.append(f"{name}: missing, or it has not the SHA-256 that is named")


def check_decisions(root, report):
    """Compute the chain of the log anew, compare the statements about people with it, and return its rows."""
    hashed, log = "0" * 64, [json.loads(line) for line in (root / "decisions.jsonl").read_text("ascii").splitlines()]
    for number, row in enumerate(log, 1):
        said = {name: row[name] for name in row.keys() - {"payload", "chain_sha256"}} | {"previous": hashed}
        hashed = sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        whole = row["payload"] is None or sha256(row["payload"].encode()).hexdigest() == row["payload_sha256"]
        if (row["chain_sha256"], row["id"], whole) != (hashed, number, True):
            differences.append(f"decisions.jsonl: row {number} is not what was written there")
    if report["decision_log"] != {"count": len(log), "sha256": hashed if log else ""}:
        differences.append("decisions.jsonl: it does not end where the report says")
    told, counted, undone = {}, {}, {}
    chosen = {one["number"] for one in report["people_statements"]}
    exposed = {one["address"] for incident in report["incidents"] for one in incident["exposed"]}
    last = max((one["number"] for one in report["people_statements"]), default=0)
    rows = [row for row in log[:last] if row["kind"] == "people"]  # what was stated after the analysis is not in it
    for row in reversed(rows):
        said = json.loads(row["payload"] or "{}")
        if said.get("undoes") is not None and row["id"] not in undone:
            undone.setdefault(said["undoes"], row["id"])
        if row["id"] in chosen or exposed.intersection(said.get("addresses", ())):  # of some incidents, it tells these
            counted[row["id"]] = [row["verdict"], said.get("addresses", []), said.get("tier"), undone.get(row["id"])]
    for one in report["people_statements"]:
        told[one["number"]] = [one["kind"], one["addresses"], one["tier"], one["undone_by"]]
    compare("statements about people", told, counted)
    return log


def sent_at(root, copy):
    """Return when a copy was sent: its Date field, if it names a year of mail, and no day later than its arrival."""
    arrived = datetime.fromisoformat(copy["internal_date"]).timestamp()
    file = root / "headers" / f"{copy['header_sha256']}.txt"
    if not file.is_file():
        return None
    try:
        field = re.sub(r"[\r\n]+[ \t]?", " ", str(email.message_from_bytes(file.read_bytes())["date"]))[:256]
        for _ in range(5):  # comments nest
            field = re.sub(r"\([^()]*\)", " ", field)
        field = re.sub(r"(?i)\b(gmt|utc?)\s*(?=[+-]\d{4})", " ", field)
        year, month, day, hours, minutes, seconds, _, _, _, offset = email.utils.parsedate_tz(field)
        # 107 is 2007, 0107 no year of mail; a leap second is the 61st of its minute; more than a day is no zone.
        whole = datetime(year + 1900 if 99 < year < 1000 else year, month, day, hours, minutes, tzinfo=UTC)
        is_old = not 1900 <= whole.year <= 9000 or re.search(r"(?i)[a-z]{3}(-|[ ,]+)0\d{3}\b", field)
    except (IndexError, OverflowError, TypeError, ValueError):
        return arrived
    sent = whole.timestamp() + seconds - (offset if offset and abs(offset) <= 86400 else 0)
    return arrived if is_old or not 0 <= seconds <= 60 or sent > arrived + 86400 else sent


def check_incident(root, policy, incident, rows, log):
    """Compare what an incident says with its index, headers, decisions and the policy."""
    told = {name: incident[name] for name in ("id", "first_sent_at", "last_sent_at", "score")}
    told |= {f"copy {[str(one[name]) for name in COPY]}": one["sent_at"] for one in incident["messages"]}
    told |= {f"sibling {identity}": "hidden" for identity in incident["bcc_siblings"]}
    told |= {f"client {one['address']}": True for one in incident["exposed"] if one["clients"]}
    lists = {(one["through"], one["address"]): one["inside"] for one in incident["viewers_through_lists"]}
    told |= {f"members of {one}": sorted(key for address, key in lists if address == one) for one, _ in lists}
    sent, counted = defaultdict(list), {}
    for row in rows:
        if row["part"] == "exposing":
            sent[row["identity"]].append(sent_at(root, row))
        else:
            counted[f"sibling {row['identity']}"] = "hidden"
    known = {one["identity"]: datetime.fromisoformat(one["sent_at"]).timestamp() for one in incident["messages"]}
    sent = {one: known.get(one, 0) if None in moments else min(moments) for one, moments in sent.items()}
    copies = [row for row in rows if row["part"] == "exposing"]
    counted |= {f"copy {[row[name] for name in COPY]}": utc(sent[row["identity"]]) for row in copies}
    first, last = min((at, one) for one, at in (sent or known).items()), max((sent or known).values())
    counted |= {"id": first[1][:12], "first_sent_at": utc(first[0]), "last_sent_at": utc(last)}
    counted["score"] = sum(one["points"] for one in incident["reasons"])
    exposed, viewers = ({one["address"] for one in incident[name]} for name in ("exposed", "viewers"))
    counted |= {f"client {key}": True for key in exposed if mark_of(key) in policy["clients"]}
    for one in policy["lists"]:
        members = sorted({*one["members"]} - viewers)
        counted |= {f"members of {one['address']}": members} if one["address"] in viewers and members else {}
    for one in incident["decisions"]:
        row, name = next((row for row in log if row["id"] == one["number"]), None), f"decision {one['number']}"
        told[name] = [one["verdict"], one["decided_by"], one["applied_by"], one["decided_at"]]
        if row:
            counted[name] = [row["verdict"], row["decided_by"], row["applied_by"], utc(row["decided_at"])]
    compare(f"incident {incident['id']}", told, counted)


def check_totals(report):
    """Compare the totals, the people and the coverage with the incidents and rows that they sum up."""
    incidents, totals, people = report["incidents"], report["totals"], {}
    compare("totals", {name: totals[name] for name in totals["ladder"]}, totals["ladder"])
    told = {name: totals[name] for name in ("incidents", "by_status", "newest_sent_at")}
    compare(
        "totals",
        told,
        {
            "incidents": len(incidents),
            "by_status": dict(Counter(one["status"] for one in incidents)),
            "newest_sent_at": max((one["last_sent_at"] for one in incidents), default=None),
        },
    )
    ranks = [one["rank"] for one in incidents]
    compare("totals", {"ranks": ranks}, {"ranks": sorted({*ranks})})
    for incident in incidents:
        for one in incident["exposed"]:
            keys, where = people.setdefault(one["person_id"], (set(), {}))
            keys.add(one["address"])
            where[incident["id"]] = None
    told = {one["person_id"]: (sorted(one["addresses"]), sorted(one["incidents"])) for one in report["people"]}
    compare("people", told, {one: (sorted(keys), sorted(where)) for one, (keys, where) in people.items()})
    rows = [one for one in report["coverage"] if one["in_scope"]]
    told = {name: totals["coverage"][name] for name in ("stored", "enumerated")}
    listed = sum(one["enumerated"] - one["others"] for one in rows)
    compare("coverage", told, {"stored": sum(one["stored"] for one in rows), "enumerated": listed})
    for one in [one for one in rows if one["scanned_at"] and not one["gaps"]]:
        listed = one["stored"] + one["others"] + one["vanished"] + one["errored"]
        where = f"coverage of {one['account']} / {one['mailbox']}"
        compare(where, {"enumerated": one["enumerated"]}, {"enumerated": listed})


def check(root):
    report, policy = (json.loads((root / name).read_bytes()) for name in ("report.json", "policy.json"))
    check_files(root, report)
    log, index = check_decisions(root, report), defaultdict(list)
    for row in csv.DictReader((root / "index.csv").open("r", encoding="utf-8", newline="")):
        index[row["incident"]].append({name: GUARD.sub(r"\1", text) for name, text in row.items()})
    for row in [row for rows in index.values() for row in rows]:
        is_here = (root / "headers" / f"{row['header_sha256']}.txt").is_file()
        if is_here is not (row["header"] == "kept"):
            differences.append(f"index.csv: the header of message {row['identity']} is not {row['header']}")
    for incident in report["incidents"]:
        check_incident(root, policy["policy"], incident, index.pop(incident["id"], []), log)
    differences.extend(f"index.csv: there is no incident {key} in the report" for key in index)
    check_totals(report)
    fine = f"{len(report['incidents'])} incidents, {len(log)} decisions: all files are whole, and agree"
    print("\n".join(differences or [fine]).encode("ascii", "backslashreplace").decode())
    return bool(differences)


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    sys.exit(check(place if place.is_dir() else zipfile.Path(place)))
