"""Recount a Blindcopy evidence file: `python3 recount.py [evidence.zip]`. Nothing to install, no code of Blindcopy's:
`email` reads headers; rules: CONTRACTS.md, under policy.json. Taken from the report and counted only: how well an
address names its person, statements on who is one person, proofs of delivery. Exit code 0: all figures agree."""
import contextlib, csv, datetime, email.header, email.utils, fnmatch, html, json, pathlib, re, sys, unicodedata, zipfile
from collections import Counter, defaultdict
from hashlib import sha256
TIERS, OLD = ("full", "partial", "nameless", "role", "list"), re.compile(r"(?i)[a-z]{3}(-|[ ,]+)0\d{3}\b")  # year 0107
PROOFS = ("bounced", "unknown", "delivered", "auto_reply", "replied")  # of two incidents' the later one counts
WIDTH = {"to": 0, "resent-to": 0, "cc": 1, "resent-cc": 1, "bcc": 2}
SENDERS, GUARD = ("from", "sender", "resent-from"), re.compile("((?:^|[,;\t\r\n])(?:\"|[^\\S\t\r\n])*)'")  # no formulas
NO_HOST = re.compile(r"missing[_-](domain|host[_-]name)|missing_host|syntax[_-]error|un(specified-|known_)domain")
NOTES = re.compile(r'(?i)(?=[^/@]+/)(?=[^/@]* |cn=|[^/@]*/[^/@]*/|[^@]*/([^/@]*)@\1\Z)[^@"<]*@[^."<]*')  # Ada Sol/HQ@HQ
QUOTED, COMMENT = r'(?<!\\)"(?:[^"\\]|\\.)*+"', r"(?<!\\)\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*+\))*+\)"
PIECE = re.compile(rf'=\?[^?]+\?[bBqQ]\?[^?]*\?=|{QUOTED}|{COMMENT}|<[^<>]*>|[,;]|[^"(<,;=]+|.', re.S)
FAMILY_NAME = re.compile(r'(?<![^,;])([^@<>",;:()]+),(?=[^@<>",;:]*<[^<>]*@)')  # Smith, Anna <anna@client.example>
SPEC, APART = re.compile(rf'(?:{QUOTED}|[^\s"<>,;])+'), re.compile(rf'^({QUOTED}|[^\s"@]+)\s*@\s*([^\s@]+)$')

def decoded(body, words="=?"):
    """Return text, unfolded, encoded words (RFC 2047) decoded; raw bytes are UTF-8, else windows-1252 as in HTML."""
    body = body.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    body = re.sub("[\udc80-\udcff]", lambda one: html.unescape(f"&#{ord(one[0]) - 0xDC00};"), body)
    body = re.sub(r"(?<!\s)\s*[\r\n]\s*", " ", body)
    with contextlib.suppress(LookupError, ValueError, email.errors.MessageError):  # in no known character set
        body = str(email.header.make_header(email.header.decode_header(body))) if words in body else body
    return body.strip()

def key_of(spec):
    """Return an address's key: local part unquoted, host as A-labels, lower case, NFC; None if it is no address."""
    spec = (spec[1:] if spec[:1] == "'" == spec[-1:] else spec).rstrip("\\'`)}>|*!?/=&+^~").lstrip("\\)>]")
    local, _, host = re.sub("(?i)^(mailto|smtp):", "", spec).rpartition("@")
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
        bare = re.sub(rf"{QUOTED}(?!\s*@)", "", entry)
        bare = re.sub(r"(?i)^(?!\s*(ex|x500|mailto|smtp):)[^@<]*?:", "", bare).strip()  # a group's name
        angle = [" ".join(re.sub(r"^@[^:]*:", "", one).split()) for one in re.findall(r"<([^<>]*[^<>\s])\s*>", bare)]
        text = APART.sub(r"\1@\2", " ".join(angle) or decoded(bare)) or decoded(entry.strip(' "'))
        odd = [one for one in angle if re.match('"[^"]*"@|[^" ]+ [^@" ]+@', one)]
        specs = [one for one in odd or SPEC.findall(text) if "@" in one and not NOTES.fullmatch(text)]
        if re.match(r"(?i)((ex|x500):)?/(o|ou|cn|c)=[^@]*$", text):
            yield text[text.index("/"):].casefold(), text
        elif text and (bare or '"' in entry):
            yield from [(key_of(one), text.casefold()) for one in specs] or [(None, " ".join(text.casefold().split()))]
        entry = ""
