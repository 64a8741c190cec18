"""Ranking: what raises a rank, what lowers it, and what may never lower it."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model import AddressKey, ApprovedGroup, Label, MessagePart, Partner, Pattern
from tests.analyse.sources import DAY, HOUR, NOON, OFFICE, POLICY, colleagues, find, mail, only, people, points, run

CHIEFS = ("gerd@council.example", "lotte@council.example")
FOREIGN = {"in-reply-to": "<root@mill.example>", "references": "<root@mill.example>"}


def group(members: Sequence[str], *, since: int | None = None, expires: int | None = None) -> ApprovedGroup:
    """Return an approval of these members."""
    keys = frozenset(map(AddressKey, members))
    return ApprovedGroup("board", keys, frozenset(), "Ada Berg", "agreed in a meeting", since, expires)


@pytest.mark.parametrize("outlets", [40, 400])
def test_fifteen_patients_outrank_four_hundred_journalists(outlets: int) -> None:
    """Size saturates, and private mailboxes weigh more than places at the press, be each at another paper."""
    patients = [f"Ada Berg <x{place:05d}q@gmail.com>" for place in range(15)]
    incidents = run(
        [mail("Art competition", to=patients), mail("Press release", to=colleagues(400, outlets), at=NOON + DAY)]
    ).incidents

    assert [incident.subject for incident in incidents] == ["Art competition", "Press release"]


def test_project_team_in_its_own_thread_ranks_at_the_bottom() -> None:
    """Eight people at two partner domains answer each other: the rank falls, and the mail stays in the queue."""
    team = mail("Re: Bridge", to=colleagues(8, 2)[::-1], fields=FOREIGN)
    strangers = mail("Evening", to=[f"x{place}q@quay{place}.example" for place in range(8)], at=NOON + DAY)

    last = find([team, strangers], "Re: Bridge")

    assert points(last, "outsiders_thread") < 0
    assert (last.rank, last.queued) == (2, "floor")


@pytest.mark.parametrize("queue_score", [-10, 0, 3, 15])
@pytest.mark.parametrize("kind", ["thread", "circle", "roles"])
def test_hints_take_nothing_off_the_queue(kind: str, queue_score: int) -> None:
    """Without a stored mail of theirs nothing is proven: hints order the queue, whatever score it begins at."""
    policy = replace(POLICY, queue_score=queue_score)
    team = colleagues(5, 1)[::-1]
    messages = {
        "thread": [mail("Re: P5", to=team, fields=FOREIGN)],
        "circle": [mail("Re: P4", to=team, at=NOON - 40 * DAY, fields=FOREIGN), mail("Re: P5", to=team)],
        "roles": [mail("Re: P5", to=[f"{name}@mill.example" for name in ("press", "office", "info")] + team[:2])],
    }[kind]

    incident = next(one for one in run(messages, policy).incidents if one.subject == "Re: P5")

    assert incident.queued == ("floor" if incident.score >= queue_score else "")
    assert incident.queued or sum(reason.points for reason in incident.reasons if reason.points > 0) < queue_score


def test_a_foreign_id_is_no_answer_of_itself() -> None:
    """Somebody opens an old mail, puts in five others and a new subject, and sends: a new mail, and queued."""
    incident = only(
        [mail("P5 caseiv Re: outside", to=people(5, "quay.example"), fields={"references": "<x@o.example>"})]
    )

    assert points(incident, "new_mail") == 10
    assert [reason.rule for reason in incident.reasons if reason.points < 0] == []
    assert incident.queued == "floor"


def test_a_stored_thread_speaks_only_for_lists_with_whoever_began_it() -> None:
    """The thread's beginner is replaced by others: the answer is no answer to him."""
    team = colleagues(9, 1)
    root = mail("Bridge", to=[OFFICE, *team[1:]], sender=team[0], at=NOON - DAY, origin="received", role="inbox")
    answer = mail("Re: Bridge", to=team[1:], fields={"references": root.message_id})

    incident = only([root, answer])

    assert points(incident, "outsiders_thread") == 0
    assert incident.queued == "floor"


