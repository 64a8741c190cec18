"""Subjects: the stem that links a mailing, and what prefixes say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.analyse.subject import read_subject, sensitive_file_words, sensitive_words


@pytest.mark.parametrize(
    "subject",
    [
        "Summer camp",
        "SUMMER CAMP!",
        "Re: Summer camp",
        "Re[2]: Summer camp",
        "RE: AW: Fwd: summer camp",
        "[parents] Summer camp",
        "Re: [parents] Fwd: Summer camp",
        "SV: Summer camp",
        "Odp: summer camp",
        "Ynt: summer camp",
        "回复：Summer camp",
        "Re : Summer camp",
        "Recall: Summer camp",
        "Correction: Summer camp",
        "CORRECTION - Summer camp",
        "Summer camp (corrected)",
        "[CORRECTION] Summer camp",
        "Rückruf: Summer camp",
        "Summer camp (2/5)",
        "Summer camp 2 of 5",
        "Summer camp, part 3",
        "Summer camp Teil 2 von 3",
        "Summer camp - batch 12",
        "Summer camp (A-K)",
        "Summer camp 12 March 2024",
        "Summer camp, Monday 4 March",
        "Summer camp 2024-03-12",
        "12.03.2024: Summer camp",
        "Summer camp März 2024",
        "Fwd: Summer camp (fwd)",
        "\u200fرد: Summer camp",
        "RE\u200e: \u202bWG\u202c: Summer camp",
        "\u200f[\u200eparents] \u200fתגובה: Summer camp",
        "İLT: YNT: Summer camp",
        "Antw.: Rép.: Summer camp",
        "Re[12]: Re(3): AW^2: RE*4: Re5: Summer camp",
        "回复：转发： Summer camp",
        "【重要】訂正：Summer camp",
        "お詫び：Summer camp",
        "Отозвано: Summer camp",
        "[EXT] RV: [list] Re: R: I: Summer camp",
    ],
)
def test_stem_is_what_copies_of_one_mailing_share(subject: str) -> None:
    """Prefixes, list tags, part numbers, dates, punctuation and case are no part of the stem."""
    assert read_subject(subject).stem == "summer camp"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tuesday class", "Friday class"),
        ("Camp for parents", "Camp for teachers"),
        ("Invoice 4711", "Invoice 4712"),
        ("Room 204 booking", "Room 205 booking"),
    ],
)
def test_different_matters_have_different_stems(one: str, other: str) -> None:
    """What tells two mailings apart stays in the stem."""
    assert read_subject(one).stem != read_subject(other).stem


@pytest.mark.parametrize("subject", ["", "Re:", "Hello", "RE: Update", "(2/5)", "Wichtig!", "12 March 2024", "-"])
def test_empty_and_everyday_subjects_are_commonplace(subject: str) -> None:
    """An empty stem or a greeting says nothing about the mailing."""
    assert read_subject(subject).commonplace


@pytest.mark.parametrize("subject", ["Newsletter", "Update on the Harbour project", "夏令营"])
def test_subjects_that_name_a_matter_are_not_commonplace(subject: str) -> None:
    """A stem that names something may link."""
    assert not read_subject(subject).commonplace


@pytest.mark.parametrize(
    ("subject", "signs"),
    [
        ("Re: Recall: Camp", ("reply", "recall")),
        ("WG: AW: Camp", ("forward", "reply")),
        ("Message Recall: Camp", ("recall",)),
        ("Rappel : Camp", ("perhaps_recall",)),
        ("Errata corrige: Camp", ("correction",)),
        ("Camp", ()),
        ("Recalling old times: a camp", ()),
        ("Real estate: camp", ()),
    ],
)
def test_prefixes_say_what_the_message_is(subject: str, signs: tuple[str, ...]) -> None:
    """Prefixes are read from the outermost on, and only whole words count."""
    assert read_subject(subject).signs == signs


@pytest.mark.parametrize("subject", ["Please delete my last mail", "Bitte löschen: Einladung", "URGENT - do not open"])
def test_requests_to_delete_are_heard(subject: str) -> None:
    """Some senders ask to delete instead of recalling."""
    assert read_subject(subject).asks_to_delete


def test_sensitive_words_are_found_by_category_and_whole() -> None:
    """A hint needs the whole word: a patient is one, patience is none."""
    assert sensitive_words("Einladung zur Selbsthilfegruppe für Eltern") == {
        "children": "eltern",
        "health": "selbsthilfegruppe",
    }
    assert sensitive_words("Patience") == {}


@pytest.mark.parametrize(
    ("subject", "category"),
    [
        ("Nächster Elternabend am 3. Mai", "children"),
        ("Résultats d'analyses : rendez-vous", "health"),
        ("Ouderavond groep 5", "children"),
        ("Solicitantes de asilo: reunión", "asylum"),
        ("Graduatoria trapianti", "health"),
        ("Badania: lista pacjentów", "health"),
        ("Föräldramöte i november", "children"),
        ("Flygtninge: nye regler", "asylum"),
        ("Gjeldsordning: møte onsdag", "money"),
        ("Baixa médica: documentos", "employment"),
    ],
)
def test_sensitive_words_are_known_in_ten_languages(subject: str, category: str) -> None:
    """Beside English; a language without a list would say that nothing is sensitive in it."""
    assert category in sensitive_words(subject)


@pytest.mark.parametrize("subject", ["A kind reminder", "Old barn door", "Gentile utente", "Dette er en test"])
def test_words_that_mean_another_thing_elsewhere_are_left_out(subject: str) -> None:
    """All languages apply at once: the German for child is friendly in English, the French for debt means this."""
    assert sensitive_words(subject) == {}


@given(st.text(max_size=200))
def test_any_text_has_a_stem_that_is_stable(text: str) -> None:
    """Stem = subject without prefixes …, punctuation and case: reading never fails, and case does not matter."""
    stem = read_subject(text).stem

    assert stem == " ".join(stem.split())
    assert read_subject(f"Re: {text}").stem == stem


def test_long_runs_of_prefixes_are_read_in_linear_time() -> None:
    """A client that prefixes for ever is cut, not waited for."""
    assert read_subject("Re: " * 100_000 + "Camp").commonplace


@pytest.mark.parametrize(
    ("name", "categories"),
    [
        ("Patientenliste.xlsx", {"health"}),
        ("PatientList2.csv", {"health"}),
        ("2024_HIV-results.pdf", {"health"}),
        ("KÜNDIGUNGEN.DOCX", {"employment"}),
        ("Bewerberliste und Schulden.pdf", {"employment", "money"}),
        ("Scan_0001.pdf", set()),
        ("image001.png", set()),
        ("", set()),
    ],
)
def test_file_names_run_their_words_together(name: str, categories: set[str]) -> None:
    """A word of the lexicon counts within a compound, at a capital, and beside digits and underscores."""
    assert set(sensitive_file_words(name)) == categories


@pytest.mark.parametrize(
    ("subject", "apologises", "asks_to_delete"),
    [
        ("Przepraszamy za błąd", True, False),
        ("Приносим извинения", True, False),
        ("先日のメール誤送信について", True, False),
        ("メールの削除をお願いいたします", False, True),
        ("请删除我们今天的邮件", False, True),
        ("오늘 보낸 메일을 삭제해 주십시오", False, True),
        ("Lütfen siliniz: bugünkü ileti", False, True),
        ("نعتذر عن الخطأ", True, False),
        ("Vänligen radera vårt brev", False, True),
        ("Sorrytown fair", False, False),
    ],
)
def test_apologies_and_requests_are_heard_in_other_languages(
    subject: str, apologises: bool, asks_to_delete: bool
) -> None:
    """Also where writing has no blanks between its words, or joins endings to them."""
    read = read_subject(subject)

    assert (read.apologises, read.asks_to_delete) == (apologises, asks_to_delete)
