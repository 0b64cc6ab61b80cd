"""Structured logs: constant event names with fields, one line each, on the error output.

Libraries that use the standard logging are led into the same stream.
"""

import logging
import sys
from collections.abc import MutableMapping, Sequence

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from linli.app.settings import LogFormat

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
TALKATIVE = ("sqlalchemy.engine", "asyncio", "alembic", "multipart", "httpx")


def configure_logs(process: str, form: LogFormat, level: str) -> None:
    """Set up logging for this process; every line names the process.

    JSON lines carry `timestamp` (ISO 8601, UTC), `level`, `event`, `process` and the fields.
    """
    shared: Sequence[Processor] = (
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _naming(process),
    )
    rendering: Sequence[Processor]
    if form is LogFormat.JSON:
        rendering = (structlog.processors.format_exc_info, _as_json)
    else:
        rendering = (
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                # Coloured tracebacks with all variables take seconds each, and show secrets.
                exception_formatter=structlog.dev.plain_traceback,
            ),
        )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(LEVELS[level])
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(LEVELS[level], LEVELS["warning"]))


def _naming(process: str) -> Processor:
    def name(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("process", process)
        return event

    return name


def _as_json(_logger: WrappedLogger, _method: str, event: MutableMapping[str, object]) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()
