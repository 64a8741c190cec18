"""Names that mail programs give to mailboxes, by language; data."""

import unicodedata

from scanner.model import MailboxRole


def fold_name(name: str) -> str:
    """Return the form in which names are compared: case, blanks and ways to write an accent do not count."""
    # Macs write é as e and an accent of its own.
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


SENT_NAMES = frozenset(
    fold_name(name)
    for name in (
        # English
        "Sent", "Sent Items", "Sent Mail", "Sent Messages", "Sent-Items", "Sent_Items", "SentMail", "Outgoing",
        # German
        "Gesendet", "Gesendete Elemente", "Gesendete Objekte", "Gesendete Nachrichten", "Gesendete Mails",
        "Gesendete", "Gesendete E-Mails",
        # French
        "Envoyés", "Éléments envoyés", "Messages envoyés", "Courrier envoyé", "Envoyé", "Objets envoyés",
        # Spanish, Catalan, Galician, Basque
        "Enviados", "Elementos enviados", "Mensajes enviados", "Correo enviado", "Enviats", "Elements enviats",
        "Enviado", "Mensaxes enviadas", "Bidalitakoak", "Bidalitako elementuak",
        # Portuguese
        "Itens enviados", "Enviadas", "Mensagens enviadas", "E-mails enviados", "E-mail enviado",
        # Italian
        "Inviata", "Inviati", "Posta inviata", "Elementi inviati", "Messaggi inviati",
        # Dutch
        "Verzonden", "Verzonden items", "Verzonden berichten", "Verstuurd",
        # Afrikaans, Irish, Welsh
        "Gestuur", "Gestuurde items", "Seolta", "Míreanna seolta", "Anfonwyd", "Eitemau wedi\'u hanfon",
        # Nordic
        "Skickat", "Skickade", "Skickade objekt", "Skickade meddelanden", "Sendt", "Sendte", "Sendt post",
        "Sendte elementer", "Sendte beskeder", "Lähetetyt", "Lähetetyt viestit",
        "Lähetetyt kohteet", "Sendir hlutir", "Sent póstur", "Send meldinger", "Sendte meldinger",
        # Polish, Czech, Slovak, Hungarian, Romanian
        "Wysłane", "Elementy wysłane", "Odeslané", "Odeslaná pošta", "Odoslané", "Odoslaná pošta",
        "Elküldött", "Elküldött elemek", "Elküldött üzenetek", "Trimise", "Elemente trimise", "Mesaje trimise",
        "Wysłane wiadomości", "Odeslané položky", "Odoslané položky",
        # Slovene, Croatian, Bosnian, Serbian, Macedonian, Albanian, Bulgarian
        "Poslano", "Poslani predmeti", "Poslane stavke", "Poslato", "Poslate stavke", "Poslate poruke", "Послато",
        "Послате ставке", "Послате поруке", "Испратени", "Испратена пошта", "Të dërguara", "Dërguar",
        "Изпратени", "Изпратена поща", "Изпратени елементи",
        # Russian, Ukrainian, Belarusian, Kazakh
        "Отправленные", "Отправлено", "Отправленные элементы", "Надіслані", "Надіслані елементи", "Відправлені",
        "Адпраўленыя", "Дасланыя", "Жіберілген", "Жіберілгендер",
        # Greek, Turkish, Azerbaijani, Georgian, Armenian
        "Απεσταλμένα", "Σταλμένα", "Απεσταλμένα στοιχεία", "Gönderilmiş Öğeler", "Gönderilenler", "Gönderilmiş",
        "Gönderilen", "Gönderilmiş Postalar", "Göndərilənlər", "გაგზავნილი", "Ուղարկված",
        # Estonian, Latvian, Lithuanian
        "Saadetud", "Saadetud kirjad", "Saadetud üksused", "Nosūtītie", "Nosūtītie vienumi", "Nosūtītās vēstules",
        "Išsiųsti", "Išsiųsti laiškai", "Išsiųsti elementai", "Išsiųstieji",
        # Persian, Urdu, Hindi, Bengali, Tamil
        "ارسال شده", "موارد ارسال شده", "ارسالی", "بھیجے گئے", "भेजे गए", "भेजे गए आइटम", "भेजा गया", "প্রেরিত",
        "পাঠানো", "அனுப்பியவை",
        # Hebrew, Arabic, Chinese, Japanese, Korean, Vietnamese, Indonesian, Malay, Filipino, Thai
        "דואר יוצא", "נשלח", "פריטים שנשלחו", "דואר שנשלח",
        "العناصر المرسلة", "المرسلة", "البريد المرسل", "الرسائل المرسلة", "المرسل",
        "已发送", "已发送邮件", "已傳送郵件", "寄件備份", "寄件匣備份", "已发邮件",
        "已发送的邮件", "已寄出", "已傳送", "已傳送的郵件", "寄件備份匣",
        "送信済み", "送信済みアイテム", "送信済みメール", "送信済みトレイ", "送信済みメッセージ",
        "보낸편지함", "보낸 편지함", "보낸 메일함", "보낸메일함",
        "보낸 메시지",
        "Thư đã gửi", "Đã gửi", "Mục đã gửi", "Terkirim", "Item Terkirim", "Pesan Terkirim",
        "Dihantar", "Item Dihantar", "Naipadala", "ส่งแล้ว", "จดหมายที่ถูกส่ง", "รายการที่ถูกส่ง",
    )
)  # fmt: skip
"""As `fold_name` gives them; matched with the last part of a mailbox's name."""

ROLE_NAMES: dict[str, MailboxRole] = {
    **dict.fromkeys(
        (
            "drafts", "draft", "entwürfe", "brouillons", "borradores", "rascunhos", "bozze", "concepten", "utkast",
            "kladder", "luonnokset", "szkice", "wersje robocze", "koncepty", "черновики", "下書き", "草稿",
        ),
        "drafts",
    ),
    **dict.fromkeys(
        (
            "trash", "deleted", "deleted items", "deleted messages", "bin", "papierkorb", "gelöscht",
            "gelöschte elemente", "gelöschte objekte", "corbeille", "éléments supprimés", "papelera",
            "elementos eliminados", "lixeira", "itens excluídos", "cestino", "posta eliminata", "prullenbak",
            "verwijderde items", "papperskorg", "papirkurv", "roskakori", "kosz", "elementy usunięte", "koš",
            "корзина", "удаленные", "ごみ箱", "已删除邮件",
        ),
        "trash",
    ),
    **dict.fromkeys(
        ("junk", "spam", "junk e-mail", "junk email", "bulk mail", "unerwünscht", "werbung", "courrier indésirable"),
        "junk",
    ),
    **dict.fromkeys(("archive", "archives", "archiv", "archivio", "archief", "archivo", "arkiv"), "archive"),
}  # fmt: skip
"""Case-folded last part of the name → role."""
