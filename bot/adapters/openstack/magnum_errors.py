"""The errors of Magnum, with the `detail` of its body, which openstacksdk drops.

The `title` is cut at the first full stop, so it is used only where there is no `detail`. The 5xx of a proxy
may be HTML.
"""

import re
from typing import Any

from bot.common.problems import Problem


class MagnumError(Problem):
    """Magnum did not do what was asked; `status` is the HTTP status, 0 if there was no answer."""

    status = 0


class MagnumUnreachable(MagnumError):
    """No answer from Magnum or Keystone."""


class MagnumUnauthorized(MagnumError):
    """Keystone or Magnum does not accept the credentials (401)."""


class MagnumForbidden(MagnumError):
    """The policy rules of the cloud forbid it (403)."""


class MagnumNotFound(MagnumError):
    """Magnum has no such template or cluster (404)."""


class MagnumConflict(MagnumError):
    """A name means several things, or something is in use (409)."""


class MagnumRejected(MagnumError):
    """Magnum has refused what was sent (400)."""


class MagnumFailed(MagnumError):
    """Magnum has failed (5xx), or asks to slow down (429)."""


_BY_STATUS: dict[int, type[MagnumError]] = {
    400: MagnumRejected,
    401: MagnumUnauthorized,
    403: MagnumForbidden,
    404: MagnumNotFound,
    406: MagnumRejected,
    409: MagnumConflict,
}
_FIXES: dict[type[MagnumError], str] = {
    MagnumUnauthorized: "Check this cloud's credentials in clouds.yaml.",
    MagnumForbidden: "Ask the cloud's operator, or use credentials with the needed role in clouds.yaml.",
    MagnumFailed: "Try again in a few minutes; if it stays, give the cloud's operator the request id.",
}
# what Magnum says is sometimes not what is wrong, so these patterns have a better advice
_TRANSLATIONS: tuple[tuple[str, str], ...] = (
    (
        r"Cluster type \(vm, .*, kubernetes\) not supported",
        "The image is unknown to the cloud, or has no os_distro: check `image` (`--image`).",
    ),
    (r"Unable to find flavor (.*)\.", "Check `flavor` and `master_flavor` (`--flavor`, `--master-flavor`)."),
    (r"Unable to find external network (.*)\.", "Check `external_network` (`--external-network`)."),
    (r"Unable to find keypair (.*)\.", "Check `keypair` (`--keypair`)."),
    (r"attribute image_id", "Set `template_defaults.image`, or say `--image`."),
    (
        r"Network driver type (\S+) is not (allowed|supported)",
        "This cloud does not allow that driver: ask its operator.",
    ),
    (r"Resource limit exceeded", "Delete a cluster that is no longer needed, or ask for a higher quota."),
    (
        r"public or hidden flag",
        "Publishing needs the cloud's publish policy: leave `--public` out, or ask its operator.",
    ),
    (r"is referenced by one or multiple clusters", "Clusters use this template; make a new one instead."),
)


def from_answer(status: int, body: Any, *, doing: str, request_id: str) -> MagnumError:
    """Return the error for an answer; `body` is its JSON, or its text if it is none."""
    kind = _BY_STATUS.get(status, MagnumFailed if status >= 500 or status == 429 else MagnumRejected)
    detail = detail_of(body)
    fix = next((hint for pattern, hint in _TRANSLATIONS if re.search(pattern, detail)), _FIXES.get(kind, ""))
    reference = f" (request {request_id})" if request_id else ""
    error = kind(f"Magnum did not {doing}", why=f"HTTP {status}: {detail}{reference}", fix=fix)
    error.status = status
    return error


def detail_of(body: Any) -> str:
    """Return the sentence of an error body; of HTML and unknown bodies, the text that can be read."""
    if isinstance(body, dict):
        errors = body.get("errors")
        if isinstance(errors, list) and errors and isinstance(errors[0], dict):
            return str(errors[0].get("detail") or errors[0].get("title") or "no reason given").strip()
        if isinstance(body.get("error"), dict):  # Keystone's
            return str(body["error"].get("message", "no reason given")).strip()
    text = re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", str(body or ""), flags=re.DOTALL)
    return " ".join(text.split())[:200] or "no reason given"
