"""The one filter for secrets: nothing is shown, logged, audited or raised without passing through it.

A secret is recognised by its value (every key and token of the settings, and every one that a cluster or a
cloud returns, is learned) or by its shape: tokens, private keys, kubeconfigs, the data of Secrets, passwords.
The filter is applied at the edges, where text leaves the process: log lines, audit events, messages to Slack,
the output of a terminal. It runs for every line, so it looks for a plain word before it tries a pattern.
"""

import base64
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import quote, unquote, urlsplit

from pydantic import BaseModel, SecretStr

from bot.common.problems import Problem

HIDDEN = "[hidden]"
SHORTEST = 8  # characters of a value that is hidden wherever it occurs: a shorter one is part of any word
SHORTEST_LINE = 24  # characters of a key's line that is hidden by itself
MOST_KNOWN = (
    4_000  # values; the keys of clusters are renewed twice a day, and the oldest values are forgotten
)

Replacement = str | Callable[[re.Match[str]], str]


class Redactor:
    """Hides secrets in text and in plain data. Thread-safe."""

    def __init__(self, secrets: Iterable[SecretStr] = ()) -> None:
        self._values: dict[str, None] = {}  # the newest last
        self._ordered: tuple[str, ...] = ()  # the longest first: a part must not unmask the whole
        self._lock = threading.Lock()
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: SecretStr | None) -> None:
        """Hide this value from now on, in every form in which it is sent: JSON, URL, base64, lines."""
        if secret is None:
            return
        forms = {form for form in _forms(secret.get_secret_value()) if len(form) >= SHORTEST}
        if forms <= self._values.keys():
            return
        with self._lock:
            values = {value: None for value in self._values if value not in forms} | dict.fromkeys(forms)
            self._values = dict(list(values.items())[-MOST_KNOWN:])
            self._ordered = tuple(sorted(self._values, key=len, reverse=True))

    def learn_all(self, model: BaseModel) -> None:
        """Learn every secret of a model and of the models in it."""
        for name in type(model).model_fields:
            value = getattr(model, name)
            if isinstance(value, SecretStr):
                self.learn(value)
            elif isinstance(value, BaseModel):
                self.learn_all(value)

    def learn_environment(self, environment: Mapping[str, str]) -> None:
        """Learn every variable whose name marks it as a secret."""
        for name, value in environment.items():
            if _SECRET_VARIABLE.search(name):
                self.learn(SecretStr(value))

    def hide(self, text: str) -> str:
        """Return the text with every secret in it hidden."""
        for value in self._ordered:
            if value in text:
                text = text.replace(value, HIDDEN)
        lowered = text.lower()
        for words, pattern, replacement in _SHAPES:
            if any(word in lowered for word in words):
                text = pattern.sub(replacement, text)
        return text

    def hide_in(self, value: object) -> object:
        """Return plain data with every secret in its texts hidden, and with the data of Secrets hidden."""
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, Mapping):
            return self._hide_in_mapping(value)
        if isinstance(value, (list, tuple, set, frozenset)):
            return type(value)(self.hide_in(item) for item in value)
        if isinstance(value, bytes):
            return self.hide_bytes(value)
        return value

    def hide_problem(self, problem: Problem) -> Problem:
        """Return the same error with every secret in its texts hidden, before anything wraps or cuts them."""
        kind = type(problem)
        hidden = kind.__new__(kind)  # `copy` would call the constructor, and each subclass has its own
        hidden.__dict__.update(problem.__dict__)
        hidden.what, hidden.why, hidden.fix = map(self.hide, (problem.what, problem.why, problem.fix))
        hidden.args = (hidden.what,)
        return hidden

    def hide_bytes(self, data: bytes) -> bytes:
        """Return the content of a file with secrets hidden if it is text, else as it is."""
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return data
        return self.hide(text).encode()

    def _hide_in_mapping(self, value: Mapping[object, object]) -> dict[object, object]:
        secret = value.get("kind") == "Secret"
        hidden: dict[object, object] = {}
        for key, item in value.items():
            name = self.hide(key) if isinstance(key, str) else key
            if secret and key in ("data", "stringData") and isinstance(item, Mapping):
                hidden[name] = dict.fromkeys(item, HIDDEN)
            elif isinstance(key, str) and isinstance(item, str) and item and _SECRET_KEY.fullmatch(key):
                hidden[name] = HIDDEN
            else:
                hidden[name] = self.hide_in(item)
        return hidden


