"""The vision node on this machine: where its credential lies, and how it comes into being."""

from pathlib import Path

from linli.app.settings import Settings

FOLDER = "vision"
TOKEN_FILE = "node.token"  # noqa: S105 - the name of a file
CONNECTION_FILE = "node.connection"


def write_credential(connection: str, token: str, data: Path) -> None:
    """Leave this machine's node its credential, for its owner's eyes only."""
    folder = data / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, words in ((CONNECTION_FILE, connection), (TOKEN_FILE, token)):
        file = folder / name
        file.touch(mode=0o600)
        file.write_text(words, encoding="utf-8")


def local_node(settings: Settings) -> dict[str, str] | None:
    """The environment of this machine's node; None when it has no credential.

    What the operator set wins over what linli provided by itself.
    """
    if settings.vision_connection is not None:
        return {}
    connection = settings.data / FOLDER / CONNECTION_FILE
    token = settings.data / FOLDER / TOKEN_FILE
    if not connection.is_file() or not token.is_file():
        return None
    return {
        "LINLI_VISION_CONNECTION": connection.read_text(encoding="utf-8").strip(),
        "LINLI_VISION_TOKEN_FILE": str(token),
    }