def is_date(field):  # RFC 5322, 3.3, 4.3; a year that saw no mail is none, and so is a time that no clock shows
    with contextlib.suppress(IndexError, OverflowError, TypeError, ValueError):
        for _ in range(5):  # comments nest
            field = re.sub(r"\([^()]*\)", " ", field[:256])
        year, *rest, second = email.utils.parsedate_tz(re.sub(r"(?i)\b(gmt|utc?)\s*(?=[+-]\d{4})", " ", field))[:6]
        moment = datetime.datetime(year + 1900 * (99 < year < 1000), *rest, tzinfo=datetime.UTC)  # 107 is 2007
        return 1900 <= moment.year <= 9000 and 0 <= second <= 60 and not OLD.search(field)
def read_header(block, internal_date):
    """Return the entries of a header by field, and the identity that it gives its message."""
    fields = [(name.strip().lower(), str(body)) for name, body in email.message_from_bytes(block).raw_items()]
    found = {by: [one for name, text in fields if name == by for one in entries_of(text)] for by in (*WIDTH, *SENDERS)}
    first = {"message-id": "", "date": "", "subject": "", **dict(reversed(fields))}
    raw = (re.sub(r"[\r\n]+[ \t]?", " ", first[name]) for name in ("message-id", "date"))
    lines = [one.encode("ascii", "surrogateescape").decode("ascii", "backslashreplace").strip() for one in raw]
    lines += [next((key for key, _ in found["from"] if key), "")]
    lines += sorted({key for key, _ in [*found["to"], *found["cc"]] if key and "@" in key})
    if not lines[0]:  # the subject tells it apart, and the server's date where its own cannot be read
        moment = str(int(datetime.datetime.fromisoformat(internal_date).timestamp()))
        lines += [decoded(first["subject"]), *([] if is_date(lines[1]) else [moment])]
    return found, sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()

def is_protected(policy, **texts):
    return any(fnmatch.fnmatchcase(text.casefold(), one["pattern"]["glob"].casefold().removeprefix("@"))
               for one in policy["protected"] for text in texts.get(one["pattern"]["by"], ()))
def is_outsider(policy, key):  # of the address that Exchange has wrapped in it, if it has; None: it is no mail address
    found = re.match("imcea(?:smtp|mailto)-(.*)@", key)
    inner = found and key_of(re.sub(r"\+([\da-f]{2})", lambda one: chr(int(one[1], 16)), found[1].replace("_", "/")))
    host = (key := inner or key).rpartition("@")[2]
    above = [host.split(".", part)[-1] for part in range(host.count(".") + 1)] + [person_of(key)]
    own = {*policy["domains"], *policy["sister_domains"], *map(person_of, policy["addresses"])}.intersection(above)
    nobody = re.match("imcea(?!ex-).*-" if own else r"imceainvalid-|.*[@.](localhost|localdomain|invalid)\Z", key)
    is_outside = key[:8] != "imceaex-" and (not own or is_protected(policy, address=[key], domain=above[:-1]))
    return None if nobody else is_outside
def read_message(policy, copies, headers):
    """Return (exposed keys, viewers as key → (width, inside), texts that are no address), from all copies."""
    viewers, unresolved, senders = {}, set(), {key for one in headers for by in SENDERS for key, _ in one[by] if key}
    boxes = [name for one in copies for name in (one["mailbox"], f"{one['account']}/{one['mailbox']}")]
    protected = is_protected(policy, mailbox=boxes, account=[one["account"] for one in copies], sender=senders)
    named = {account for account, key in policy["account_addresses"] if key in senders}
    sent = {one["account"] for one in copies if one["mailbox_role"] == "sent" or one["account"] in named
            or not (named or one["mailbox_role"] in ("inbox", "junk"))}  # what lies in an inbox was received
    senders |= {key for account, key in policy["account_addresses"] if account in sent}
    for field, (key, text) in [(name, entry) for one in headers for name in WIDTH for entry in one[name]]:
        if key is None or ("@" in key and is_outsider(policy, key) is None):
            unresolved.add(text)
        elif "@" not in key or key not in senders:  # an X.500 name is Exchange's own, and inside
            inside = "@" not in key or not (protected or is_outsider(policy, key))
            viewers[key] = min(WIDTH[field], viewers.get(key, (2,))[0]), inside
    shown = {key for key, (width, inside) in viewers.items() if width < 2 and not inside}
    return shown if len(shown) > 1 else set(), viewers, unresolved
