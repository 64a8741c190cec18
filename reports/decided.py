"""
Check what a Blindcopy evidence file says of decisions: `python3 decided.py [evidence.zip]`; nothing to install, no code
of Blindcopy's.

Does each decision, ruling and deletion request of the report stand in the log with the same content, is none of the
log's left out, and do awareness, deadlines and status come from them? check.py holds the log itself against its chain.
Exit code 0: everything agrees.
"""

import json
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

DIGITS = 12  # of an identity, by which the log names an incident
ANSWERED = ("breach", "authority", "people")
VERDICTS = {"confirmed": "confirm", "dismissed": "dismiss", "asked": "ask"}
differences = []  # lines to print


def compare(where, told, counted):
    """Note each name of which the report tells otherwise."""
    for name in sorted({*told, *counted}):
        one, other = told.get(name, "missing"), counted.get(name, "missing")
        if one != other:
            differences.append(f"{where}: {name} is {one} in the report, and should be {other}")


def utc(moment):
    return None if moment is None else datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_log(root):
    """Return the rows of the log, contents read; one that was signed by somebody else says by whom."""
    rows = [json.loads(line) for line in (root / "decisions.jsonl").read_text("ascii").splitlines()]
    by_number = {row["id"]: row for row in rows}
    for row in rows:
        row["said"], row["signed_by"] = json.loads(row["payload"] or "{}"), None
        signed = by_number.get(row["said"].get("signs")) if row["kind"] == "sign" else None
        # A signature names the chain hash of its row, and is another person's than the decision.
        if signed and signed["id"] < row["id"] and row["said"]["link"] == signed["chain_sha256"]:
            names = [" ".join(one["decided_by"].split()).casefold() for one in (row, signed)]
            signed["signed_by"] = signed["signed_by"] or (row["decided_by"] if names[0] != names[1] else None)
    for row in rows:
        row["counts"] = row["signed_by"] is not None or not row["said"].get("needs_signature", False)
        base = by_number.get(row["said"].get("adds_to", 0))
        if base:  # when somebody was told is added to the decision to tell, and is no decision of its own
            added = {name: base[name] for name in ("decided_by", "decided_at", "signed_by", "counts")}
            row.update(added)
    return rows


def check_contents(rows, marks, is_whole):
    """Note rows of these incidents whose content is gone, and that no entry of the log says was erased."""
    erasures = [row for row in rows if row["kind"] == "erase"]
    if any(row["payload"] is None for row in erasures):
        return
    erased = {number for row in erasures for number in row["said"]["erases"]}
    for row in rows:
        if row["payload"] is None and row["id"] not in erased and (is_whole or row["incident_key"] in marks):
            differences.append(f"decisions.jsonl: the content of row {row['id']} is gone, and nobody has erased it")


def decision_of(row):
    """Return a decision as the report tells it."""
    names = ("verdict", "scope", "decided_by", "applied_by", "counts", "signed_by")
    moments = {name: utc(row[name]) for name in ("decided_at", "recorded_at", "expires_at")}
    said = {"number": row["id"], "reason": row["said"].get("reason", ""), "erased": row["payload"] is None}
    return {name: row[name] for name in names} | moments | said


def ruling_of(row, messages):
    """Return a ruling as the report tells it."""
    (kind, _, answer), said = row["verdict"].partition(" "), row["said"]
    inputs = said.get("severity")
    severity = {**inputs, "score": inputs["dpc"] * inputs["ei"] + inputs["cb"]} if inputs else None
    names = ("decided_by", "applied_by", "counts", "signed_by")
    moments = {"decided_at": utc(row["decided_at"]), "told_at": utc(said.get("told_at"))}
    more = {"number": row["id"], "kind": kind, "answer": answer, "text": said.get("text", ""), "severity": severity}
    more |= {"reference": said.get("reference", ""), "outgrown": not messages <= {*said.get("judged", ())}}
    return {name: row[name] for name in names} | moments | more


