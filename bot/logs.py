"""Logs: one JSON object a line, UTC, with the reference of the request that is being served.

Tokens and keys are `SecretStr` and do not show; the last processor takes out what looks like one all the
same, wherever it comes from.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

_SECRETS = re.compile(
    r"xox[a-z]-[\w-]+|xapp-[\w-]+|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|(?i:bearer )[\w.~+/=-]+|eyJ[\w-]+\.[\w-]+\.[\w-]+|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)",
    re.DOTALL,
)
HIDDEN = "[hidden]"


def redact(text: str) -> str:
    """Hide what looks like a token, a private key, or a password in a URL."""
    return _SECRETS.sub(HIDDEN, text)


def configure(*, level: int = logging.INFO) -> None:
    """Send our logs and the libraries' to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _redacted,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("urllib3", "keystoneauth", "openstack", "websocket", "slack_sdk", "uvicorn", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _redacted(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}