def _forms(value: str) -> set[str]:
    """The value as it is, in JSON, in a URL and in base64; the password of a URL; the lines of a key."""
    value = value.strip()
    forms = {value, json.dumps(value)[1:-1], quote(value, safe="")}
    for part in (value, f"{value}\n"):
        forms.add(base64.b64encode(part.encode()).decode().rstrip("="))
    if "\n" in value:
        lines = value.splitlines()
        forms |= {line for line in lines if len(line) >= SHORTEST_LINE and not line.startswith("-----")}
    if "://" in value:
        try:
            password = urlsplit(value).password
        except ValueError:
            password = None
        if password:
            forms |= {password, unquote(password)}
    return forms


_SECRET_VARIABLE = re.compile(r"TOKEN|SECRET|PASSWORD|(?:^XK8S_AUDIT_KEY|^XK8S_DATABASE_URL)$")
_SECRET_KEY = re.compile(
    r"(?:[\w-]*[-_])?(?:client-key-data|client-certificate-data|token(?:-data)?|authorization|password|passwd"
    r"|client[-_]secret|credential_secret|private[-_]?key|api[-_]?key|audit[-_]key|access[-_]?key)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"(?P<name>(?<![\w.-])[\"']?{_SECRET_KEY.pattern}\\?[\"']?\s*[:=]\s*)"
    r"(?:(?P<quote>\\?[\"'])(?:\\.|.)+?(?P=quote)|(?!\[hidden)(?:bearer |basic )?[^\s,;\"'\\}\]]{6,})",
    re.IGNORECASE,
)
_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]*(?:PRIVATE KEY|CERTIFICATE REQUEST)-----"
    r".*?(?:-----END [A-Z0-9 ]*(?:PRIVATE KEY|CERTIFICATE REQUEST)-----|\Z)",
    re.DOTALL,
)
_SECRET_JSON = re.compile(r"(\\*[\"'](?:stringData|data)\\*[\"']\s*:\s*)\{[^{}]*\}")
_SECRET_YAML = re.compile(
    r"^([ \t]*)((?:stringData|data):)[ \t]*\n(?:\1[ \t]+\S.*(?:\n|\Z)|[ \t]*\n)+", re.MULTILINE
)
_SECRET_KIND = re.compile(r"kind\\*[\"']?\s*:\s*\\*[\"']?Secret\b")


def _hide_named(match: re.Match[str]) -> str:
    quote_mark = match["quote"] or ""
    return f"{match['name']}{quote_mark}{HIDDEN}{quote_mark}"


def _hide_secret_data(match: re.Match[str]) -> str:
    """Hide the data of a Kubernetes Secret in a whole text, as JSON and as YAML."""
    text = match[0]
    if not _SECRET_KIND.search(text):
        return text
    return _SECRET_YAML.sub(rf"\1\2 {HIDDEN}\n", _SECRET_JSON.sub(rf'\1"{HIDDEN}"', text))


_SHAPES: tuple[tuple[tuple[str, ...], re.Pattern[str], Replacement], ...] = (
    # lower-case words, one of which must occur; the pattern that is then tried; what replaces it
    (("-----begin ",), _PEM, HIDDEN),
    (("secret",), re.compile(r"\A.*\Z", re.DOTALL), _hide_secret_data),
    (("xox", "xapp-", "xwfp-"), re.compile(r"\bx(?:ox[a-z](?:\.xox[a-z])?|app|wfp)-[\w.-]{4,}"), HIDDEN),
    (
        ("hooks.slack.com", "ticket="),
        re.compile(r"(?<=hooks\.slack\.com/)[\w/-]+|(?<=[?&]ticket=)[^\s&\"']+"),
        HIDDEN,
    ),
    (("eyj",), re.compile(r"\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?"), HIDDEN),
    (("gaaaa",), re.compile(r"\bgAAAA[\w-]{30,}={0,2}"), HIDDEN),  # Keystone's Fernet tokens
    (("key", "token", "password", "passwd", "secret", "authorization", "client-cert"), _NAMED, _hide_named),
    (
        ("bearer ", "basic "),
        re.compile(r"\b((?:bearer|(?<=authorization: )basic) )[\w.~+/-]{6,}=*", re.IGNORECASE),
        rf"\1{HIDDEN}",
    ),
    (("://",), re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"), HIDDEN),
)
