"""Texts that try to be more than text, and what the readers of tables make of each.

Readers take any text that is only shown (names of stations, posts and officers, the title), but
for `BROKEN` ones; ids and names of places they refuse as `REFUSED` says. Whatever they let through
is shown letter by letter, and nothing else happens.
"""

from __future__ import annotations

from typing import Final

_ALERT: Final = "alert(1)"
STRINGS: Final = {
    # markup that runs
    "script": f"<script>{_ALERT}</script>",
    "script_source": "<SCRIPT SRC=//x.example/a.js></SCRIPT>",
    "script_closed": f"</script><script>{_ALERT}</script>",
    "script_closed_spaced": f"</script ><script >{_ALERT}</script >",
    "script_in_comment": f"<!--<script>{_ALERT}",
    "comment_closed": f"--><img src=x onerror={_ALERT}>",
    "comment_bang": "--!><svg/onload=alert(1)>",
    "image": f"<img src=x onerror={_ALERT}>",
    "image_quoted": f"\"><img src=x onerror='{_ALERT}'>",
    "svg": f"<svg onload={_ALERT}>",
    "svg_animated": "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "math": f'<math><mi//xlink:href="data:x,<script>{_ALERT}</script>">',
    "frame": f"<iframe srcdoc='<script>parent.{_ALERT}</script>'></iframe>",
    "object": "<object data=//x.example/a.swf></object>",
    "style": "<style>@import'//x.example/a.css';*{display:none}</style>",
    "link": "<link rel=stylesheet href=//x.example/a.css>",
    "base": "<base href=//x.example/>",
    "refresh": "<meta http-equiv=refresh content='0;url=//x.example'>",
    "form": "<form action=//x.example><input autofocus onfocus=alert(1)>",
    "details": f"<details open ontoggle={_ALERT}>",
    "template_element": "<template><img src=x onerror=alert(1)></template>",
    "bold": "<b>bold</b>",
    "textarea_closed": f"</textarea></title></style></noscript><img src=x onerror={_ALERT}>",
    "cdata": f"<![CDATA[<script>{_ALERT}</script>]]>",
    "cdata_closed": "]]>",
    "processing": "<?xml version='1.0'?><?php echo 1 ?>",
    "doctype": "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;",
    "handler": f'" onmouseover="{_ALERT}" x="',
    "handler_single": f"' onfocus='{_ALERT}' autofocus x='",
    "javascript_url": f"javascript:{_ALERT}",
    "javascript_url_split": "java\tscript:alert(1)",
    "data_url": "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "protocol_less_url": "//x.example/%2e%2e/a?b=1#c",
    # entities and other spellings
    "entity_named": "&lt;script&gt;alert(1)&lt;/script&gt;",
    "entity_number": "&#60;img src=x onerror=alert(1)&#62;",
    "entity_hex": "&#x3c;b&#x3e;x&amp;amp;",
    "percent_encoded": "%3Cscript%3Ealert(1)%3C/script%3E",
    "percent_twice": "%253Cscript%253E%00",
    "utf7": "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "overlong_look": "\u00c0\u00bcscript\u00c0\u00be",
    "backslash_escapes": "\\u003cscript\\u003e\\x3c\\74\\n\\0",
    "css_escape": "\\3c script\\3e;}body{background:url(//x.example)}",
    "css_expression": "x:expression(alert(1));behavior:url(#default)",
    # templates and placeholders
    "jinja": "{{7*7}}",
    "jinja_block": "{% for x in range(9) %}{{x}}{% endfor %}",
    "jinja_classes": "{{''.__class__.__mro__[1].__subclasses__()}}",
    "jinja_raw": "{% raw %}{{7*7}}{% endraw %}{# gone #}",
    "javascript_template": "`${alert(1)}`",
    "dollar_brace": "${7*7}#{7*7}<%= 7*7 %>",
    "format": "{0} {name} {post} {team.__class__} {",
    "printf": "%s %d %n %1$s %(name)s %",
    "replacement": "$& $1 $` $' $$",
    "rich_markup": "[red]x[/red][link=file:///etc/passwd]y[/link]",
    "shell": "$(touch x) `touch x` ; touch x | touch x && touch x",
    # data of other languages
    "sql": "'; DROP TABLE stations; --",
    "sql_double": '" OR "1"="1',
    "json_breaker": '"],"x":[{"y":1}]}',
    "json_escape": '\\"\\',
    "line_comment": "*/ alert(1) /* // <!--",
    "prototype": "__proto__",
    "constructor": "constructor",
    "to_string": "toString",
    "own_property": "hasOwnProperty",
    "undefined": "undefined",
    "formula": "=1+1",
    "formula_at": "@SUM(A1)",
    "formula_plus": "+1",
    "formula_minus": "-1",
    "formula_command": "=cmd|' /C calc'!A0",
    "command": "cmd|' /C calc'!A0",
    "formula_link": '=HYPERLINK("http://x.example","y")',
    "formula_wide": "\uff1d1+1",
    "formula_after_space": "\u00a0=1+1",
    "formula_after_tab": "\t=1+1",
    "formula_after_return": "\r=1+1",
    "apostrophe": "'=1+1",
    "workbook_escape": "_x0041_x003C_",
    "separators": 'a,b;c\td|e"f',
    "sep_line": "sep=;",
    # words and numbers that spreadsheets change
    "exponent": "1e3",
    "zeros": "001",
    "not_available": "NA",
    "null": "NULL",
    "nan": "NaN",
    "true": "TRUE",
    "date": "3-4",
    "error_word": "#REF!",
    "huge_number": "9" * 40,
    # what cannot be seen, or is seen in another way
    "ansi": "\x1b[31mred\x1b]0;title\x07\x1b[2J",
    "c1_control": "\x9b31mred\x9c\x85",
    "bells": "b\x07c\x08d\x7fe",
    "zero_byte": "a\x00b",
    "line_break": "first\nsecond",
    "carriage_return": "shown\r\noverwritten",
    "line_separators": "a\u2028b\u2029c",
    "bidi_override": "TPS \u202e100 SPT\u202c",
    "bidi_isolate": "a\u2066b\u2067c",
    "zero_width": "TP\u200bS\u200c \u200d001\ufeff",
    "only_zero_width": "\u200b\u2060",
    "soft_hyphen": "TPS\u00ad001",
    "tags": "TPS\U000e0041\U000e0042",
    "noncharacters": "a\ufffeb\uffffc\ue000",
    "surrogate": "a\ud800b",
    "surrogate_low": "\udc00\ud800",
    "rtl": "\u0645\u0631\u0643\u0632 \u0627\u0642\u062a\u0631\u0627\u0639 12 (\u05d0\u05d1)",
    "combining": "Z\u0351\u0346\u0348a\u0300\u0316l\u035b\u0340go" + "\u0335" * 20,
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f1ee\U0001f1e9",
    "homoglyphs": "T\u03a1S \u041c\u0435tro \u0406",
    "decomposed": "Cafe\u0301 A\u030a",
    "case_folding": "\u0130\u0131\u017f\u00df\ufb03",
    "spaces": "a\u3000b\u2003c  d",
    # places and lengths
    "traversal": "../../../etc/passwd",
    "traversal_windows": "..\\..\\CON.html:stream",
    "file_name": '.htaccess\\/:*?"<>|',
    "long": "x" * 9_990 + "<b>tail</b",
    "long_words": "TPS " * 60 + "end",
}
"""Every text by a name of ours."""