def test_one_stranger_more_keeps_an_answer_in_the_queue() -> None:
    """Nine of ten were shown by the thread; the tenth was added by us."""
    team = [f"ada.berg{place}@mill.example" for place in range(5, 14)][::-1]
    root = mail("Bridge", to=[OFFICE, *team[1:]], sender=team[0], at=NOON - DAY, origin="received", role="inbox")
    answer = mail("Re: Bridge", to=team, fields={"references": root.message_id})
    added = mail("Re: Bridge", to=[*team, "x9q@mill.example"], fields={"references": root.message_id})

    assert only([root, answer]).queued == ""
    assert only([root, added]).queued == "floor"


@pytest.mark.parametrize("subject", ["Winter gathering", "Re: Winter gathering", "Fwd: Winter gathering"])
@pytest.mark.parametrize("host", ["gmail.com", "org{}.example"])
def test_five_strangers_are_queued_by_the_default_policy(subject: str, host: str) -> None:
    """Every mail that shows five unrelated people is for a person to judge, whatever its form."""
    strangers = [f"x{place:03d}q@{host.format(place)}" for place in range(5)]

    assert only([mail(subject, to=strangers)]).queued == "floor"
    assert only([mail(subject, to=strangers, fields=FOREIGN)]).queued == "floor"


def test_score_is_the_sum_of_its_reasons() -> None:
    """Integers, sum of the reasons, mitigants negative, not clamped."""
    labels = (Label("health", Pattern("account", OFFICE)),)
    messages = [
        mail("Support group for patients", to=people(300)),
        mail("Recall: Support group for patients", to=people(300), at=NOON + HOUR),
        mail("Support group for patients", to=[OFFICE], bcc=people(300), at=NOON + 2 * HOUR),
    ]

    incident = only(messages, replace(POLICY, labels=labels))

    assert incident.score == sum(reason.points for reason in incident.reasons) > 100
    assert all(isinstance(reason.points, int) for reason in incident.reasons)


def test_reasons_hold_no_address() -> None:
    """Every incident says in plain words why it stands where it stands, with figures and without addresses."""
    incident = only([mail("Patients", to=["Tim Berg <susanne.berg@gmail.com>", *people(9), "info@mill.example"])])

    assert incident.reasons
    for reason in incident.reasons:
        assert "@" not in reason.text
        assert reason.text
    assert any(re.search(r"\d", reason.text) for reason in incident.reasons)


def test_harmless_mail_of_the_same_incident_does_not_hide_strangers() -> None:
    """A batch to colleagues of one company beside the batch to patients leaves the patients what they are."""
    patients = mail(to=people(15))
    colleagues_too = mail(to=people(60, "mill.example"), at=NOON + HOUR)
    roles_too = mail(to=[f"press@org{place}.example" for place in range(40)], at=NOON + 2 * HOUR)

    assert only([patients, colleagues_too, roles_too]).score >= only([patients]).score


RULES_OF_A_LIST = ("size", "private_mailboxes", "strangers", "separate_organisations")
"""What is judged of one and the same list."""


def test_a_short_mail_does_not_make_strangers_of_a_long_list() -> None:
    """Eighteen people of two firms, and once one of each alone: these two weigh as two, not as eighteen strangers."""
    crew = colleagues(18, 2)[::-1]
    whole = mail("Scaffold", to=crew)
    apart = mail("Re: Scaffold", to=crew[:2], at=NOON + HOUR, fields={"references": whole.message_id})

    together, two, eighteen = only([whole, apart]), only([apart]), only([whole])

    weights = [sum(points(incident, rule) for rule in RULES_OF_A_LIST) for incident in (together, two, eighteen)]
    assert weights[0] == max(weights[1:])


