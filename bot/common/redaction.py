"""The one filter for secrets: nothing that is shown, logged, audited or raised passes without it.

A secret is known by its value (every key and token of the settings, and every one that a cluster or cloud
gives us is learned) or by its shape: tokens, private keys, kubeconfigs, the data of Secrets, passwords.
The filter stands at the edges, where text leaves: log lines, audit events, what is sent to Slack, what a
terminal prints. It is asked for every line, so it looks for a plain word before it tries a pattern.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import quote, unquote, urlsplit

from pydantic import BaseModel, SecretStr

from bot.common.problems import Problem

HIDDEN = "[hidden]"
SHORTEST = 8  # characters of a value that is hidden wherever it stands: less would be part of any word
SHORTEST_LINE = 24  # characters of a key's line that is hidden by itself
MOST_KNOWN = 4_000  # values; keys of clusters are made anew twice a day, the oldest go

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
        """Hide this value from now on, in every form in which it travels."""
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
        """Learn every variable whose name says that it is a secret."""
        for name, value in environment.items():
            if _SECRET_VARIABLE.search(name):
                self.learn(SecretStr(value))

    def hide(self, text: str) -> str:
        """The text with every secret in it hidden."""
        for value in self._ordered:
            if value in text:
                text = text.replace(value, HIDDEN)
        lowered = text.lower()
        for words, pattern, replacement in _SHAPES:
            if any(word in lowered for word in words):
                text = pattern.sub(replacement, text)
        return text

    def hide_in(self, value: object) -> object:
        """Plain data with every secret in its texts hidden, and the data of Secrets in it."""
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, Mapping):
            return self._hide_in_mapping(value)
        if isinstance(value, (list, tuple, set, frozenset)):
            return type(value)(self.hide_in(each) for each in value)
        if isinstance(value, bytes):
            return self.hide_bytes(value)
        return value

    def hide_problem(self, problem: Problem) -> Problem:
        """The same error with every secret in its three lines hidden, before anything wraps or cuts them."""
        kind = type(problem)
        hidden = kind.__new__(kind)  # a copy of an exception would call its constructor, each has its own
        hidden.__dict__.update(problem.__dict__)
        hidden.what, hidden.why, hidden.fix = (
            self.hide(problem.what),
            self.hide(problem.why),
            self.hide(problem.fix),
        )
        hidden.args = (hidden.what,)
        return hidden

    def hide_bytes(self, data: bytes) -> bytes:
        """A file's content: hidden as text if it is text, else as it was."""
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return data
        return self.hide(text).encode()

    def _hide_in_mapping(self, value: Mapping[object, object]) -> dict[object, object]:
        secret = value.get("kind") == "Secret"
        hidden: dict[object, object] = {}
        for key, each in value.items():
            name = self.hide(key) if isinstance(key, str) else key
            if secret and key in ("data", "stringData") and isinstance(each, Mapping):
                hidden[name] = dict.fromkeys(each, HIDDEN)
            elif isinstance(key, str) and isinstance(each, str) and each and _SECRET_KEY.fullmatch(key):
                hidden[name] = HIDDEN
            else:
                hidden[name] = self.hide_in(each)
        return hidden


def _forms(value: str) -> set[str]:
    """A value as it is, in JSON, in a URL, in base64, a URL's password, and a key line by line."""
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


def _named(found: re.Match[str]) -> str:
    quote_mark = found["quote"] or ""
    return f"{found['name']}{quote_mark}{HIDDEN}{quote_mark}"


def _yaml_data(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]} {HIDDEN}\n"


def _secret_data(found: re.Match[str]) -> str:
    """A text in which a Secret stands: its data, as JSON and as YAML."""
    text = found[0]
    if not _SECRET_KIND.search(text):
        return text
    return _SECRET_YAML.sub(_yaml_data, _SECRET_JSON.sub(rf'\1"{HIDDEN}"', text))


_SHAPES: tuple[tuple[tuple[str, ...], re.Pattern[str], Replacement], ...] = (
    # a plain word in small letters, one of which must be there; what is then looked for; what takes its place
    (("-----begin ",), _PEM, HIDDEN),
    (("secret",), re.compile(r"\A.*\Z", re.DOTALL), _secret_data),
    (("xox", "xapp-", "xwfp-"), re.compile(r"\bx(?:ox[a-z](?:\.xox[a-z])?|app|wfp)-[\w.-]{4,}"), HIDDEN),
    (
        ("hooks.slack.com", "ticket="),
        re.compile(r"(?<=hooks\.slack\.com/)[\w/-]+|(?<=[?&]ticket=)[^\s&\"']+"),
        HIDDEN,
    ),
    (("eyj",), re.compile(r"\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?"), HIDDEN),
    (("gaaaa",), re.compile(r"\bgAAAA[\w-]{30,}={0,2}"), HIDDEN),  # Keystone's Fernet tokens
    (("key", "token", "password", "passwd", "secret", "authorization", "client-cert"), _NAMED, _named),
    (
        ("bearer ", "basic "),
        re.compile(r"\b((?:bearer|(?<=authorization: )basic) )[\w.~+/-]{6,}=*", re.IGNORECASE),
        rf"\1{HIDDEN}",
    ),
    (("://",), re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"), HIDDEN),
)
