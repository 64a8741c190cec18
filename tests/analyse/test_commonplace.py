"""Commonplace subjects: what two mails of one day may both be called without belonging together."""

import pytest

from scanner.analyse.subject import read_subject
from tests.analyse.sources import HOUR, NOON, mail, people, run

EVERYDAY = """
Good morning | Your appointment | Re: Next steps | Confirmation | Welcome | Photos | Zoom link | Thank you!
Guten Morgen | Moin | Viele Grüße | Ihr Termin | Terminbestätigung | Zur Kenntnis | Bitte um Rückruf
Votre rendez-vous | Bonsoir | Votre demande | Su cita | Confirmación | Muchas gracias | Buona sera | La Sua richiesta
Goedemiddag | Uw afspraak | Bevestiging | Hej | Hej alla | Möte | Uppdatering | Påminnelse | Møde | Hei | Viktig
Kokous | Tiedoksi | Dzień dobry | Spotkanie | Ważne | Dobrý den | Schůzka | Jó napot | Emlékeztető | Olá | Bom dia
Reunião | Bună ziua | Ședință | Привет | Здравствуйте | Встреча | Доброго дня | Зустріч | Merhaba | Toplantı
Γεια σας | Ενημέρωση | Συνάντηση | お知らせ
ご連絡 | こんにちは | 通知 | 您好 | 會議 | 안녕하세요 | 공지 | مرحبا | اجتماع | שלום | פגישה
Selamat pagi | Xin chào | Update 12.03.2024 | (no subject) | Kein Betreff | FYI | test mail
"""
DEVICES = """
Scan from a Xerox WorkCentre | Message from KM_C258 | Message from "RNP002673B1D3F4" | Scanned document | IMG_2044
Document1 | Dokument 12 | DSC01234 | Scan_0001 | Screenshot 2024-03-12 at 10.30.12 | Unbenanntes Dokument
WhatsApp Image 2024-03-12 at 10.30.45 | Scanned from a Lexmark Multifunction Product | Attached Image | Numérisation_7
"""
NAMED = """
Newsletter | Winter gathering | Update on the Harbour project | Your appointment at the clinic of Dr Holm
Photos of the regatta | Message from the mayor | Document 9 of the inquiry into the harbour | Merry Christmas
Guten Morgen Norderney | Termin Impfung | 夏令营 | お知らせ：夏合宿 | Встреча выпускников | Toplantı salonu
Scan of the deed | IMG group supper | Invoice 4711 | Hej då, sommaren | Spotkanie absolwentów
"""


def _split(table: str) -> list[str]:
    return [entry.strip() for line in table.strip().splitlines() for entry in line.split("|")]


@pytest.mark.parametrize("subject", _split(EVERYDAY))
def test_everyday_subjects_of_all_languages_are_commonplace(subject: str) -> None:
    """CONTRACTS: an empty or commonplace stem ("hello", "update") never links by itself."""
    assert read_subject(subject).commonplace


@pytest.mark.parametrize("subject", _split(DEVICES))
def test_what_devices_and_programs_call_a_mail_is_commonplace(subject: str) -> None:
    """A scanner's model and a file's running number name no matter."""
    assert read_subject(subject).commonplace


@pytest.mark.parametrize("subject", _split(NAMED))
def test_a_matter_beside_everyday_words_is_not_commonplace(subject: str) -> None:
    """One word that names the matter is enough: parts of that mailing belong together."""
    assert not read_subject(subject).commonplace


@pytest.mark.parametrize("subject", ["Möte", "Встреча", "お知らせ", "Message from KM_C258", "Votre rendez-vous"])
def test_everyday_mail_to_others_on_the_same_day_stays_apart(subject: str) -> None:
    """Two pairs who got mail of one everyday subject are no incident over the floor."""
    messages = [mail(subject, to=people(3)), mail(subject, to=people(3, start=3), at=NOON + 5 * HOUR)]

    assert [bool(incident.queued) for incident in run(messages).incidents] == [False, False]