def test_a_short_mail_that_weighs_more_is_judged_by_its_own_people() -> None:
    """Three patients beside twenty people of one firm: strangers and size are those of one mail, and it says so."""
    patients = [mail("Rooms", to=people(3)), mail("Recall: Rooms", to=people(3), at=NOON + HOUR)]
    firm = mail("Rooms", to=people(20, "mill.example"), at=NOON + 2 * HOUR)

    incident = only([*patients, firm])
    alone = only(patients)

    assert [points(incident, rule) for rule in RULES_OF_A_LIST] == [points(alone, rule) for rule in RULES_OF_A_LIST]
    assert next(reason.text for reason in incident.reasons if reason.rule == "size") == (
        "23 people exposed, role addresses aside; counted here: 3 people of one mail, too few to speak for all"
    )


@given(strangers=st.integers(2, 25), firms=st.integers(1, 25), others=st.integers(2, 40), at=st.integers(1, 8))
def test_harmless_mail_beside_a_list_never_takes_from_its_size_and_strangers(
    strangers: int, firms: int, others: int, at: int
) -> None:
    """Whatever else of the same mailing went to people of one firm, small lists and large ones stay what they are."""
    leak = mail("Rooms", to=[*people(strangers), *colleagues(firms, firms, start=50)])
    beside = mail("Rooms", to=people(others, "mill.example"), at=NOON + at * HOUR)

    both, alone = only([leak, beside]), only([leak])

    assert sum(points(both, rule) - points(alone, rule) for rule in RULES_OF_A_LIST) >= 0


def test_a_list_shown_twice_in_one_incident_is_repeated_too() -> None:
    """A recall or an answer to all shows the list again, as a second mailing a month later does."""
    first = mail("Rooms", to=people(9))
    answer = mail("Re: Rooms", to=people(8), at=NOON + HOUR, fields={"references": first.message_id})
    part = mail("Re: Rooms", to=people(7), at=NOON + HOUR, fields={"references": first.message_id})

    again = only([first, answer])

    assert points(again, "shown_again") == 3
    assert "2 mails show the list" in next(reason.text for reason in again.reasons if reason.rule == "shown_again")
    assert points(only([first, part]), "shown_again") == 0


def test_a_list_that_came_again_counts_once() -> None:
    """Whether another incident showed it, or this one several times: one reason, not both."""
    earlier = mail("Keys", to=people(9), at=NOON - 60 * DAY)
    incident = find([earlier, mail("Rooms", to=people(9)), mail("Re: Rooms", to=people(9), at=NOON + HOUR)], "Rooms")

    assert points(incident, "repetition") == 6
    assert points(incident, "shown_again") == 0


def test_answers_to_a_thread_of_theirs_repeat_nothing() -> None:
    """Nine people who talk, and we answer twice: they had shown the list to each other."""
    deep = {"references": "<root@mill.example> <second@quay.example>"}
    answers = [mail("Re: Bridge", to=people(9), at=NOON + n * HOUR, fields=deep) for n in range(2)]

    assert points(only(answers), "outsiders_thread") < 0
    assert points(only(answers), "shown_again") == 0


def test_bcc_sibling_is_the_best_evidence_of_intent() -> None:
    """The same mailing went out properly in Bcc elsewhere."""
    alone = only([mail(to=people(20))])
    with_sibling = only([mail(to=people(20)), mail(to=[OFFICE], bcc=people(20, start=50), at=NOON - HOUR)])

    assert with_sibling.score >= alone.score + 12
    assert len(with_sibling.bcc_siblings) == 1


def test_sibling_of_another_sender_is_none() -> None:
    """Same unit and stem within the window, or no sibling."""
    other = mail(to=["x@council.example"], bcc=people(20, start=50), sender="press@council.example")
    late = mail(to=[OFFICE], bcc=people(20, start=50), at=NOON + 15 * DAY)

    incident = only([mail(to=people(20)), other, late])

    assert incident.bcc_siblings == ()


def test_label_outranks_subject_words() -> None:
    """A label set by a person counts before words of the subject."""
    labelled = only([mail("Art", to=people(9))], replace(POLICY, labels=(Label("health", Pattern("mailbox", "Sent")),)))
    worded = only([mail("HIV patients asylum victims", to=people(9))])

    assert labelled.label == "health"
    assert points(labelled, "label") > 3 * points(worded, "subject_words") > 0


