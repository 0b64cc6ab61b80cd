"""Hand a camera's still to linli before the event that speaks of it."""

import http.client
import json
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from linli_simulator.registration import Account

PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class EvidenceDoor:
    """linli's `POST /device/v1/file`: the picture as the body, the file's id in the answer."""

    url: str

    def upload(self, account: Account, jpeg: bytes) -> str | None:
        """Upload one picture; the file's id, or nothing when linli cannot take it now.

        Blocks up to five seconds; call it in a thread.
        """
        split = urlsplit(self.url)
        maker = (
            http.client.HTTPSConnection if split.scheme == "https" else http.client.HTTPConnection
        )
        connection = maker(split.netloc, timeout=PATIENCE)
        try:
            connection.request(
                "POST",
                f"{split.path}/device/v1/file",
                body=jpeg,
                headers={
                    "Authorization": f"Bearer {account.username}:{account.token}",
                    "Content-Type": "image/jpeg",
                },
            )
            response = connection.getresponse()
            answer: object = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()
        if response.status >= http.client.MULTIPLE_CHOICES or not isinstance(answer, dict):
            return None
        file_id = cast("dict[str, object]", answer).get("id")
        return file_id if isinstance(file_id, str) else None
