"""The workspace of the demo: people of every role that can be tested, and their channels."""

from __future__ import annotations

import dataclasses

from sandbox.slack.model import APP_BOT, PARTNER, Channel, User, UserGroup
from sandbox.slack.workspace import Workspace

PEOPLE = (
    User(id="U0ANA", name="ana", real_name="Ana Silva", title="Platform engineer"),
    User(id="U0BO", name="bo", real_name="Bo Lindqvist", title="Platform lead"),
    User(id="U0CY", name="cy", real_name="Cy Okafor", title="Developer"),
    User(id="U0DEE", name="dee", real_name="Dee Novak", title="Security, approves"),
    User(id="U0EVA", name="eva", real_name="Eva Brandt", title="Administrator"),
    User(id="U0IDA", name="ida", real_name="Ida Moreau", title="On call (by group)"),
    User(id="U0GIL", name="gil", real_name="Gil Pereira", title="Guest", restricted=True),
    User(id="U0TOM", name="tom", real_name="Tom Weaver", title="Partner Ltd", team=PARTNER),
    User(id=APP_BOT, name="xk8s", real_name="xk8s", bot=True),
    User(id="U0DEPLOY", name="deploybot", real_name="Deploy Bot", bot=True),
)
COLLEAGUES = ("U0ANA", "U0BO", "U0CY", "U0DEE", "U0EVA", "U0IDA")
EVERYONE = frozenset({*COLLEAGUES, APP_BOT})
# by id: name, topic and members
CHANNELS = {
    "C0SHOP": (
        "shop",
        "Clusters of the shop, production first",
        (EVERYONE | {"U0GIL", "U0DEPLOY"}) - {"U0DEE"},
    ),
    "C0SHOPDEV": (
        "shop-dev",
        "Clusters of the shop, for trying things",
        EVERYONE | {"U0GIL", "U0DEPLOY"},
    ),
    "C0PARTNER": ("shop-partner", "Shared with Partner Ltd", EVERYONE | {"U0TOM"}),
    "C0LOBBY": ("lobby", "Of no project", EVERYONE | {"U0GIL"}),
    "C0RANDOM": ("random", "A private channel that the app was not invited to", EVERYONE - {APP_BOT}),
}
GROUPS = (
    UserGroup(id="S0OPS", handle="ops", members={"U0ANA", "U0BO"}),
    UserGroup(id="S0ONCALL", handle="oncall", members={"U0IDA"}),
)


def create_demo_workspace() -> Workspace:
    """Return a workspace with colleagues, a guest, an external member, two bots, groups and channels.

    `random` is private and keeps the app out. Dee is in no channel of production, so that an approval
    reaches her as a direct message.
    """
    workspace = Workspace()
    workspace.users = {user.id: user for user in PEOPLE}
    for id_, (name, topic, members) in CHANNELS.items():
        workspace.channels[id_] = Channel(
            id=id_,
            name=name,
            topic=topic,
            members=set(members),
            shared=id_ == "C0PARTNER",
            private=id_ == "C0RANDOM",
        )
    for user in (*COLLEAGUES, "U0GIL"):
        workspace.direct_message(user)
    for group in GROUPS:
        workspace.groups[group.id] = dataclasses.replace(group, members=set(group.members))
    return workspace
