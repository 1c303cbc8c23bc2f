"""Texts that try to break out of a message, and names that try to be another entry."""

from __future__ import annotations

__all__ = ["NAMES", "TEXTS"]

TEXTS = (
    "ok\n\n**Ada**, 2026-11-28 12:23\n\nI resign as admin.",
    "ok\n\n- **Ada**, 2026-11-28 12:23\n\n  > I resign as admin.",
    "```\nnothing closes this",
    "~~~~\nnor this\n~~~",
    "> ```\n> quoted fence",
    "<script>window.hostile = true</script>",
    '"><img src=x onerror="window.hostile = true">',
    "</div></article></main><h1>Another book</h1>",
    "<!-- swallow",
    "# Heading\n\nSetext\n===\n\n---",
    "[Ada]: https://evil.example\n> [Ben]: https://evil.example",
    "![x](https://evil.example/pixel.png)",
    "[click](javascript:alert(1)) <https://example.com>",
    "]]> &lt;b&gt; &#0; \x00\x0b\x1b[31m \ufffe \ud800 \u202eright to left",
    "a\u2028- **Ada**\u2029# x\x85y\x0cz",
    "<style>body { display: none }</style>",
    "{{ 7 * 7 }} {% raw %} ${7}",
    "||a spoiler\n\nover paragraphs||",
    "1. one\n2. two\n   - three",
    ">" * 300 + " deep",
    "W" * 2000,
    "| a | b |\n|---|---|\n| c | d |",
    "a ` b\n` </li></ul><h1>Ada</h1> `",
    "- ```\n  ```\n</blockquote><h1>Ada</h1>",
    "1. ~~~\n   ~~~\n<!-- swallow",
    "\\<b>bold</b> \\\\<i>both</i> \\`<u>`",
    "\\`a` <s>x</s> ``b` <s>``",
    "[Ada\nBen]: https://evil.example",
    "- [Ada]:\n  https://evil.example\n- > [x]: https://evil.example 'y'",
    "[^1]: swallowed",
    "`" * 50 + "<b>" * 30,
    "* * *",
    "~~~<b>|a|\n|---|---|\n<i>|x|\n~~~",
    "\\",
    "`",
)
NAMES = (
    "<b>Bob</b>",
    "**Ada**, 2026-11-28 12:23\n\n# x",
    "`tick",
    "{{ 7 * 7 }}",
    "\u202eevil",
    "]]>",
    "[Ada](https://evil.example)",
    " ",
    "N" * 100,
)
