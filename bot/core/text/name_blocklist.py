"""Words that are found where a name is expected on web pages, and what they are instead."""

from __future__ import annotations

import regex

__all__ = ["CONTROLS", "PLACEHOLDERS", "SENTENCE_WORDS", "has_words_of_no_name", "is_placeholder"]

# Words that stand where a name is expected, by themselves.
PLACEHOLDERS = frozenset(
    (
        *("admin", "administrator", "anonymous", "author", "authors", "avatar", "blog", "blogger"),
        *("by", "contributor", "contributors", "default", "desk", "editor", "editorial", "editors"),
        *("guest", "guests", "member", "moderator", "name", "nobody", "none", "null", "office"),
        *(
            "owner",
            "poster",
            "press",
            "root",
            "site",
            "staff",
            "super",
            "support",
            "system",
            "team",
        ),
        *("reporter", "reporters", "correspondent", "correspondents", "publisher", "agency"),
        *("agencies", "rédaction", "redacción", "redazione", "redactie", "redaktionen"),
        *("test", "the", "undefined", "unknown", "user", "username", "various", "webmaster"),
        *("website", "writer", "writers", "your", "my", "wordpress", "newsroom", "redaktion"),
        *("作者", "编辑", "編輯", "管理员", "管理員", "佚名", "匿名", "投稿者", "著者", "筆者"),
        *(
            "編集部",
            "编辑部",
            "記者",
            "记者",
            "本报讯",
            "関連記事",
            "관리자",
            "운영자",
            "작성자",
            "админ",
            "администратор",
            "автор",
        ),
        *("редакция", "المؤلف", "الكاتب", "المدير", "مدير", "مجهول", "аноним", "адміністратор"),
        *(
            "管理人",
            "編集者",
            "笔者",
            "匿名用户",
            "名無し",
            "名無しさん",
            "著",
            "文",
            "익명",
            "편집부",
        ),
        *("usuario", "usuário", "utilisateur", "benutzer", "gebruiker", "utente", "användare"),
        *("administrador", "amministratore", "beheerder", "administrateur", "administratör"),
        *(
            "redaktör",
            "redakteur",
            "redakcja",
            "redakce",
            "anonym",
            "anonyme",
            "anónimo",
            "anonimo",
        ),
        *("gastbeitrag", "gastautor", "gastautorin", "wp", "wpadmin", "sysadmin", "la", "el"),
        *("logo", "comments", "content", "marketing", "news", "verified", "purchase", "profile"),
        *("twitter", "facebook", "instagram", "youtube", "linkedin", "medium", "substack", "http"),
        *("https", "com"),
    )
)
# Words of a page's controls: no name has any of them.
CONTROLS = frozenset(
    (
        *("about", "account", "ago", "article", "articles", "click", "comment", "comments", "com"),
        *("copyright", "days", "details", "edit", "email", "feedback", "filed", "follow"),
        *("followers", "found", "helpful", "home", "hours", "image", "info", "join", "like"),
        *("likes", "link", "log", "login", "logo", "menu", "min", "minutes", "more", "net"),
        *("newsletter", "org", "page", "photo", "photos", "picture", "post", "posted", "posts"),
        *("print", "privacy", "profile", "published", "read", "register", "related", "reply"),
        *("reserved", "rights", "rss", "save", "search", "share", "sign", "subscribe"),
        *("subscribers", "tags", "topic", "topics", "tweet", "updated", "version", "view"),
        *("views", "website", "www", "http", "https", "html", "php"),
    )
)
# Words of sentences, which no Western name contains.
SENTENCE_WORDS = frozenset(
    (
        *("a", "an", "are", "as", "at", "be", "can", "do", "for", "from", "has", "have", "he"),
        *("her", "his", "how", "i", "if", "in", "is", "it", "its", "me", "my", "not", "of", "on"),
        *("or", "our", "she", "so", "that", "the", "their", "these", "they", "this", "those"),
        *("to", "us", "was", "we", "were", "what", "when", "who", "why", "will", "with", "you"),
        *("your",),
    )
)
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}'’]+")


def has_words_of_no_name(text: str) -> bool:
    """Whether two words of a text are none of a name: "Found This Helpful", "Read More".

    One is not enough: Larry Page and Emily Post are names.
    """
    words = [word.casefold() for word in _WORD.findall(text)]
    known = (word in PLACEHOLDERS or word in CONTROLS or word in SENTENCE_WORDS for word in words)
    return sum(known) > 1


def is_placeholder(name: str) -> bool:
    """Whether all words stand where a name should be: "Admin", "Guest Writer", "作者"."""
    words = [word.casefold() for word in _WORD.findall(name)]
    return bool(words) and all(
        word.isdigit() or word.rstrip("0123456789") in PLACEHOLDERS for word in words
    )