HALF: Final = ("surrogate", "surrogate_low")
"""Half characters, which no file of UTF-8 can hold."""
BROKEN: Final = ("zero_byte", *HALF)
"""Texts that some file on the way would cut or refuse: no column takes them."""
_UNSEEN: Final = (
    "javascript_url_split", "separators", "ansi", "c1_control", "bells", "line_break",
    "carriage_return", "bidi_override", "bidi_isolate", "zero_width", "only_zero_width",
    "soft_hyphen", "tags", "noncharacters", "emoji", *BROKEN,
)  # fmt: skip
_SEMICOLON: Final = (
    "style", "refresh", "doctype", "data_url", "entity_named", "entity_number", "entity_hex",
    "css_escape", "css_expression", "shell", "sql", "sep_line",
)  # fmt: skip
REFUSED: Final = {
    **dict.fromkeys((*_UNSEEN, *_SEMICOLON), "text-character"),
    **dict.fromkeys(("not_available", "null", "nan"), "value-placeholder"),
    **dict.fromkeys(("long", "long_words"), "text-long"),
}
"""Texts that no id and no name of a place may be, with the fault that says so."""
SPLIT: Final = frozenset(_SEMICOLON)
"""Texts that a list of places, which semicolons separate, takes apart."""


def toml_text(value: str) -> str:
    """Write a text as TOML spells it, by its number whatever cannot be seen or would end it."""
    plain = (char if char.isprintable() and char not in '"\\' else "" for char in value)
    return "".join(
        ['"', *(one or f"\\U{ord(char):08x}" for one, char in zip(plain, value, strict=True)), '"']
    )