def test_names_of_attachments_are_weak_hints() -> None:
    """They count no more than words of a subject, are explained by the word, and name no file or person."""
    scan = MessagePart("2", "application/pdf", "", "attachment", "Scan 0001.pdf")
    patients = MessagePart("3", "application/x", "", "attachment", "Patientenliste Berg.xlsx")
    inner = MessagePart("4.1", "text/plain", "", "", "asylum.txt")
    plain = only([mail("Art", to=people(9), parts=[scan])])
    worded = only([mail("Art", to=people(9), parts=[scan, patients, inner])])
    labelled = only([mail("Art", to=people(9))], replace(POLICY, labels=(Label("health", Pattern("mailbox", "Sent")),)))

    (reason,) = [one for one in worded.reasons if one.rule == "attachment_words"]

    assert points(plain, "attachment_words") == 0
    assert worded.score - plain.score == reason.points == 4
    assert points(labelled, "label") > 3 * reason.points
    assert all(text in reason.text for text in ("“patient", "(health)", "“asylum” (asylum)"))
    assert "Berg" not in reason.text


def test_protected_insiders_are_strangers_to_each_other() -> None:
    """Own pupils share a domain; their list is no project team."""
    pupils = only([mail(to=people(20, "pupils.council.example"))])
    team = only([mail(to=people(20, "mill.example"))])

    assert points(pupils, "private_mailboxes") == 26
    assert pupils.score > team.score + 30


@pytest.mark.parametrize(("at", "lowers"), [(NOON, True), (NOON + DAY, False), (NOON - 2 * DAY, False)])
def test_approval_counts_at_the_date_of_the_mail(at: int, lowers: bool) -> None:
    """Recorded approvals valid at the message's date."""
    approved = group(people(12), since=NOON - DAY, expires=NOON + DAY)

    incident = only([mail(to=people(12), at=at)], replace(POLICY, groups=(approved,)))

    assert (incident.score < 0) is lowers
    assert (incident.queued == "") is lowers


def test_approval_does_not_cover_a_stranger_in_the_list() -> None:
    """A group agreed to see each other, not to be shown to anybody else."""
    approved = replace(POLICY, groups=(group(people(12)),))

    with_stranger = only([mail(to=people(13))], approved)
    with_hidden_stranger = only([mail(to=people(12), bcc=["spy@quay.example"])], approved)

    assert with_stranger.queued == "floor"
    assert with_hidden_stranger.queued == "floor"


def test_two_approved_groups_in_one_mail_are_not_approved() -> None:
    """Each group agreed to its own members only."""
    groups = (group(people(12)), group(people(12, start=12)))

    incident = only([mail(to=people(24))], replace(POLICY, groups=groups))

    assert incident.queued == "floor"


def test_partner_on_record_lowers_while_it_is_valid() -> None:
    """A partner domain lowers the rank at the date of the mail only."""
    partner = Partner("mill.example", "contract", None, NOON + DAY)
    policy = replace(POLICY, partners=(partner,))
    to = people(9, "mill.example")

    assert points(only([mail(to=to)], policy), "partners") < 0
    assert points(only([mail(to=to, at=NOON + DAY)], policy), "partners") == 0


def test_the_more_people_got_an_answer_to_one_mail_the_less_that_mail_speaks_for_them() -> None:
    """It cannot be called unlikely that one mail went to so many, and be a hint that it did."""
    few, some, many = (
        points(only([mail("Re: Pool", to=people(size), fields=FOREIGN)]), "outsiders_thread") for size in (5, 12, 25)
    )

    assert few < some < many == 0


def test_one_mail_of_an_outsider_is_a_weaker_hint_than_a_conversation() -> None:
    """A customer's question answered to all looks like the first answer in a circle: one unseen mail proves little."""
    to = colleagues(8, 8)[::-1]
    conversation = FOREIGN | {"references": "<root@mill.example> <second@quay.example>"}

    question = only([mail("Re: Bridge", to=to, fields=FOREIGN)])
    talk = only([mail("Re: Bridge", to=to, fields=conversation)])

    assert points(talk, "outsiders_thread") < 3 * points(question, "outsiders_thread") < 0


