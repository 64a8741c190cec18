"""Names that mail programs give to mailboxes, by language; data."""

from scanner.model import MailboxRole

SENT_NAMES = frozenset(
    name.casefold()
    for name in (
        # English
        "Sent", "Sent Items", "Sent Mail", "Sent Messages", "Sent-Items", "Sent_Items", "SentMail", "Outgoing",
        # German
        "Gesendet", "Gesendete Elemente", "Gesendete Objekte", "Gesendete Nachrichten", "Gesendete Mails",
        # French
        "Envoyés", "Éléments envoyés", "Messages envoyés", "Courrier envoyé", "Envoyé", "Objets envoyés",
        # Spanish, Catalan, Galician, Basque
        "Enviados", "Elementos enviados", "Mensajes enviados", "Correo enviado", "Enviats", "Elements enviats",
        "Bidalitakoak",
        # Portuguese
        "Itens enviados", "Enviadas", "Mensagens enviadas", "E-mails enviados",
        # Italian
        "Inviata", "Inviati", "Posta inviata", "Elementi inviati", "Messaggi inviati",
        # Dutch
        "Verzonden", "Verzonden items", "Verzonden berichten", "Verstuurd",
        # Nordic
        "Skickat", "Skickade", "Skickade objekt", "Skickade meddelanden", "Sendt", "Sendte", "Sendt post",
        "Sendte elementer", "Sendte beskeder", "Lähetetyt", "Lähetetyt viestit", "Sendir hlutir",
        # Polish, Czech, Slovak, Hungarian, Romanian
        "Wysłane", "Elementy wysłane", "Odeslané", "Odeslaná pošta", "Odoslané", "Odoslaná pošta",
        "Elküldött", "Elküldött elemek", "Elküldött üzenetek", "Trimise", "Elemente trimise", "Mesaje trimise",
        # Slovene, Croatian, Serbian, Bulgarian, Russian, Ukrainian, Greek, Turkish
        "Poslano", "Poslani predmeti", "Poslane stavke", "Poslato", "Послато", "Изпратени", "Изпратена поща",
        "Отправленные", "Отправлено", "Надіслані", "Відправлені", "Απεσταλμένα", "Σταλμένα",
        "Gönderilmiş Öğeler", "Gönderilenler", "Gönderilmiş",
        # Estonian, Latvian, Lithuanian
        "Saadetud", "Saadetud kirjad", "Nosūtītie", "Nosūtītie vienumi", "Išsiųsti", "Išsiųsti laiškai",
        # Hebrew, Arabic, Chinese, Japanese, Korean, Vietnamese, Indonesian, Thai
        "דואר יוצא", "נשלח", "פריטים שנשלחו", "العناصر المرسلة", "المرسلة", "البريد المرسل",
        "已发送", "已发送邮件", "已傳送郵件", "寄件備份", "寄件匣備份", "已发邮件",
        "送信済み", "送信済みアイテム", "送信済みメール", "보낸편지함", "보낸 편지함", "보낸 메일함",
        "Thư đã gửi", "Đã gửi", "Terkirim", "Item Terkirim", "จดหมายที่ถูกส่ง", "รายการที่ถูกส่ง",
    )
)  # fmt: skip
"""Case-folded; matched with the last part of a mailbox's name."""

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
