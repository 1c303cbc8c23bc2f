"""The child process that reads an essay: hostile input, its time limits and its memory limit.

Hostile input gives a sentence or a correct essay, within the limits.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.core.essay.essay import Essay, UnreadableEssay
from bot.core.layout.layout import lay_out
from bot.publishing.reader_process import CPU_SECONDS, MAX_BYTES, MEMORY, read_in_child_process
from tests.core.reading.pdf_documents import Text, make_pdf, make_stream, write_objects
from tests.core.reading.word_documents import paragraph, word_document

DEEP = "words at the bottom"
ALIASES = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{one}: &{one} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, one in zip("abcdefghijkl", "bcdefghijklm", strict=True)
)

TAMED = {
    "line.txt": "a" * 200_000,
    "line-of-words.txt": "word " * 40_000,
    "accents.txt": "Z" + "\u0301" * 200_000,
    "stars.md": "*a" * 50_000,
    "underscores.md": "_a" * 50_000,
    "brackets.md": "[" * 10_000 + DEEP + "]" * 10_000,
    "links.md": "[a](" * 20_000,
    "pictures.md": "![" * 10_000,
    "ticks.md": " ".join("`" * count for count in range(1, 500)),
    "angles.md": "<a " * 30_000,
    "quotations.md": ">" * 10_000 + f" {DEEP}",
    "spaced-quotations.md": "> " * 10_000 + DEEP,
    "lists.md": "- " * 10_000 + DEEP,
    "stairs.md": "\n".join(f"{'  ' * n}- {DEEP}" for n in range(500)),
    "aliases.md": f"---\n{ALIASES}title: *m\n---\n\n{DEEP}",
    "quotations.html": f"<html><body>{'<blockquote>' * 10_000}{DEEP}",
    "boxes.html": f"<html><body>{'<div>' * 50_000}{DEEP}",
    "marks.html": f"<html><body><p>{'<b><i>' * 50_000}{DEEP}",
    "entities.html": '<!DOCTYPE html [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><html><body><p>'
    f"&b; {DEEP} {'&amp;' * 50_000}</p>",
    "unclosed.html": f"<html><body><p>{DEEP}</p><!-- {'<p ' * 30_000}",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", TAMED)
async def test_hostile_text_is_an_essay_within_the_limits(name: str) -> None:
    essay = await read_in_child_process(TAMED[name], name=name)  # within the default limits
    layout = lay_out(essay)
    assert all(len(part.content.encode("utf-16-le")) <= 4_000 for part in layout.parts)
    if DEEP in TAMED[name]:
        assert DEEP in " ".join(passage.text for passage in essay.passages)


#: Made when they are needed, since that takes seconds.
BOMBS: dict[str, Callable[[], bytes]] = {
    "bomb.docx": lambda: word_document(paragraph("A" * 200_000_000)),
    "endless.docx": lambda: word_document(paragraph("word " * 10) * 150_000),
    "laughs.docx": lambda: word_document(
        paragraph("&k;").replace("&amp;", "&"),
        prologue='<!DOCTYPE d [<!ENTITY a "aaaaaaaa">'
        + "".join(
            f'<!ENTITY {one} "{f"&{before};" * 10}">'
            for before, one in zip("abcdefghij", "bcdefghijk", strict=True)
        )
        + "]>",
    ),
    "large.txt": lambda: b"x" * (MAX_BYTES + 1),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
async def test_bombs_are_rejected_with_a_sentence(name: str) -> None:
    with pytest.raises(UnreadableEssay, match=r"\.$|\?$"):
        await read_in_child_process(BOMBS[name](), name=name)


SLOW_TEXT = "# T\n\n" + "[word](https://example.com/) " * 80_000  # several seconds of CPU time


async def test_reading_that_takes_too_much_cpu_time_is_stopped_while_others_go_on() -> None:
    slow = asyncio.create_task(
        # So much wall time that this test's own time-out would come first.
        read_in_child_process(SLOW_TEXT, name="a.md", cpu_seconds=1, wall_seconds=600)
    )
    quick = await read_in_child_process("A Title\n\nOne sentence.", name="b.txt")
    assert quick.title == "A Title"
    with pytest.raises(UnreadableEssay, match="too long"):
        await slow


@pytest.mark.slow
async def test_reading_that_takes_too_much_wall_time_is_stopped() -> None:
    with pytest.raises(UnreadableEssay, match="too long"):
        await read_in_child_process(SLOW_TEXT, name="a.md", cpu_seconds=600, wall_seconds=0.5)


def _children() -> set[int]:
    """The ids of this process's children (proc(5): /proc/pid/stat, the field ppid)."""
    found: set[int] = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended in the meantime
            parent = stat.read_text(errors="replace").rpartition(")")[2].split()[1]
            if int(parent) == os.getpid():
                found.add(int(stat.parent.name))
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")
async def test_an_essay_that_waits_for_the_cpu_longer_than_its_cpu_limit_is_read() -> None:
    before = _children()
    reading = asyncio.create_task(
        read_in_child_process("A Title\n\nOne sentence.", name="a.txt", cpu_seconds=2)
    )
    while not (started := _children() - before):
        await asyncio.wait({reading}, timeout=0.001)
    (child,) = started
    os.kill(child, signal.SIGSTOP)
    _, waiting = await asyncio.wait({reading}, timeout=2.5)
    assert waiting, "a stopped process answers nothing"
    os.kill(child, signal.SIGCONT)
    assert (await reading).title == "A Title"


