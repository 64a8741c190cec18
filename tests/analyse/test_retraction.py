"""What a subject says about an earlier mail, and what only sounds like it."""

from typing import cast

import pytest

from scanner.analyse.kind import calls_back, may_remind, unseen_recalls
from scanner.analyse.subject import read_subject
from scanner.model import Incident, MessageKind
from tests.analyse.sources import DAY, HOUR, MINUTE, NOON, mail, only, people, run

SORRY = """
Sorry for the error | Oops | Whoops - wrong list | Our sincere apologies | Email sent in error | BCC error
Es tut uns leid | Tut mir leid! | Entschuldigung für meine letzte Mail | Versehentlich offener Verteiler | Fehlversand
Pardon | Je suis désolée | Erreur d'envoi | Lo siento | Mil perdones | Error en el envío | Mi dispiace | Chiedo scusa
Scusa per la mail precedente | Errore di invio | Het spijt ons | Excuus | Verkeerd verzonden | Förlåt | Beklager
Pahoittelen | Promiňte | Bocsánat | Прошу прощения | Перепрошую | Kusura bakmayın | Συγνώμη | 对不起 | 送信ミスについて
Peço desculpa | Desculpem | Perdão | Îmi pare rău | Iertați-mă | 오발송 안내 | نأسف للخطأ | מצטערים על הטעות
"""
DELETE = """
Please ignore my previous email | Kindly ignore my earlier message | Sorry - ignore my last | Please delete: Camp
Please do not reply to all | URGENT: please delete email sent at 9.30 | Please delete this
Bitte die letzte Mail löschen | Bitte löschen Sie meine letzte E-Mail | Bitte nicht antworten - Datenschutz
Merci d'ignorer mon précédent message | Veuillez ignorer mon dernier mail | Ignorad el correo anterior
Por favor, borren el correo anterior | Ignorare la mail precedente | Non considerate la mail precedente
Negeer mijn vorige mail | Wilt u de vorige mail verwijderen | Gelieve vorige mail te negeren
Vänligen bortse från tidigare mejl | Bortse fra forrige e-post | Bedes I slette min forrige mail
Proszę zignorować poprzednią wiadomość | メールの削除をお願いいたします | Data protection incident | Datenschutzpanne
Personal data breach | Fuga de datos | 개인정보 유출 안내
"""
HARMLESS = """
Apologies for absence - Thursday | Sorry for the delay | Sorry I missed your call | Apologies - unable to attend
Entschuldigung für Max (krank) | Entschuldigen Sie die späte Antwort | Désolé pour le retard | Lo siento por la demora
Scusate il ritardo | Excuses voor het late antwoord | Ursäkta sent svar | Przepraszam za opóźnienie
Извините за задержку | 返信が遅くなり申し訳ございません | Gecikme için özür dileriz | We regret to inform you
Sorrytown fair
Data breach training | Datenpanne: Schulung am Montag | Formation : violation de données | Policy on data leaks
Please delete old versions of the app | Bitte alte Termine löschen | Merci de supprimer les anciennes versions
Please do not open the gate | Test - please ignore | Testmail, bitte ignorieren | How to delete old messages
Product recall: baby monitors | Further to our email of Tuesday | Re: Sorry about Tuesday
"""

REMINDING = """
Rappel | Rappeler | Zurückrufen | Rückruf | Retirar | Richiama | Intrekken | Terugroepen | Återkalla | Tilbagekald
Trekk tilbake | Kutsu takaisin | Peruuta | Odwołaj | Odvolat | Stáhnout | Visszahívás | Отозвать | Відкликати
Geri Çağır | Ανάκληση | 取り消し | リコール | 召回 | 회수 | Revocare | Cancelar | Withdraw | Retract | ביטול | استرداد
"""


def _split(table: str) -> list[str]:
    return [entry.strip() for line in table.strip().splitlines() for entry in line.split("|")]


@pytest.mark.parametrize("text", _split(SORRY))
def test_apologies_are_heard(text: str) -> None:
    """Whoever is sorry and says for nothing else may be sorry for a mail; the list it goes to proves it."""
    assert read_subject(text).apologises


