"""Files made from the code: `python tools/generated.py` compares them, `--write` makes them anew.

The OpenAPI document is what the front end's types are made from; when one of them is out of step
with the server, the two no longer speak about the same thing.
"""

import json
import sys
import tempfile
from pathlib import Path

from linli.app.keys import generate_keys
from linli.app.metrics import Metrics
from linli.app.processes.web import application
from linli.app.settings import Settings

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tools import web  # noqa: E402 (after the path)

OPENAPI = ROOT / "web" / "src" / "api" / "openapi.json"
SCHEMA = ROOT / "web" / "src" / "api" / "schema.d.ts"


def openapi() -> str:
    """The server's OpenAPI document as it is kept in the repository."""
    # Nothing connects: the document is made of the routes alone.
    settings = Settings(database_url="postgresql://nobody@127.0.0.1:9/none", demo=True)
    app = application(settings, generate_keys(), Metrics("tools", settings.run_folder))
    document = app.openapi()
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def schema(document: str) -> str:
    """The front end's types made from the document."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "openapi.json", Path(folder) / "schema.d.ts"
        source.write_text(document, encoding="utf-8")
        if web.run("openapi-typescript", str(source), "-o", str(target)) != 0:
            sys.exit("openapi-typescript failed")
        return target.read_text(encoding="utf-8")


def main() -> int:
    """Compare (or write); returns 1 when a file is out of step."""
    document = openapi()
    made = {OPENAPI: document, SCHEMA: schema(document)}
    stale = [
        path for path, text in made.items() if not path.exists() or path.read_text("utf-8") != text
    ]
    if "--write" in sys.argv[1:]:
        for path in stale:
            path.write_text(made[path], encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
        return 0
    for path in stale:
        print(f"{path.relative_to(ROOT)} is out of step with the server; run: make generated")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