def person_of(key):  # what all addresses of one mailbox share: no plus-tag; no dots at gmail, which is googlemail
    local, _, host = key.rpartition("@")
    local = re.sub(r'^(?!imcea.*-)(?=[^+"]*[^+."])([^+"]+)\+[^"]*$', r"\1", local)
    if host in ("gmail.com", "googlemail.com") and '"' not in local:
        local, host = local.replace(".", "") or local, "gmail.com"
    return f"{local}@{host}"
def people_of(keys, statements):
    """Return key → person, by what their addresses share and by what persons have stated."""
    alone, merges, groups = set(), [], {}
    for one in [one for one in statements if one["undone_by"] is None]:
        merges += [set(one["addresses"])] if one["kind"] == "merge" else []
        if one["kind"] == "split":
            alone, merges = alone | {*one["addresses"]}, [merge - {*one["addresses"]} for merge in merges]
    def name(key):
        return key if key in alone else person_of(key) + " and its other spellings" * (person_of(key) in alone)
    for merge in merges:
        whole = set().union(*(groups.get(name(key), {name(key)}) for key in merge))
        groups.update(dict.fromkeys(whole, whole))
    return {key: min(groups.get(name(key), [name(key)])) for key in keys}
def proofs_of(receipts, views):
    """Return key → place in PROOFS; views: the viewers of each message."""
    said, best, back, sent = defaultdict(set), {}, Counter(), Counter(key for seen in views.values() for key in seen)
    for one in [one for one in receipts if one["address"] in views.get(one["identity"], ())]:
        said[one["identity"], one["address"]].add((one["kind"], one["source"]))
    for (_, key), kinds in said.items():
        arrived = kinds - ({("delivered", "trace")} if ("bounced", "mail") in kinds else set())
        best[key] = max([best.get(key, 1), *(PROOFS.index(kind) for kind, _ in arrived if kind in PROOFS)])
        back[key] += "bounced" in dict(kinds)
    return {key: 0 if place == 1 and back[key] == sent[key] else place for key, place in best.items()}
def ladder_of(incidents, statements):
    """Return the rungs over incidents, each (messages as read, tiers by key, proofs by key), and their viewers."""
    viewers, tiers = {}, {}
    for messages, told, proven in incidents:
        tiers |= {key: min(tier, tiers.get(key, 9)) for key, tier in told.items()}
        for key, (width, inside) in [pair for _, seen, _ in messages for pair in seen.items()]:
            was = viewers.get(key, (2, True, 0))
            viewers[key] = min(was[0], width), was[1] and inside, max(was[2], proven.get(key, 1))
    person = people_of(tiers, statements)
    best = {person[key]: tier for key, tier in sorted(tiers.items(), key=lambda one: -one[1])}  # the last one stays
    got = Counter(PROOFS[proof] for _, _, proof in viewers.values())
    shown = [len(exposed) for messages, _, _ in incidents for exposed, _, _ in messages if exposed]
    unresolved = set().union(*(texts for messages, _, _ in incidents for _, _, texts in messages))
    rungs = {f"identifiable_{one}" if at < 2 else one: [*best.values()].count(at) for at, one in enumerate(TIERS)}
    return viewers, rungs | {
        "messages": len(shown), "exposure_events": sum(shown), "exposed_addresses": len(tiers),
        "exposed_people": len(best), "unresolved": len(unresolved), "viewers": len(viewers),
        "internal_visible": sum(inside and width < 2 for width, inside, _ in viewers.values()),
        "bcc_viewers": sum(width > 1 for width, _, _ in viewers.values()), "replied": got["replied"],
        "delivered": got["delivered"] + got["auto_reply"] + got["replied"], "auto_replied": got["auto_reply"],
        "bounced": got["bounced"], "people_upper": len(tiers), "at_least": bool(unresolved or rungs["list"]),
        "people_lower": sum(TIERS[best[one]] != "role" for one in {person[key] for key in tiers if viewers[key][2]})}
