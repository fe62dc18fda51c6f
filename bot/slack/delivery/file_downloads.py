"""Reads files that people sent, with the bot's token, which goes to Slack's own hosts and nowhere else."""

from urllib.parse import urljoin, urlsplit

import urllib3

from bot.slack.delivery.web_errors import SlackRefused, translated

SECONDS_PER_TRY = 10
MOST_REDIRECTS = 3
METHOD = "the download"  # as problems name it


class FileDownloads:
    """Downloads from `slack.com` and from the host of the Web API."""

    def __init__(self, *, token: str, base_url: str) -> None:
        self._token = token
        self._api_host = urlsplit(base_url).hostname or ""
        self._pool = urllib3.PoolManager(retries=urllib3.Retry(connect=2, read=2, redirect=0, status=0))

    def read(self, url: str, *, most: int) -> bytes | None:
        """Return the bytes of a file, or None if there are more than `most`.

        Raises `SlackRefused` (without the scope `files:read` Slack answers with its sign-in page) and
        `SlackUnreachable`.
        """
        with translated(METHOD):
            for _ in range(MOST_REDIRECTS + 1):
                with self._open(url) as response:
                    location = response.get_redirect_location()
                    if not location:
                        return _content(response, most)
                url = urljoin(url, location)
        raise SlackRefused(METHOD, "too_many_redirects")

    def _open(self, url: str) -> urllib3.BaseHTTPResponse:
        """Request a file. Raises `SlackRefused` for a host that is not Slack's: it would learn the token."""
        host = urlsplit(url).hostname or ""
        if host != self._api_host and not host.endswith(".slack.com"):
            raise SlackRefused(METHOD, "not_slack", f"the file is kept at {host or 'no address'}")
        return self._pool.request(
            "GET",
            url,
            headers={"Authorization": f"Bearer {self._token}"},
            redirect=False,
            preload_content=False,
            timeout=SECONDS_PER_TRY,
        )


def _content(response: urllib3.BaseHTTPResponse, most: int) -> bytes | None:
    if response.status != 200 or response.headers.get("Content-Type", "").startswith("text/html"):
        raise SlackRefused(METHOD, f"HTTP {response.status}", "the app may lack the scope files:read")
    content = response.read(most + 1)
    return content if len(content) <= most else None