def test_an_answer_to_one_mail_that_went_to_many_is_half_a_new_mail() -> None:
    """One unseen question shows no conversation: to forty people it hardly went."""
    conversation = {"references": "<root@mill.example> <second@mill.example>"}

    few, some, many = (only([mail("Re: Pool", to=people(size), fields=FOREIGN)]) for size in (4, 10, 40))
    talk = only([mail("Re: Pool", to=people(40), fields=conversation)])

    assert points(few, "new_mail") == points(talk, "new_mail") == 0
    assert 0 < points(some, "new_mail") < points(many, "new_mail") < points(only([mail(to=people(40))]), "new_mail")
    assert "40 people got an answer to a single mail" in next(
        reason.text for reason in many.reasons if reason.rule == "new_mail"
    )


@pytest.mark.parametrize("prefix", ["Recall: ", "Apologies: "])
def test_taking_a_mail_back_is_as_strong_a_sign_as_hiding_it_elsewhere(prefix: str) -> None:
    """Three people whose mail was taken back stand above twelve in a mail that nobody regretted."""
    back = find([mail("Keys", to=people(3)), mail(prefix + "Keys", to=people(3), at=NOON + HOUR)], "Keys")

    assert points(back, "recall") + points(back, "apology") == 12
    assert back.score > only([mail(to=[*people(8), *colleagues(4, 4)])]).score


def test_the_weakest_hint_of_an_incident_counts() -> None:
    """A later answer deep in the thread does not make the first one, to a single mail, a conversation."""
    to = colleagues(8, 8)[::-1]
    first = mail("Re: Bridge", to=to, fields=FOREIGN)
    later = mail("Re: Bridge", to=to, at=NOON + DAY, fields={"references": "<root@mill.example> <third@quay.example>"})

    assert points(only([first, later]), "outsiders_thread") == points(only([first]), "outsiders_thread")


def test_customers_that_are_firms_stand_above_a_meeting_of_firms() -> None:
    """Thirty people of thirty firms share as little as private people; thirty of five firms are teams."""
    customers = only([mail(to=colleagues(30, 30))])
    meeting = only([mail(to=colleagues(30, 5))])

    assert points(customers, "separate_organisations") == 12
    assert 0 < points(only([mail(to=colleagues(6, 6))]), "separate_organisations") < 9
    assert points(meeting, "separate_organisations") == 0
    assert customers.score > meeting.score + 15


def test_a_list_in_cc_beside_the_sender_looks_like_a_missed_bcc() -> None:
    """Who writes to himself and copies a list meant to hide it."""
    copied = only([mail(to=[OFFICE], cc=people(9))])

    assert points(copied, "copied_list") > 0
    assert points(only([mail(to=people(1), cc=people(8, start=1))]), "copied_list") == 0


def test_a_chief_who_is_copied_makes_no_meeting() -> None:
    """One colleague beside five outsiders or more speaks for a project as little as none; two do."""
    scores = [points(only([mail(to=people(7), cc=chiefs)]), "outsiders_only") for chiefs in ([], CHIEFS[:1], CHIEFS)]

    assert scores == [6, 6, 0]
    assert points(only([mail(to=people(4), cc=CHIEFS[:1])]), "outsiders_only") == 0


def test_entries_that_cannot_be_read_count_for_the_size() -> None:
    """Three addresses and nine bare names are more than three people."""
    bare = [f"jsmith{number}" for number in range(9)]

    unreadable = only([mail(to=[*people(3), *bare])])

    reason = next(reason for reason in unreadable.reasons if reason.rule == "size")
    assert reason.points > points(only([mail(to=people(3))]), "size")
    assert reason.text == "3 people exposed, role addresses aside, and 9 entries that cannot be read"


def test_role_addresses_lower_the_rank() -> None:
    """A press list of role addresses is real and low."""
    roles = [f"press@org{place}.example" for place in range(12)]
    persons = [f"x{place}q@org{place}.example" for place in range(12)]

    assert only([mail(to=roles)]).score < only([mail(to=persons)]).score - 10


