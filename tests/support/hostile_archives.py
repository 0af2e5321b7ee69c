"""Hostile workbooks of Excel: what is wrong with the archive, its parts, or the XML of any of them."""

from support.hostile import Hostile
from support.hostile_xlsx import (
    HEADER,
    LAUGHS,
    MAIN,
    MEGA,
    OFFICE,
    OUTSIDE,
    PACKAGE,
    RELATIONS,
    REMOTE,
    SHEET,
    STRINGS,
    STYLES,
    WORKBOOK,
    lying,
    many_parts,
    overlapping,
    relations,
    sheet,
    swollen,
    twice,
    with_values,
    workbook,
    xlsx,
)

ENTITY = with_values(' t="inlineStr"', "<is><t>&j;</t></is>")
_STRING = with_values(' t="s"', "<v>0</v>")


def _tricks() -> list[Hostile]:
    """Return workbooks with a document type in each part that is read."""
    found = []
    for name, before in (("laughs", LAUGHS), ("outside", OUTSIDE), ("remote", REMOTE)):
        inside = "<si><t>&j;</t></si>"
        found += [
            Hostile(f"{name}-sheet.xlsx", xlsx(sheet=before + ENTITY), 2),
            Hostile(f"{name}-strings.xlsx", xlsx(sheet=_STRING, strings=f"{before}<sst {MAIN}>{inside}</sst>"), 2),
            Hostile(f"{name}-workbook.xlsx", xlsx(workbook=workbook(before=before)), 2),
            Hostile(f"{name}-rels.xlsx", xlsx(rels=relations(before=before)), 2),
            Hostile(f"{name}-styles.xlsx", xlsx(styles=f"{before}<styleSheet {MAIN}/>"), 0),
        ]
    return found


_CELLS = "<c><v>1</v></c>"
_START = f"<worksheet {MAIN}><sheetData>{HEADER}"
_END = "</sheetData></worksheet>"

ARCHIVES = [
    Hostile("plain.xlsx", xlsx(), 0),
    Hostile("macros.xlsm", xlsx({"xl/vbaProject.bin": bytes(1000)}), 0),
    Hostile("macros.xlsx", xlsx({"xl/vbaProject.bin": bytes(1000)}), 0),
    Hostile(
        "sheet-bomb.xlsx",
        swollen(SHEET, f"<worksheet {MAIN}><sheetData>{HEADER}", "<row>" + _CELLS * 20 + "</row>", 8 * MEGA, ""),
        2,
    ),
    Hostile(
        "sheet-of-spaces.xlsx",
        swollen(SHEET, f"<worksheet {MAIN}><sheetData>{HEADER}", " ", 300 * MEGA, "</sheetData></worksheet>"),
        2,
        "characters",
    ),
    Hostile(
        "sheet-bomb-2-gb.xlsx",
        swollen(SHEET, f"<worksheet {MAIN}><sheetData>{HEADER}", "<row>" + _CELLS * 20 + "</row>", 2100 * MEGA, ""),
        2,
        is_big=True,
    ),
    Hostile(
        "text-bomb.xlsx",
        swollen(
            SHEET,
            f'<worksheet {MAIN}><sheetData>{HEADER}<row><c t="inlineStr"><is><t>',
            "x",
            300 * MEGA,
            "</t></is></c></row></sheetData></worksheet>",
        ),
        2,
        "characters",
    ),
    Hostile(
        "strings-bomb.xlsx", swollen(STRINGS, f"<sst {MAIN}>", "<si><t>x</t></si>", 300 * MEGA, "</sst>"), 2, "elements"
    ),
    Hostile(
        "strings-bomb-2-gb.xlsx",
        swollen(STRINGS, f"<sst {MAIN}>", "<si><t>" + "x" * 99 + "</t></si>", 2000 * MEGA, "</sst>"),
        2,
        "inflates",
        is_big=True,
    ),
    Hostile(
        "one-string-bomb.xlsx",
        swollen(STRINGS, f"<sst {MAIN}><si><t>", "x", 300 * MEGA, "</t></si></sst>"),
        2,
        "characters",
    ),
    Hostile(
        "styles-bomb.xlsx",
        swollen(STYLES, f"<styleSheet {MAIN}><cellXfs>", '<xf numFmtId="14"/>', 200 * MEGA, "</cellXfs></styleSheet>"),
        2,
        "inflates",
    ),
    Hostile(
        "workbook-bomb.xlsx",
        swollen(
            WORKBOOK,
            f'<workbook {MAIN} xmlns:r="{OFFICE}"><sheets>',
            '<sheet name="Cases" sheetId="1" r:id="rId1"/>',
            200 * MEGA,
            "</sheets></workbook>",
        ),
        2,
        "inflates",
    ),
    Hostile(
        "rels-bomb.xlsx",
        swollen(
            RELATIONS,
            f'<Relationships xmlns="{PACKAGE}">',
            '<Relationship Id="a" Type="b" Target="c"/>',
            200 * MEGA,
            "</Relationships>",
        ),
        2,
        "relationships",
    ),
    Hostile("media-bomb.xlsx", swollen("xl/media/image1.png", "", "x", 500 * MEGA, ""), 0),
    Hostile("overlapping.xlsx", overlapping, 2),
    Hostile("parts-60000.xlsx", lambda path: many_parts(path, 60_000), 2, "parts"),
    Hostile("lying-sheet.xlsx", lying(SHEET, lambda: sheet().encode() + b" " * 40 * MEGA, len(sheet())), 2),
    Hostile(
        "lying-strings.xlsx", lying(STRINGS, lambda: f"<sst {MAIN}>".encode() + b"<si><t>x</t></si>" * 4 * MEGA, 99), 2
    ),
    Hostile("sheet-twice.xlsx", twice(SHEET, sheet(""), sheet()), 2, "twice"),
    *_tricks(),
    Hostile("target-outside.xlsx", xlsx(rels=relations("../../../../etc/passwd")), 2),
    Hostile("target-absolute.xlsx", xlsx(rels=relations("/etc/passwd")), 2),
    Hostile("target-file.xlsx", xlsx(rels=relations("file:///etc/passwd", mode=' TargetMode="External"')), 2),
    Hostile("target-remote.xlsx", xlsx(rels=relations("http://127.0.0.1:9/", mode=' TargetMode="External"')), 2),
    Hostile("part-outside.xlsx", xlsx({"../../evil": "x", "/etc/evil": "x", "C:\\evil": "x"}), 0),
]
