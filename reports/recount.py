"""
Recount a Blindcopy evidence file: `python3 recount.py [evidence.zip]`; nothing to install, no code of Blindcopy's.

Python's `email` package reads the headers; the rules are those of CONTRACTS.md, under policy.json. Taken from the
report and recounted only: tiers, statements on who is one person, proofs of delivery. Exit code 0: all figures agree.
"""
import datetime, email.header, email.parser, email.policy, email.utils, fnmatch, json, re, sys, unicodedata, zipfile
from collections import Counter, defaultdict
from hashlib import sha256
from pathlib import Path

TIERS = ("full", "partial", "nameless", "role", "list")
TIER_RUNGS = ("identifiable_full", "identifiable_partial", "nameless", "role", "list")
PROOFS = ("delivered", "auto_reply", "replied")
WIDTH = {"to": 0, "resent-to": 0, "cc": 1, "resent-cc": 1, "bcc": 2}
SENDERS = ("from", "sender", "resent-from")
NO_HOST = re.compile(r"missing[_-](domain|host[_-]name)|missing_host|syntax[_-]error|un(specified-|known_)domain")
COMMENT = r"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)"
PIECE = re.compile(rf'=\?[^?]+\?[bBqQ]\?[^?]*\?=|"(?:[^"\\]|\\.)*"|{COMMENT}|<[^<>]*>|[,;]|[^"(<,;=]+|.', re.S)
FAMILY_NAME = re.compile(r'(?<![^,;])([^@<>",;:()]+),(?=[^@<>",;:]*<[^<>]*@)')  # Smith, Anna <anna@client.example>
SPEC = re.compile(r'(?<![^\s"<>,;])(?:"(?:[^"\\]|\\.)*"|[^\s"<>,;])*@[^\s<>",;]*')
differences = []  # lines to print
def decoded(body, words="=?"):
    """Return text, unfolded, with its encoded words (RFC 2047) decoded; 8-bit bytes are taken for UTF-8."""
    body = re.sub(r"[ \t]*[\r\n]+[ \t]*", " ", body.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    return str(email.header.make_header(email.header.decode_header(body))).strip() if words in body else body.strip()

def key_of(spec):
    """Return an address's key: local part unquoted, host as A-labels, lower case, NFC; None if it is no address."""
    local, _, host = re.sub("(?i)^(mailto|smtp):", "", spec.strip("\\'`)}>|*!?/=")).rpartition("@")
    local = re.sub(r"\\(.)", r"\1", local[1:-1]) if re.fullmatch(r'"[^\s"](.*[^\s"])?"', local) else local
    labels = [unicodedata.normalize("NFKC", one).lower() for one in re.split("[.\u3002\uff61]", host.strip())]
    host = ".".join(one if one.isascii() else "xn--" + one.encode("punycode").decode() for one in labels).rstrip(".")
    nobody = NO_HOST.fullmatch(host.strip(".")) or re.fullmatch("(?i)(undisclosed|unlisted)[-_. ]?recipients?", local)
    return f"{unicodedata.normalize('NFC', local.lower())}@{host}" if local and host and not nobody else None

def entries_of(body):
    """Yield (key, text) of the entries of an address list (RFC 5322, 3.4), groups expanded; key None: no address."""
    entry, body = "", decoded(body, words="no words yet\n")
    for piece in [*PIECE.findall(FAMILY_NAME.sub(r"\1 ", body)), ";"]:
        if piece not in (",", ";"):
            entry += piece if piece[0] != "(" else " "  # comments are left out
            continue
        bare = re.sub(r'"(?:[^"\\]|\\.)*"(?!\s*@)', "", entry)
        bare = re.sub(r"(?i)^(?!\s*(ex|x500|mailto|smtp):)[^@<]*?:", "", bare).strip()  # a group's name
        angle = [" ".join(re.sub(r"^@[^:]*:", "", one).split()) for one in re.findall(r"<([^<>]*[^<>\s])\s*>", bare)]
        text = " ".join(angle) or decoded(bare) or decoded(entry.strip(' "'))
        specs = [one for one in angle if re.match(r'"[^"]*"@|[^" ]+ [^@" ]+@', one)] or SPEC.findall(text)
        if re.match(r"(?i)((ex|x500):)?/(o|ou|cn|c)=[^@]*$", text):
            yield text[text.index("/"):].casefold(), text
        elif text and (bare or '"' in entry):
            yield from [(key_of(one), text.casefold()) for one in specs] or [(None, " ".join(text.casefold().split()))]
        entry = ""

def read_header(block, internal_date):
    """Return the entries of a header block by field, and the identity that it gives the message."""
    fields = defaultdict(list)
    for name, body in email.parser.BytesParser(policy=email.policy.compat32).parsebytes(block, True).raw_items():
        fields[name.strip().lower()].append(str(body))
    found = {name: [one for body in fields[name] for one in entries_of(body)] for name in (*WIDTH, *SENDERS)}
    raw = (re.sub(r"[\r\n]+[ \t]?", " ", "".join(fields[name][:1])) for name in ("message-id", "date"))
    lines = [one.encode("ascii", "surrogateescape").decode("ascii", "backslashreplace").strip() for one in raw]
    lines += [next((key for key, _ in found["from"] if key), "")]
    lines += sorted({key for key, _ in [*found["to"], *found["cc"]] if key and "@" in key})
    if not lines[0]:  # the subject tells it apart, and the server's date where its own cannot be read
        moment = str(int(datetime.datetime.fromisoformat(internal_date).timestamp()))
        lines += [decoded("".join(fields["subject"][:1])), *([] if email.utils.parsedate_tz(lines[1]) else [moment])]
    return found, sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()

def is_protected(policy, **texts):
    return any(fnmatch.fnmatchcase(text.casefold(), one["pattern"]["glob"].casefold().removeprefix("@"))
               for one in policy["protected"] for text in texts.get(one["pattern"]["by"], ()))

def is_outsider(policy, key):
    local, _, host = key.rpartition("@")
    above = [host.split(".", part)[-1] for part in range(host.count(".") + 1)]
    own = key in policy["addresses"] or not {*policy["domains"], *policy["sister_domains"]}.isdisjoint(above)
    return not local.startswith("imceaex-") and (not own or is_protected(policy, address=[key], domain=above))

def read_message(policy, copies, headers):
    """Return (exposed keys, viewers as key → (width, inside), texts that are no address), from all copies."""
    accounts, viewers, unresolved = {one["account"] for one in copies}, {}, set()
    boxes = [name for one in copies for name in (one["mailbox"], f"{one['account']}/{one['mailbox']}")]
    senders = {key for one in headers for name in SENDERS for key, _ in one[name] if key}
    protected = is_protected(policy, mailbox=boxes, account=accounts, sender=senders)
    senders |= {key for account, key in policy["account_addresses"] if account in accounts}
    for field, (key, text) in [(name, entry) for one in headers for name in WIDTH for entry in one[name]]:
        if key is None:
            unresolved.add(text)
        elif "@" not in key or key not in senders:  # an X.500 name is Exchange's own, and inside
            inside = "@" not in key or not (protected or is_outsider(policy, key))
            viewers[key] = min(WIDTH[field], viewers.get(key, (2,))[0]), inside
    shown = {key for key, (width, inside) in viewers.items() if width < 2 and not inside}
    return shown if len(shown) > 1 else set(), viewers, unresolved

def people_of(keys, statements):
    """Return key → person: by plus-tag, dots at gmail and googlemail, and by what persons have stated."""
    alone, merges, groups = set(), [], {}
    for one in [one for one in statements if one["undone_by"] is None]:
        merges += [set(one["addresses"])] if one["kind"] == "merge" else []
        if one["kind"] == "split":
            alone, merges = alone | {*one["addresses"]}, [merge - {*one["addresses"]} for merge in merges]
    def node(key):
        local, _, host = key.rpartition("@")
        if key in alone or '"' in local:
            return key, key in alone
        local = local.partition("+")[0] if local.partition("+")[0].strip(".") else local
        gmail = f"{local.replace('.', '') or local}@gmail.com"
        return gmail if host in ("gmail.com", "googlemail.com") else f"{local}@{host}", False
    for merge in merges:
        whole = set().union(*(groups.get(node(key), {node(key)}) for key in merge))
        groups.update(dict.fromkeys(whole, whole))
    return {key: min(groups.get(node(key), [node(key)])) for key in keys}

def proofs_of(receipts, views):
    """Return key → place in PROOFS, -1 for whom every copy came back; views: the viewers of each message."""
    said, best, back = defaultdict(set), {}, Counter()
    for one in [one for one in receipts if one["address"] in views.get(one["identity"], ())]:
        said[one["identity"], one["address"]].add((one["kind"], one["source"]))
    for (_, key), kinds in said.items():
        arrived = kinds - ({("delivered", "trace")} if ("bounced", "mail") in kinds else set())
        found = max((PROOFS.index(kind) for kind, _ in arrived if kind in PROOFS), default=-1)
        best[key], back[key] = max(found, best.get(key, -1)), back[key] + (found < 0 and "bounced" in dict(kinds))
    return {key: one for key, one in best.items() if one >= 0 or back[key] == sum(key in v for v in views.values())}

def ladder_of(incidents, statements):
    """Return the rungs over incidents, each (messages as read, tiers by key, proofs by key)."""
    viewers, tiers, best, proofs = {}, {}, {}, defaultdict(set)
    for messages, told, proven in incidents:
        tiers |= {key: min(tier, tiers.get(key, 9)) for key, tier in told.items()}
        for key, (width, inside) in [pair for _, seen, _ in messages for pair in seen.items()]:
            viewers[key] = min(width, viewers.get(key, (2,))[0]), inside and viewers.get(key, (2, True))[1]
            proofs[key].add(proven.get(key, -2))
    person = people_of(tiers, statements)
    for key, tier in tiers.items():
        best[person[key]] = min(tier, best.get(person[key], 9))
    got = Counter(max(some) if max(some) >= 0 else min(some) for some in proofs.values())
    reached = {person[key] for key in tiers if proofs[key] != {-1}}
    shown = [len(exposed) for messages, _, _ in incidents for exposed, _, _ in messages if exposed]
    return {
        "messages": len(shown), "exposure_events": sum(shown), "exposed_addresses": len(tiers),
        "people_upper": len(tiers), "exposed_people": len(best),
        **dict(zip(TIER_RUNGS, map([*best.values()].count, range(5)), strict=True)),
        "unresolved": len(set().union(*(texts for messages, _, _ in incidents for _, _, texts in messages))),
        "viewers": len(viewers), "internal_visible": sum(inside and width < 2 for width, inside in viewers.values()),
        "bcc_viewers": sum(width > 1 for width, _ in viewers.values()), "delivered": got[0] + got[1] + got[2],
        "replied": got[2], "auto_replied": got[1], "bounced": got[-1],
        "people_lower": sum(one in reached and TIERS[tier] != "role" for one, tier in best.items())}

def check_files(root, report):  # every SHA-256, and the chain of decisions
    listed = [line.split("  ", 1)[::-1] for line in (root / "sha256sums.txt").read_text("utf-8").splitlines()]
    for name, wanted in [*listed, ["policy.json", report["policy_sha256"]]]:
        found = sha256((root / name).read_bytes()).hexdigest() if (root / name).is_file() else "missing"
        if found != wanted or (name.startswith("headers/") and name != f"headers/{found}.txt"):
            differences.append(f"{name}: missing, or it has not the SHA-256 that is named")
    link, number = "0" * 64, 0
    for number, row in enumerate(map(json.loads, (root / "decisions.jsonl").read_text("ascii").splitlines()), 1):
        payload, told = row.pop("payload"), row.pop("chain_sha256")
        link = sha256(json.dumps({**row, "previous": link}, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        whole = payload is None or sha256(payload.encode()).hexdigest() == row["payload_sha256"]
        if (told, row["id"], whole) != (link, number, True):
            differences.append(f"decisions.jsonl: row {number} is not what was written there")
    if report["decision_log"] != {"count": number, "sha256": link if number else ""}:
        differences.append("decisions.jsonl: it does not end where the report says")

def recount(root):
    report, policy = (json.loads((root / name).read_bytes()) for name in ("report.json", "policy.json"))
    check_files(root, report)
    incidents, pairs = [], []
    for incident in report["incidents"]:
        where, views = f"incident {incident['id']}", {}
        for identity in {one["identity"]: 0 for one in incident["messages"]}:
            some = [one for one in incident["messages"] if one["identity"] == identity]
            kept = {root / "headers" / f"{one['header_sha256']}.txt": one["internal_date"] for one in some}
            headers = [read_header(file.read_bytes(), moment) for file, moment in kept.items() if file.is_file()]
            if {one for _, one in headers} != {identity}:
                differences.append(f"{where}: message {identity} is not what its headers say, or none of them is kept")
            views[identity] = read_message(policy["policy"], some, [entries for entries, _ in headers])
        counted = {(key, identity) for identity, (shown, _, _) in views.items() for key in shown}
        told = {(one["address"], identity) for one in incident["exposed"] for identity in one["messages"]}
        for key, identity in sorted(told ^ counted):
            side = "the report" if (key, identity) in told else "its header, as Python reads it,"
            differences.append(f"{where}: message {identity} exposes {key} by {side} only")
        tiers = {one["address"]: TIERS.index(one["tier"]) for one in incident["exposed"]}
        tiers = {key: tiers.get(key, TIERS.index("nameless")) for key, _ in counted}
        proofs = proofs_of(incident["receipts"], {identity: seen for identity, (_, seen, _) in views.items()})
        incidents.append(([*views.values()], tiers, proofs))
        pairs.append((where, incident["ladder"], ladder_of(incidents[-1:], report["people_statements"])))
    pairs.append(("totals", report["totals"], ladder_of(incidents, report["people_statements"])))
    for where, told, rung, figure in [(*pair[:2], *each) for pair in pairs for each in pair[2].items()]:
        if told[rung] != figure and (told[rung], figure) != ("unknown", 0):  # the word for: nothing proves any
            differences.append(f"{where}: {rung} is {told[rung]} in the report, {figure} when recounted")
    fine = (f"{len(incidents)} incidents, {sum(len(one[0]) for one in incidents)} messages, "
            f"{sum(len(one[2]) for one in pairs)} figures recounted: all agree")
    print("\n".join(differences or [fine]).encode("ascii", "backslashreplace").decode())
    return bool(differences)

if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    sys.exit(recount(place if place.is_dir() else zipfile.Path(place)))
