"""Answering with a file."""

from urllib.parse import quote

from fastapi import Response


def file_answer(content: bytes, media_type: str, title: str) -> Response:
    """A file to be saved under a Chinese name (RFC 6266)."""
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(title)}"}
    return Response(content, media_type=media_type, headers=headers)
