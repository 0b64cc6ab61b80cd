"""The file in the two forms it is handed out in: for machines, and for reading. Pure."""

import io
import json
import zipfile
from html import escape

from linli.screens.own_file.contracts import OwnFile
from linli.support.chapters.contracts import Record, Section
from linli.support.chapters.public import said

JSON_NAME = "personal-data.json"
HTML_NAME = "个人信息.html"

_STYLE = (
    "body{font:16px/1.7 system-ui,sans-serif;max-width:56em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;width:100%;margin:.5em 0 1.5em}"
    "th,td{border:1px solid #999;padding:.3em .6em;text-align:left;vertical-align:top}"
    "th{background:#f3f3f3;font-weight:600}h2{margin-top:2em}.note{color:#555}"
)


def as_zip(file: OwnFile) -> bytes:
    """Both forms in one archive."""
    kept = io.BytesIO()
    moment = file.made_at.timetuple()[:6]
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in ((HTML_NAME, as_html(file)), (JSON_NAME, as_json(file))):
            entry = zipfile.ZipInfo(name, moment)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text.encode())
    return kept.getvalue()


def as_json(file: OwnFile) -> str:
    """For another system: chapters of sections of records, each label with its text."""
    return json.dumps(
        {
            "person_id": str(file.person_id),
            "made_at": file.made_at.isoformat(),
            "made_by": file.made_by,
            "reason": file.reason,
            "chapters": [
                {
                    "code": chapter.code,
                    "title": chapter.title,
                    "sections": [
                        {
                            "title": section.title,
                            "note": section.note,
                            "records": [dict(record) for record in section.records],
                        }
                        for section in chapter.sections
                    ],
                }
                for chapter in file.chapters
            ],
        },
        ensure_ascii=False,
        indent=1,
    )


def as_html(file: OwnFile) -> str:
    """For reading and printing; one page that needs nothing else."""
    chapters = "".join(
        f"<h2>{escape(chapter.title)}</h2>" + "".join(map(_section, chapter.sections))
        for chapter in file.chapters
    )
    return (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
        f"<title>个人信息</title><style>{_STYLE}</style><h1>个人信息</h1>"
        f"<p>导出时间：{escape(said(file.made_at))}　经办人：{escape(file.made_by)}　"
        f"理由：{escape(file.reason)}</p>{chapters}</html>"
    )


def _section(section: Section) -> str:
    note = f'<p class="note">{escape(section.note)}</p>' if section.note else ""
    if not section.records:
        return f"<h3>{escape(section.title)}</h3>{note or '<p class=note>没有记录</p>'}"
    if len(section.records) == 1:
        return f"<h3>{escape(section.title)}</h3>{note}{_one(section.records[0])}"
    heads = "".join(f"<th>{escape(label)}</th>" for label, _ in section.records[0])
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(text)}</td>" for _, text in record) + "</tr>"
        for record in section.records
    )
    return f"<h3>{escape(section.title)}</h3>{note}<table><tr>{heads}</tr>{rows}</table>"


def _one(record: Record) -> str:
    rows = "".join(
        f"<tr><th>{escape(label)}</th><td>{escape(text)}</td></tr>" for label, text in record
    )
    return f"<table>{rows}</table>"
