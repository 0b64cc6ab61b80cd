"""Run a command with LINLI_TEST_DATABASE_URL at a throw-away server of another PostgreSQL.

`python tools/debian_postgres.py /usr/lib/postgresql/15/bin -- pytest tests/integration`
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from linli.app.engine.binaries import installed_in
from linli.app.engine.postgres import Cluster, Postgres


def main(programs: Path, command: list[str]) -> int:
    """Start the server, run the command, stop the server; returns the command's exit code."""
    folder = Path(tempfile.mkdtemp(prefix="linli-other-"))
    folder.chmod(0o711)
    password = secrets.token_urlsafe(16)
    server = Postgres(Cluster(folder, password, durable=False), installed_in(programs))
    server.start()
    try:
        environment = {**os.environ, "LINLI_TEST_DATABASE_URL": server.admin_url}
        return subprocess.run(  # noqa: S603 (the caller's own command)
            command, env=environment, check=False
        ).returncode
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    divider = sys.argv.index("--")
    sys.exit(main(Path(sys.argv[divider - 1]), sys.argv[divider + 1 :]))