def test_stored_thread_of_an_outsider_lowers_the_rank() -> None:
    """An outsider showed the people to each other first, and the store proves it."""
    team = colleagues(9, 3)
    root = mail("Bridge", to=[OFFICE, *team[1:]], sender=team[0], at=NOON - DAY, origin="received", role="inbox")
    answer = mail("Re: Bridge", to=team, fields={"references": root.message_id})

    assert points(only([root, answer]), "outsiders_thread") == -25


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ([*range(40, 60)], "the 20 recipients"),
        ([*range(40, 50), *range(410, 420)], "almost all of the 20 recipients"),
    ],
)
def test_order_of_a_list_is_told_as_it_is(numbers: Sequence[int], said: str) -> None:
    """By letters t410 stands before t49: what is nearly in order is called so."""
    incident = only([mail(to=[f"t{number}@gmail.com" for number in numbers])])

    text = next(reason.text for reason in incident.reasons if reason.rule == "pasted_list")
    assert text == f"{said} stand in alphabetical order, like an export"


def test_people_added_to_an_outsiders_thread_are_not_excused() -> None:
    """The thread excuses whom it showed, not the list that was pasted into the answer."""
    root = mail("Question", to=[OFFICE], sender="a@gmail.com", at=NOON - DAY, origin="received", role="inbox")
    answer = mail("Re: Question", to=["a@gmail.com", *people(30)], fields={"in-reply-to": root.message_id})

    assert points(only([root, answer]), "outsiders_thread") == 0


@pytest.mark.parametrize("has_question", [True, False])
def test_an_answer_widened_to_a_list_is_like_a_new_mail(has_question: bool) -> None:
    """We answered one customer before, and now everybody: the thread had never shown them to each other."""
    asked = "<q@mill.example>"
    question = mail("Pool", to=[OFFICE], sender="a@gmail.com", at=NOON - DAY, message_id=asked, origin="received")
    first = mail("Re: Pool", to=["a@gmail.com"], at=NOON - HOUR, fields={"references": asked})
    fields = {"references": f"{asked} {first.message_id} <again@mill.example>"}
    if has_question:
        fields = {"references": f"{first.message_id} {asked}"}
    widened = mail("Re: Pool", to=["a@gmail.com", *people(20)], fields=fields)

    alone = only([widened])
    known = only([question, first, widened] if has_question else [first, widened])

    assert points(alone, "new_mail") == 0
    assert points(known, "new_mail") == (10 if has_question else 5)
    assert points(known, "outsiders_thread") == 0
    assert "20 people" in next(reason.text for reason in known.reasons if reason.rule == "new_mail")


def test_own_thread_is_no_excuse_even_when_its_first_mail_is_deleted() -> None:
    """A Message-ID of our own hosts cannot be somebody else's thread."""
    for root in ("<1@council.example>", "<1@mail.council.example>", "<1@relay.example>"):
        fields = {"references": root}
        messages = [
            mail("Re: Bridge", to=colleagues(8, 2), fields=fields),
            mail("Other", to=people(2), message_id="<7@relay.example>", at=NOON + 60 * DAY),
        ]
        assert points(find(messages, "Re: Bridge"), "outsiders_thread") == 0


def test_a_provider_with_many_servers_made_our_deleted_mail_as_well() -> None:
    """Message-IDs of Exchange Online name the server of the day: another one is no proof of another sender."""
    host = "prod.outlook.com"
    fields = {"references": f"<1@AM0PR12MB3456.eurprd12.{host}>"}
    answer = mail("Re: Bridge", to=colleagues(8, 2), fields=fields)
    ours = mail("Other", to=people(2), message_id=f"<7@DB9PR04MB1111.eurprd04.{host}>", at=NOON + 60 * DAY)

    assert points(find([answer, ours], "Re: Bridge"), "outsiders_thread") == 0
    assert points(find([answer], "Re: Bridge"), "outsiders_thread") < 0