@pytest.mark.slow
async def test_reading_that_takes_too_much_memory_is_stopped() -> None:
    with pytest.raises(UnreadableEssay, match="memory"):
        await read_in_child_process(
            "word " * 1_900_000, name="a.txt", memory=60 * 1024 * 1024, cpu_seconds=30
        )


async def test_the_child_reads_what_the_parent_would() -> None:
    text = "# On Asking\n\nBy *Ann*.\n\n- a\n- b\n\n```py\nx\n```\n\nWhy?"
    essay: Essay = await read_in_child_process(text.encode(), "markdown", "a.md")
    assert essay.title == "On Asking"
    assert lay_out(essay).parts[0].content == "By *Ann*.\n\n- a\n- b\n\n```py\nx\n```\n\nWhy?"


async def test_the_childs_error_sentence_is_passed_on() -> None:
    with pytest.raises(UnreadableEssay, match=r"isn.t text"):
        await read_in_child_process(b"\x89PNG \x00", name="a.txt")


def get_children() -> set[int]:
    """The ids of this process's children, dead ones that nobody waited for included (Linux)."""
    tasks = Path("/proc/self/task").glob("*/children")
    return {int(number) for task in tasks for number in task.read_text().split()}


@pytest.mark.slow
def test_a_cancelled_read_leaves_no_child_behind() -> None:
    before = get_children()  # of other tests in this process, a browser for instance

    async def give_up() -> None:
        async with asyncio.timeout(0.5):
            await read_in_child_process(SLOW_TEXT, name="a.md")

    with pytest.raises(TimeoutError):
        asyncio.run(give_up())
    assert get_children() <= before


WORDS = [Text(70, 700, "Words of a page that can be read, enough of them.")]
FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << %s >> >> "
PDFS: dict[str, Callable[[], bytes]] = {
    "stream.pdf": lambda: make_pdf([WORDS], content=b"q Q " * 30_000_000),
    "letters.pdf": lambda: make_pdf(
        [WORDS], content=b"BT /Fr 9 Tf (" + b"a" * 20_000_000 + b") Tj ET"
    ),
    "itself.pdf": lambda: make_pdf(
        [WORDS],
        extra=[make_stream(b"/A Do", FORM % b"/A 7 0 R")],
        resources=b"/XObject << /A 7 0 R >>",
        content=b"/A Do\n",
    ),
    "doubling.pdf": lambda: make_pdf(
        [WORDS],
        extra=[
            make_stream(b"/A Do " * 10, FORM % (b"/A %d 0 R" % number)) for number in range(8, 17)
        ],
        resources=b"/XObject << /A 7 0 R >>",
        content=b"/A Do\n",
    ),
    "pages.pdf": lambda: write_objects(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>",
        ]
    ),
    "previous.pdf": lambda: make_pdf([WORDS], trailer=b"/Prev 9"),
    "parent.pdf": lambda: write_objects(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 /Parent 3 0 R >>",
            b"<< /Type /Pages /Kids [2 0 R] /Parent 2 0 R >>",
        ]
    ),
    "nested.pdf": lambda: make_pdf([WORDS], content=b"[" * 300_000 + b"]" * 300_000),
    "saved.pdf": lambda: make_pdf([WORDS], content=b"q " * 2_000_000),
    "stairs.pdf": lambda: make_pdf([WORDS], content=b"BT /Fr 9 Tf " + b"1 1 Td(a)Tj " * 120_000),
    "letters-apart.pdf": lambda: make_pdf([WORDS], content=b"BT /Fr 9 Tf " + b"(a)Tj " * 240_000),
    "half-a-million-letters.pdf": lambda: make_pdf(
        [WORDS], content=b"BT /Fr 9 Tf (" + b"a" * 490_000 + b")Tj"
    ),
    "states.pdf": lambda: make_pdf([WORDS] * 200, content=b"q Q " * 4_500),
    "filters.pdf": lambda: write_objects(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>",
            make_stream(
                zlib.compress(zlib.compress(b" " * 300_000_000)),
                b"/Filter [/FlateDecode /FlateDecode] ",
                packed=False,
            ),
        ]
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PDFS)
@pytest.mark.parametrize(("cpu_seconds", "memory"), [(CPU_SECONDS, MEMORY), (120, 2**31)])
async def test_a_hostile_pdf_is_an_essay_or_a_sentence_within_five_seconds(
    name: str, cpu_seconds: int, memory: int
) -> None:
    data = PDFS[name]()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        await read_in_child_process(data, name=name, cpu_seconds=cpu_seconds, memory=memory)
    except UnreadableEssay as error:
        assert str(error).strip()  # noqa: PT017
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert used < 5