@pytest.mark.parametrize("text", _split(DELETE))
def test_requests_to_delete_and_leaks_are_heard(text: str) -> None:
    """Words may stand between the request and the mail, and the verb at the end."""
    assert read_subject(text).asks_to_delete


@pytest.mark.parametrize("text", _split(HARMLESS))
def test_everyday_words_call_nothing_back(text: str) -> None:
    """An apology for a delay, a request to delete something else, a training about leaks, a test."""
    assert not calls_back(read_subject(text), is_borne_out=None)


@pytest.mark.parametrize(
    "word",
    _split(REMINDING),
)
def test_words_that_mean_something_else_too_are_told_from_recalls(word: str) -> None:
    """They are taken off the stem, and call a mail back only where it went out as recalls do."""
    subject = read_subject(f"{word}: Summer camp")

    assert subject.stem == "summer camp"
    assert may_remind(subject, is_borne_out=None)
    assert calls_back(subject, is_borne_out=None)


@pytest.mark.parametrize(
    "word", ["Recall", "Message Recall", "Recalled message", "Nachricht zurückrufen", "Recuperar mensagem", "撤回"]
)
def test_words_that_programs_write_recall_whatever_the_time(word: str) -> None:
    """What Outlook writes before a recall means nothing else."""
    assert read_subject(f"{word}: Summer camp").signs == ("recall",)


@pytest.mark.parametrize("word", ["Annule et remplace ", "Ersetzt", "Annulla e sostituisce", "Sustituye al anterior"])
def test_a_mail_that_replaces_another_corrects_it(word: str) -> None:
    """Who replaces a mail sends it again."""
    assert read_subject(f"{word}: Summer camp").signs == ("correction",)


def _second(subject: str, later: int, *, to: int = 2, again: int = 2) -> Incident:
    """Return the incident of a mail and of another, so many seconds later, to as many of the same people and others."""
    messages = [mail("Réunion mardi", to=people(to)), mail(subject, to=people(again), at=NOON + later)]
    return max(run(messages).incidents, key=lambda incident: len(incident.messages))


def test_reminder_of_the_next_day_is_no_recall() -> None:
    """ "Rappel" to two people 26 hours later: they are not queued, and nobody is said to have recalled anything."""
    incident = _second("Rappel : Réunion mardi", 26 * HOUR)

    assert (incident.queued, [part.kind for part in incident.messages]) == ("", ["original", "resend"])


@pytest.mark.parametrize(
    ("subject", "fields"),
    [
        ("R: Rappel : Assemblée", {}),
        ("I: Rückruf: Termin Montag", {}),
        ("VS: Rückruf: Termin", {}),
        ("R: Rif: Rappel : Assemblée", {}),
        # Exchange says that it begins a conversation: nobody believes the "Re:".
        ("Re: Rappel : Assemblée", {"thread-index": "Ac" + "A" * 28}),
    ],
)
def test_a_reminder_behind_a_prefix_that_nobody_believes_is_no_recall(subject: str, fields: dict[str, str]) -> None:
    """The prefix may mean anything; the word behind it is as unsure as where it stands first."""
    messages = [mail("Groupe de parole", to=people(2)), mail(subject, to=people(2), at=NOON + 10 * DAY, fields=fields)]

    incidents = run(messages).incidents

    assert [(incident.queued, len(incident.messages)) for incident in incidents] == [("", 1), ("", 1)]


def test_a_recall_behind_a_prefix_that_nobody_believes_is_called_one() -> None:
    """ "R: Rappel : X" within hours, to the very same people, under the subject of the first: a recall, no apology."""
    incident = _second("R: Rappel : Réunion mardi", 20 * MINUTE)

    assert (incident.queued, [part.kind for part in incident.messages]) == ("recall", ["original", "recall"])


def test_recall_within_hours_to_the_very_same_people_is_one() -> None:
    """Outlook sends a recall to exactly the recipients of the first mail."""
    at_once = _second("Rappel : Réunion mardi", 20 * MINUTE)
    to_others = _second("Rappel : Réunion mardi", 20 * MINUTE, again=3)

    assert (at_once.queued, at_once.messages[1].kind) == ("recall", "recall")
    assert to_others.queued == ""


