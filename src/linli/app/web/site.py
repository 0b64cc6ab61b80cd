"""The built front end, kept in memory: each file once as it is and once compressed."""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

CONSOLE = "console.html"
NAMED_BY_CONTENT = "assets/"
FOR_EVER = "public, max-age=31536000, immutable"
ASK_EVERY_TIME = "no-cache"
SMALLEST_COMPRESSED = 600
COMPRESSIBLE = ("text/", "application/javascript", "application/json", "application/manifest+json")
COMPRESSIBLE_TOO = ("image/svg+xml",)
# Addresses that belong to programs: what is unknown below them is an error, not a page.
PROGRAMS = ("api/", "device/", "metrics", "healthz", "readyz")
MEDIA_TYPES = {
    ".js": "text/javascript",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class Page:
    """One file as it is sent."""

    body: bytes
    compressed: bytes | None
    media_type: str
    etag: str
    cache: str


class Site:
    """The files of the built front end by path. A folder that is not there makes an empty site."""

    def __init__(self, folder: Path) -> None:
        self._pages: Mapping[str, Page] = (
            {
                path.relative_to(folder).as_posix(): _page(path, folder)
                for path in sorted(folder.rglob("*"))
                if path.is_file()
            }
            if folder.is_dir()
            else {}
        )

    @property
    def built(self) -> bool:
        return CONSOLE in self._pages

    def find(self, path: str) -> Page | None:
        """The page of an address: its own file, or the console for addresses the console knows."""
        own = self._pages.get(path)
        if own is not None:
            return own
        if path.startswith(PROGRAMS) or PurePosixPath(path).suffix:
            return None
        return self._pages.get(CONSOLE)


def install(app: FastAPI, site: Site) -> None:
    """Serve the site at every address that nothing else answers."""

    async def page(request: Request, path: str) -> Response:
        found = site.find(path)
        if found is None and not site.built and not path.startswith(PROGRAMS):
            return Response(NOT_BUILT, 503, media_type="text/html")
        if found is None:
            raise HTTPException(404)
        return _answer(request, found)

    app.add_api_route("/{path:path}", page, methods=["GET", "HEAD"], include_in_schema=False)


NOT_BUILT = (
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>邻里</title>'
    "<h1>页面还没有生成</h1>"
    "<p>请在源代码目录运行 <code>make demo</code>，或安装带有页面的发布包。</p>"
)


def _answer(request: Request, page: Page) -> Response:
    headers = {"ETag": page.etag, "Cache-Control": page.cache, "Vary": "Accept-Encoding"}
    if page.etag in request.headers.get("If-None-Match", ""):
        return Response(None, 304, headers=headers)
    body = page.body
    if page.compressed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
        body = page.compressed
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers, media_type=page.media_type)


def _page(path: Path, folder: Path) -> Page:
    body = path.read_bytes()
    media_type = MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    media_type = media_type or "application/octet-stream"
    pays = len(body) >= SMALLEST_COMPRESSED and (
        media_type.startswith(COMPRESSIBLE) or media_type in COMPRESSIBLE_TOO
    )
    named_by_content = path.relative_to(folder).as_posix().startswith(NAMED_BY_CONTENT)
    return Page(
        body=body,
        compressed=gzip.compress(body, 6, mtime=0) if pays else None,
        media_type=media_type,
        etag=f'"{hashlib.sha256(body).hexdigest()[:20]}"',
        cache=FOR_EVER if named_by_content else ASK_EVERY_TIME,
    )
