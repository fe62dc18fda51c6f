"""The workspace of the demo: who is in it, in which role people can be tested, and the channels."""

from __future__ import annotations

from sandbox.slack.model import APP_BOT, PARTNER, Channel, Group, User
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


def shop() -> Workspace:
    """Colleagues, a guest, an external member, two bots, two user groups and five channels.

    `private` keeps the app out; Dee is in no channel of production, so an approval reaches her as a direct
    message.
    """
    made = Workspace()
    made.users = {user.id: user for user in PEOPLE}
    everyone = {*COLLEAGUES, APP_BOT}
    for channel in (
        Channel(
            id="C0SHOP",
            name="shop",
            members=(everyone | {"U0GIL", "U0DEPLOY"}) - {"U0DEE"},
            topic="Clusters of the shop, production first",
        ),
        Channel(
            id="C0SHOPDEV",
            name="shop-dev",
            members=everyone | {"U0GIL", "U0DEPLOY"},
            topic="Clusters of the shop, for trying things",
        ),
        Channel(
            id="C0PARTNER",
            name="shop-partner",
            members=everyone | {"U0TOM"},
            shared=True,
            topic="Shared with Partner Ltd",
        ),
        Channel(id="C0LOBBY", name="lobby", members=everyone | {"U0GIL"}, topic="Of no project"),
        Channel(
            id="C0RANDOM",
            name="random",
            members=everyone - {APP_BOT},
            private=True,
            topic="A private channel that the app was not invited to",
        ),
    ):
        made.channels[channel.id] = channel
    for user in (*COLLEAGUES, "U0GIL"):
        made.direct(user)
    for group in (
        Group(id="S0OPS", handle="ops", members={"U0ANA", "U0BO"}),
        Group(id="S0ONCALL", handle="oncall", members={"U0IDA"}),
    ):
        made.groups[group.id] = group
    return made
