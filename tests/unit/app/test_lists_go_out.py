"""A list that the console pages through goes out as a file and onto paper, by one mechanism."""

import json
import re
from pathlib import Path

WEB = Path(__file__).parents[3] / "web/src"
PAGED = re.compile(r'get<Page<\w+>>\(\s*"(/api/[^"]+)"')

OTHERWISE = {
    "/api/messages/outgoing": "a card of the demo, the last fifty",
    "/api/cockpit/records": "the records behind one number; their own lists go out",
}


def test_every_paged_list_goes_out_or_is_named_here() -> None:
    shown: set[str] = set()
    for page in (WEB / "console").rglob("*.vue"):
        shown.update(PAGED.findall(page.read_text("utf-8")))
    document = json.loads((WEB / "api/openapi.json").read_text("utf-8"))
    out = {path for path in shown if {f"{path}/file", f"{path}/print"} <= document["paths"].keys()}
    assert shown - out == OTHERWISE.keys()


def test_what_goes_out_has_its_buttons() -> None:
    document = json.loads((WEB / "api/openapi.json").read_text("utf-8"))
    served = {path.removesuffix("/print") for path in document["paths"] if path.endswith("/print")}
    pages = "".join(page.read_text("utf-8") for page in (WEB / "console").rglob("*.vue"))
    offered = set(re.findall(r'<ListOut[^>]*? path="(/api/[^"]+)"', pages))
    assert "/api/incidents" in offered
    assert {path for path in served if f"{path}/file" in document["paths"]} == offered
