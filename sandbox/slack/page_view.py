"""The page as HTML: one person's view of the workspace, as the query of the address asks for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

import jinja2

from sandbox.slack.fault_panel import FaultPanel
from sandbox.slack.model import Channel, Json, Message, User
from sandbox.slack.mrkdwn import MrkdwnRenderer, clock, size
from sandbox.slack.state import WorkspaceState

FOLDER = Path(__file__).parent / "page_files"
DIRECT_TOPIC = "What waits for you, and direct messages with the app"
HINTS = (
    ("/xk8s verify calico", "is the network driver healthy, on every node"),
    ("/xk8s template create flannel", "a cluster template for development"),
    ("/xk8s template create calico", "a cluster template for production"),
    ("/xk8s template create", "with a form"),
    ("/xk8s driver list", "Calico and Flannel side by side"),
    ("/xk8s cluster list", "your clusters"),
    ("/xk8s template list", "your templates"),
    ("/xk8s policy preview default-deny-ingress prod-eu -n shop", "what a policy would change"),
    ("/xk8s policy reach prod-eu", "who can reach whom"),
    ("/xk8s migrate dev-eu --to calico", "a plan first, nothing moves before it is approved"),
    ("/xk8s approvals", "what waits for a second person"),
    ("/xk8s audit", "who did what"),
    ("/xk8s whoami", "what you may do here"),
    ("/xk8s help", "everything one can type"),
)


@dataclasses.dataclass(frozen=True)
class _Place:
    """Where somebody is: a channel, a thread in it, or the Home tab of the app."""

    user: User
    channel: Channel
    channels: list[Channel]  # all that the user is in
    thread: str
    home: bool

    def link(self, **changes: str) -> str:
        """Return the query of another place; a change of channel or user leaves the thread."""
        query = {
            "user": self.user.id,
            "channel": self.channel.id,
            "thread": self.thread,
            "tab": "home" if self.home else "",
        } | changes
        if "channel" in changes or "user" in changes:
            query["thread"] = ""
        if "channel" in changes and "tab" not in changes:
            query["tab"] = ""
        if "user" in changes and self.channel.direct:
            query["channel"] = f"D0{changes['user'][2:]}"
        return "?" + urlencode({key: value for key, value in query.items() if value})


class PageView:
    """Renders the page of one workspace."""

    def __init__(self, workspace: WorkspaceState, panel: FaultPanel) -> None:
        self._workspace = workspace
        self._panel = panel
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        renderer = MrkdwnRenderer(
            user_name=self._name, channel_name=lambda channel: workspace.channels[channel].name
        )
        self._templates.globals |= {
            "workspace": workspace,
            "of": lambda user: list(workspace.users).index(user),
            "size": size,
            "is_image": _is_image,
            "name": self._name,
            "mrkdwn": renderer.mrkdwn,
            "text": renderer.text,
            "clock": clock,
            "hints": HINTS,
        }

    def render(self, template: str, query: Mapping[str, str], *, connected: bool) -> str:
        """Return the HTML of a template; `connected` tells whether the app is."""
        place, workspace, groups = self._place(query), self._workspace, self._panel.groups()
        root = workspace.message(place.channel.id, place.thread) if place.thread else None

        def replies_of(message: Message) -> list[Message]:
            return workspace.thread(place.user.id, place.channel.id, message.ts)

        return self._templates.get_template(template).render(
            user=place.user,
            people=self._people(),
            channel=place.channel,
            thread=place.thread,
            root=root,
            link=place.link,
            channels=[channel for channel in place.channels if not channel.direct],
            directs=[channel for channel in place.channels if channel.direct],
            messages=workspace.visible(place.user.id, place.channel.id),
            replies=replies_of(root) if root else [],
            replies_of=replies_of,
            views=[view for view in workspace.views.values() if view.user == place.user.id][-1:],
            home=place.home,
            home_view=workspace.homes.get(place.user.id),
            bot=workspace.bot.id,
            faults=groups,
            faults_on=sum(fault.on for group in groups for fault in group.faults),
            connected=connected,
            topic=DIRECT_TOPIC if place.channel.direct else place.channel.topic,
        )

    def _place(self, query: Mapping[str, str]) -> _Place:
        user = self._workspace.users.get(query.get("user", ""), self._people()[0])
        channels = [channel for channel in self._workspace.channels.values() if user.id in channel.members]
        named = (channel for channel in channels if channel.id == query.get("channel"))
        channel = next(named, channels[0])
        home = query.get("tab") == "home" and channel.direct
        return _Place(user, channel, channels, "" if home else query.get("thread", ""), home)

    def _people(self) -> list[User]:
        return [user for user in self._workspace.users.values() if not user.bot and not user.deleted]

    def _name(self, id_: str) -> str:
        user = self._workspace.users.get(id_)
        return user.name if user else id_


def _is_image(file: Json) -> bool:
    return str(file["mimetype"]).startswith("image/")