@pytest.mark.parametrize("subject", ["Sorry for the delay", "Apologies for absence", "Entschuldigung, bin krank"])
def test_everyday_apologies_chain_nothing(subject: str) -> None:
    """Six couples with a quote each, and an everyday apology a week later, are twelve mails below the floor."""
    pairs = [people(2, start=2 * number) for number in range(6)]
    quotes = [mail(f"Kitchen quote {'abcdef'[n]}x", to=pair, at=NOON + n * HOUR) for n, pair in enumerate(pairs)]
    sorry = [mail(subject, to=pair, at=NOON + 7 * DAY + n * HOUR) for n, pair in enumerate(pairs)]

    incidents = run([*quotes, *sorry]).incidents

    assert len(incidents) == 12
    assert not any(incident.queued for incident in incidents)


def test_a_recall_of_nothing_that_is_stored_is_told_as_such() -> None:
    """With no earlier mail found nothing says that somebody recalled it; it is queued all the same."""
    alone = only([mail("Recall: Colposcopy", to=people(3))])
    proven = only([mail("Colposcopy", to=people(3)), mail("Recall: Colposcopy", to=people(3), at=NOON + MINUTE)])

    assert alone.queued == proven.queued == "recall"
    assert alone.unseen_recalls == 1
    assert [reason.points for reason in alone.reasons if reason.rule == "recall_unseen"] == [6]
    assert not [reason for reason in alone.reasons if reason.rule == "recall"]
    assert proven.unseen_recalls == 0
    assert [reason.points for reason in proven.reasons if reason.rule == "recall"] == [12]


def test_a_recall_of_an_apology_that_is_stored_takes_that_back() -> None:
    """What the apology takes back is not stored, what the recall of the apology takes back is."""
    apology = mail("Please delete: Winter clinic list", to=people(8))
    recall = mail("Recall: Please delete: Winter clinic list", to=people(8), at=NOON + HOUR)

    incident = only([apology, recall])

    assert [part.kind for part in incident.messages] == ["apology", "recall"]
    assert [part.is_unseen_recall for part in incident.messages] == [True, False]
    said = {reason.rule: reason.points for reason in incident.reasons}
    assert (said["recall"], said["recall_unseen"]) == (12, 6)


@pytest.mark.parametrize(
    ("subjects", "unseen"),
    [
        (["Recall: Camp", "Recall: Camp"], {0, 1}),
        (["Recall: Camp", "I: Recall: Camp"], {0, 1}),
        (["Recall: Camp", "Recall: Recall: Camp"], {0}),
        # The mail that both mean is not stored.
        (["Sorry: Camp", "Recall: Camp"], {0, 1}),
        (["Sorry: Camp", "Recall: Camp", "Rückruf: Sorry: Camp"], {0, 1}),
        (["Sorry: Camp", "Recall: Sorry: Camp", "Recall: Camp"], {0, 2}),
    ],
)
def test_a_recall_means_a_mail_with_its_own_subject(subjects: list[str], unseen: set[int]) -> None:
    """Of several that take something back each is held against those before it."""
    messages = [("recall" if "Recall" in text or "Rück" in text else "apology", text) for text in subjects]

    assert unseen_recalls(cast("list[tuple[MessageKind, str]]", messages), ()) == unseen
    assert unseen_recalls(cast("list[tuple[MessageKind, str]]", messages), ("sibling",)) == set()


def test_a_recall_of_a_mailing_that_hid_its_list_has_something_to_take_back() -> None:
    """The first mail went out in Bcc, the recall openly: its subject says what is so."""
    messages = [mail(to=[], bcc=people(9)), mail("Recall: Winter gathering", to=people(9), at=NOON + HOUR)]

    incident = only(messages)

    assert incident.bcc_siblings
    assert incident.unseen_recalls == 0


@pytest.mark.parametrize("subject", ["Our apologies", "Sorry!", "Entschuldigung", "Please delete"])
def test_an_apology_of_one_word_is_heard_in_parts(subject: str) -> None:
    """(d) to at least half of the list: four hidden mails of two reach eight people, whatever little they say."""
    parts = [mail(subject, to=[], bcc=people(2, start=2 * part), at=NOON + DAY + part * MINUTE) for part in range(4)]

    incident = only([mail(to=people(8)), *parts])

    assert "apology" in {reason.rule for reason in incident.reasons}
