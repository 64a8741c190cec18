"""What prefixes say, and what is left as the stem."""

import pytest

from scanner.analyse.lexicon import fold, lexicon
from scanner.analyse.stem import SubjectSign
from scanner.analyse.subject import read_subject


@pytest.mark.parametrize(
    ("subject", "sign"),
    [
        ("Resend: Summer camp", "resend"),
        ("RESEND - Summer camp", "resend"),
        ("Re-sent: Summer camp", "resend"),
        ("Summer camp (resent)", "resend"),
        ("Summer camp [RE-SEND]", "resend"),
        ("2nd attempt: Summer camp", "resend"),
        ("Nochmals: Summer camp", "resend"),
        ("Erneut: Summer camp", "resend"),
        ("2. Versuch: Summer camp", "resend"),
        ("Renvoi : Summer camp", "resend"),
        ("2ème envoi : Summer camp", "resend"),
        ("Opnieuw: Summer camp", "resend"),
        ("Nuovo invio: Summer camp", "resend"),
        ("Reenvío: Summer camp", "resend"),
        ("Reenvio: Summer camp", "resend"),
        ("Ponownie: Summer camp", "resend"),
        ("Повторно: Summer camp", "resend"),
        ("【再送】Summer camp", "resend"),
        ("重发：Summer camp", "resend"),
        ("Reminder: Summer camp", "reminder"),
        ("Erinnerung - Summer camp", "reminder"),
        ("Rappel : Summer camp", "perhaps_recall"),
        ("** CORRECTION ** Summer camp", "correction"),
        ("*** Correction ***: Summer camp", "correction"),
        ("(Correction) Summer camp", "correction"),
        ("📢 Korrektur: Summer camp", "correction"),
        ("Summer camp ** corrected **", "correction"),
        ("Summer camp – Korrektur!", "correction"),
        ("Summer camp (CORRECTED!)", "correction"),
        (">> Recall: Summer camp", "recall"),
        ("Summer camp (fwd)", "forward"),
        ("[Fwd: Summer camp]", "forward"),
        ("Réf. : Summer camp", "perhaps_reply"),
        ("Betr.: Summer camp", "perhaps_reply"),
        ("Rif: Summer camp", "perhaps_reply"),
        ("RES: Summer camp", "perhaps_reply"),
        ("R: Summer camp", "perhaps_reply"),
        ("VS: Summer camp", "reply_or_forward"),
        ("CT: Summer camp", "perhaps_forward"),
        ("I: Summer camp", "perhaps_forward"),
        ("ENC: Summer camp", "perhaps_forward"),
        ("Sv: Summer camp", "reply"),
        ("Odp: Summer camp", "reply"),
        ("Vá: Summer camp", "reply"),
        ("答复: Summer camp", "reply"),
    ],
)
def test_prefixes_say_what_they_say_and_leave_the_stem(subject: str, sign: SubjectSign) -> None:
    """With decorations, in brackets and at the end; whatever one language only perhaps means stays perhaps."""
    read = read_subject(subject)

    assert (read.stem, read.signs) == ("summer camp", (sign,))


@pytest.mark.parametrize(
    "subject",
    [
        "Winter appeal (I)",
        "Winter appeal (II)",
        "Winter appeal [IV]",
        "Winter appeal (III/IV)",
        "Winter appeal II/III",
        "The Winter appeal",
        "[I] Winter appeal",
    ],
)
def test_roman_numbers_count_parts_and_forward_nothing(subject: str) -> None:
    """Stem = subject without … part and batch numbers; "(I)" at the end is no Italian forward."""
    read = read_subject(subject)

    assert (read.stem.removeprefix("the "), read.signs) == ("winter appeal", ())


def test_a_roman_number_at_the_end_counts_as_an_arabic_one_does() -> None:
    """Where words say what of: "Winter appeal letter II" is "Winter appeal letter 2"."""
    stems = {read_subject(f"Winter appeal letter {number}").stem for number in ("I", "II", "III", "XIV", "2")}

    assert stems == {"winter appeal letter"}
    assert read_subject("Winter appeal letter mix").stem == "winter appeal letter mix"


@pytest.mark.parametrize(
    "subject", ["Winter appeal - not again", "Winter appeal (R)", "Winter appeal - Re", "W. (vs) L"]
)
def test_other_ends_say_nothing(subject: str) -> None:
    """No program writes its prefix behind a subject but "(fwd)" (RFC 5256, 2.1)."""
    assert read_subject(subject).signs == ()


def test_no_word_is_certain_that_another_language_means_otherwise() -> None:
    """A prefix that is ambiguous between languages never excuses by itself."""
    words = lexicon()

    for word in words("prefix", "reply"):
        others = {name for name in ("perhaps_forward", "forward", "perhaps_reply") if word in words("prefix", name)}
        assert not others, word
    assert read_subject("VS: Camp").signs == ("reply_or_forward",)


@pytest.mark.parametrize("name", ["resend", "reminder", "reply", "correction", "apology"])
def test_every_list_of_prefixes_is_there_in_fifteen_languages_and_more(name: str) -> None:
    """Kinds … from subject prefixes in 15 languages."""
    assert len(lexicon()("prefix", name)) >= 15


@pytest.mark.parametrize(
    ("meaning", "prefixes"),
    [
        # Outlook, by language; the same lists stand in Claws Mail and Stalwart.
        ("reply", "RE Re AW Antw SV VS R RES Odp YNT Vá ΑΠ ΣΧΕΤ BLS ATB НА 回复 答复 回覆 השב رد"),
        ("forward", "FW WG TR I RV ENC VS VL VB PD İLT Továbbítás ΠΡΘ TRS FS YML Doorst ПЕРЕСЛ 转发 轉寄 הועבר"),
        # Notes and GroupWise.
        ("reply", "Antwort Réf Rif Betr Ref Svar Odp Antw"),
        # Gmail, Apple Mail, Thunderbird and K-9 write the English ones everywhere.
        ("forward", "Fwd Fw"),
    ],
)
def test_what_mail_programs_write_is_known(meaning: str, prefixes: str) -> None:
    """Surely or perhaps; an unknown prefix would be a part of the stem."""
    words = lexicon()

    unknown = {
        prefix
        for prefix in map(fold, prefixes.split())
        if prefix not in words("prefix", meaning) | words("prefix", f"perhaps_{meaning}")
    }

    assert unknown == set()