def test_circle_that_an_outsider_made_known_keeps_its_excuse() -> None:
    """A new mail to people whom a stored thread of theirs had shown to each other before our first exposure."""
    team = colleagues(9, 3)
    root = mail("Bridge", to=[OFFICE, *team[1:]], sender=team[0], at=NOON - 90 * DAY, origin="received", role="inbox")
    answer = mail("Re: Bridge", to=team, at=NOON - 89 * DAY, fields={"references": root.message_id})
    leak = mail("Leak", to=team, at=NOON - 100 * DAY)

    assert points(find([root, answer, mail("Tunnel", to=team)], "Tunnel"), "known_circle") == -12
    assert points(find([root, answer, mail("Tunnel", to=[*team, *people(5)])], "Tunnel"), "known_circle") == 0
    assert points(find([leak, root, answer, mail("Tunnel", to=team)], "Tunnel"), "known_circle") == 0


def test_two_people_are_queued_with_a_recall_or_a_label() -> None:
    """Queued: at least 2 with a recall signal, or in a mail from a labelled source that is not a reply."""
    labelled = replace(POLICY, labels=(Label("health", Pattern("sender", OFFICE)),))
    two = mail(to=people(2))
    answers = {"in-reply-to": "<1@quay.example>"}
    quiet = mail("We apologise", to=[OFFICE], bcc=people(2), at=NOON + DAY)

    assert only([two]).queued == ""
    assert only([two, mail("Recall: Winter gathering", to=people(2), at=NOON + HOUR)]).queued == "recall"
    assert only([two, quiet]).queued == "recall"
    assert only([two], labelled).queued == "label"
    assert only([mail("Re: Winter gathering", to=people(2), fields=answers)], labelled).queued == ""


@pytest.mark.parametrize(
    ("subject", "fields"),
    [
        ("Betr.: Gesprächskreis", {}),
        ("Rif: gruppo", {}),
        ("Re: your appointment", {}),
        ("VS: samtalegruppe", {"in-reply-to": "<1@quay.example>"}),
        ("Support Thursday", {"in-reply-to": "<1@quay.example>", "references": "<0@quay.example> <1@quay.example>"}),
    ],
)
def test_no_prefix_alone_keeps_a_labelled_mail_out(subject: str, fields: dict[str, str]) -> None:
    """Queued: at least 2 in a mail from a labelled source that is not a reply; what only looks like one is none."""
    labelled = replace(POLICY, labels=(Label("health", Pattern("sender", OFFICE)),))

    assert only([mail(subject, to=people(3), fields=fields)], labelled).queued == "label"


def test_a_new_mail_made_from_an_old_one_is_no_answer() -> None:
    """Another subject, other people, In-Reply-To of mail that nobody holds: it keeps all of its points."""
    inherited = {
        "in-reply-to": "<3@mill.example>",
        "references": "<1@mill.example> <2@mill.example> <3@mill.example>",
    }

    new = only([mail("Support evening on Thursday", to=people(14))])
    made = only([mail("Support evening on Thursday", to=people(14), fields=inherited)])
    answer = only([mail("Re: Support evening on Thursday", to=people(14), fields=inherited)])

    assert made.reasons == new.reasons
    assert points(made, "new_mail") > 0 == points(made, "outsiders_thread")
    assert points(answer, "new_mail") == 0 > points(answer, "outsiders_thread")


def test_unreadable_list_is_queued() -> None:
    """Outsiders + unresolved at or above the floor: queued as "unreadable list", with nobody on the rungs."""
    incident = only([mail(to=["a@gmail.com", "Board", "Friends/Quay", "Choir", "Parents"])])

    assert incident.queued == "unreadable list"
    assert incident.ladder.messages == 0
    assert incident.ladder.unresolved == 4


def test_floor_and_score_of_the_policy_decide() -> None:
    """From a floor and a score that the policy sets."""
    message = mail(to=people(9))

    assert only([message], replace(POLICY, queue_floor=10)).queued == ""
    assert only([message], replace(POLICY, queue_score=500)).queued == ""
    assert only([message]).rank == 1