def recount(root):
    report, policy = (json.loads((root / name).read_bytes()) for name in ("report.json", "policy.json"))
    policy, statements, index = policy["policy"], report["people_statements"], defaultdict(list)
    for row in csv.DictReader((root / "index.csv").open("r", encoding="utf-8", newline="")):
        index[row["incident"], row["identity"]].append({name: GUARD.sub(r"\1", text) for name, text in row.items()})
    incidents, compared = [], []  # compared: (where, what the report tells, what was counted), by name
    for incident in report["incidents"]:
        views, told, counted = {}, {**incident["ladder"]}, {}
        for identity in dict.fromkeys([*(one["identity"] for one in incident["messages"]), *incident["bcc_siblings"]]):
            copies, is_sibling = index[incident["id"], identity], identity in incident["bcc_siblings"]
            kept = {root / "headers" / f"{one['header_sha256']}.txt": one["internal_date"]
                    for one in copies if one["header"] == "kept" or not is_sibling}
            read = [read_header(file.read_bytes(), moment) for file, moment in kept.items()
                    if file.is_file() and sha256(file.read_bytes()).hexdigest() == file.stem]
            message = read_message(policy, copies, [entries for entries, _ in read])
            seen = [width < 2 for width, inside in message[1].values() if not inside]  # by outsiders: is it visible?
            hides = not is_sibling or not seen or (sum(seen) < 2 and not all(seen))
            lost, fits = len(kept) - len(read), copies and {one for _, one in read} <= {identity} and hides
            name, part = f"Message {identity}", "Bcc sibling" if is_sibling else "exposing"
            told[name], counted[name] = part, f"{lost} headers short" if lost else part if fits else "something else"
            views |= {} if is_sibling else {identity: message}
        tiers = {one["address"]: TIERS.index(one["tier"]) for one in incident["exposed"]}
        tiers = {key: tiers.get(key, 2) for keys, _, _ in views.values() for key in keys}
        proofs = proofs_of(incident["receipts"], {identity: seen for identity, (_, seen, _) in views.items()})
        incidents.append(([*views.values()], tiers, proofs))
        viewers, ladder = ladder_of(incidents[-1:], statements)
        ladder["at_least"] |= told["at_least"] and bool(report["gaps"])
        told |= {f"{one['address']} in {by}": one["person_id"] for one in incident["exposed"] for by in one["messages"]}
        told |= {one["address"]: (one["field"], one["inside"], one["received"]) for one in incident["viewers"]}
        person = {key: sha256(one.encode()).hexdigest()[:16] for key, one in people_of(tiers, statements).items()}
        counted |= ladder | {f"{key} in {one}": person[key] for one, (keys, _, _) in views.items() for key in keys}
        counted |= {key: (("to", "cc", "bcc")[one[0]], one[1], PROOFS[one[2]]) for key, one in viewers.items()}
        compared.append((f"incident {incident['id']}", told, counted))
    _, ladder = ladder_of(incidents, statements)
    ladder["at_least"] |= report["totals"]["at_least"] and bool(report["gaps"])
    compared.append(("totals", {rung: report["totals"][rung] for rung in ladder}, ladder))
    differences = [
        f"{where}: {name} is {told.get(name, 'missing')} in the report, {counted.get(name, 'missing')} when recounted"
        for where, told, counted in compared for name in sorted({*told, *counted})
        if told.get(name) != counted.get(name) and (told.get(name), counted.get(name)) != ("unknown", 0)]
    fine = f"{len(incidents)} incidents, {sum(len(counted) for _, _, counted in compared)} figures recounted: all agree"
    print("\n".join(differences or [fine]).encode("ascii", "backslashreplace").decode())
    return bool(differences)
if __name__ == "__main__":
    place = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent
    sys.exit(recount(place if place.is_dir() else zipfile.Path(place)))