def check_decisions(where, incident, rows, marks):
    """Compare the decisions of an incident, and what comes from them, with the log; return those that count."""
    own = {
        row["id"]
        for row in rows
        if {row["incident_key"], *(one[:DIGITS] for one in row["said"].get("judged", ()))} & marks
    }
    told = {one["number"]: one for one in incident["decisions"]}
    # What covers a sender or a list was said of another incident.
    expected = {
        row["id"]: decision_of(row)
        for row in rows
        if row["id"] in own or (row["id"] in told and row["scope"] != "incident")
    }
    compare(
        where,
        {f"decision {number}": one for number, one in told.items()},
        {f"decision {number}": one for number, one in expected.items()},
    )
    listed = [row for row in rows if row["id"] in expected]
    first = min((row["decided_at"] for row in listed), default=None)
    compare(where, {"triaged_at": incident["triaged_at"]}, {"triaged_at": utc(first)})
    counting = [row for row in listed if row["counts"]]
    confirmed = {utc(row["decided_at"]) for row in counting if row["verdict"] == "confirm"}
    aware = []
    for row in [row for row in listed if row["verdict"] == "confirm" and row["said"].get("aware_at") is not None]:
        dues = [[one["regime"], one["name"], one["addressee"], utc(one["due_at"])] for one in row["said"]["deadlines"]]
        aware.append([utc(row["said"]["aware_at"]), row["said"]["aware_source"], dues])
    dues = [[one["regime"], one["name"], one["addressee"], one["due_at"]] for one in incident["deadlines"]]
    is_confirmed = incident["status"] == "confirmed"
    if [incident["aware_at"], incident["aware_source"], dues] not in [
        *aware,
        *([] if is_confirmed and aware else [[None, "", []]]),
    ]:
        differences.append(f"{where}: awareness and its deadlines are those of no confirmation")
    if incident["confirmed_at"] not in (confirmed if is_confirmed else {*confirmed, None}):
        differences.append(f"{where}: confirmed_at is {incident['confirmed_at']}, when nobody confirmed it")
    verdict, of_its_own = VERDICTS.get(incident["status"]), [row for row in counting if row["scope"] == "incident"]
    if verdict not in {row["verdict"] for row in counting} if verdict else of_its_own and not incident["reopened"]:
        differences.append(f"{where}: it is {incident['status']} in the report, and no decision says so")


def check_rulings(where, incident, rows, messages):
    """Compare the rulings that an incident carries with the log."""
    newest, standing = {}, {}
    for row in [row for row in rows if row["counts"]]:
        newest |= {(row["verdict"].split()[0], one[:DIGITS]): row["id"] for one in row["said"].get("judged", ())}
    marks = {one[:DIGITS] for one in messages}
    for row in [row for row in rows if row["incident_key"] in marks and row["payload"] is not None]:
        kind, _, answer = row["verdict"].partition(" ")
        if row["id"] >= newest.get((kind, row["incident_key"]), 0):
            standing[kind, answer if kind in ANSWERED else "", row["counts"]] = ruling_of(row, messages)
    told = {f"ruling {one['number']}": one for one in incident["rulings"]}
    for one in [one for one in told.values() if one["severity"]]:
        one["severity"] = {name: one["severity"][name] for name in ("dpc", "ei", "cb", "score")}
    # In a report of some incidents a ruling on another one may have taken the place of one, without its content here.
    unknown = max((row["id"] for row in rows if row["payload"] is None), default=0)
    expected = {f"ruling {one['number']}": one for one in standing.values()}
    expected = {name: one for name, one in expected.items() if name in told or one["number"] > unknown}
    compare(where, told, expected)


def check_deletions(where, incident, rows, marks):
    """Compare whom the report says was asked to delete the mail with the log."""
    noted, found = {}, {}
    for row in [row for row in rows if row["incident_key"] in marks and row["said"]]:
        known = noted.setdefault((row["incident_key"], row["said"]["address"]), {"number": 0})
        known.update({row["verdict"]: utc(row["said"]["at"]), "number": row["id"]})
    for (_, address), known in sorted(noted.items(), key=lambda one: one[1]["number"]):
        found.setdefault(address, {}).update(known)
    told = {one["address"]: [one["requested_at"], one["confirmed_at"]] for one in incident["deletions"]}
    compare(where, told, {key: [one.get("requested"), one.get("confirmed")] for key, one in found.items()})


def check(root):
    report, rows = json.loads((root / "report.json").read_bytes()), read_log(root)
    of_kind = {kind: [row for row in rows if row["kind"] == kind] for kind in ("incident", "ruling", "viewer")}
    everything = set()
    for incident in report["incidents"]:
        where, messages = f"incident {incident['id']}", {one["identity"] for one in incident["messages"]}
        marks = {one[:DIGITS] for one in messages}
        everything |= marks
        check_decisions(where, incident, of_kind["incident"], marks)
        check_rulings(where, incident, of_kind["ruling"], messages)
        check_deletions(where, incident, of_kind["viewer"], marks)
    check_contents(rows, everything, not report["totals"]["left_out"])
    count = sum(
        len(incident[name]) for incident in report["incidents"] for name in ("decisions", "rulings", "deletions")
    )
    fine = (
        f"{len(report['incidents'])} incidents, {count} statements on them: all stand in the log, and none is missing"
    )
    print("\n".join(differences or [fine]).encode("ascii", "backslashreplace").decode())
    return bool(differences)


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    sys.exit(check(place if place.is_dir() else zipfile.Path(place)))
