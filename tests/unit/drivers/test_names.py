"""A driver's name stands in `bot/drivers/` alone: whatever depends on a driver is asked of its profile."""

from __future__ import annotations

import ast
import pathlib
import re
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).parents[3]
NAMES = re.compile("calico|flannel|cilium", re.IGNORECASE)
PATTERNS = ("bot/**/*", "storage/**/*")

# Where a name may stand all the same, and why. A command that is given as an example has to name some driver.
EXAMPLES = re.compile(r"bot/actions/[a-z]+\.py (cluster|driver|migrate|template|verify) [a-z0-9 .-]+")
ALLOWED = {
    # the hint that Slack shows behind the command, and the first lines of the help
    "bot/actions/help_pages.py help | verify calico | template create flannel | cluster list",
    "bot/slack/views/help_pages.py verify calico",
    "bot/slack/views/help_pages.py template create flannel",
    'bot/cli/main.py Do what one would type in Slack: xk8s run "verify calico".',
    # Magnum's own default, not a choice of this product
    "bot/adapters/openstack/magnum.py flannel",
}
# the demo's script, which plays with the sandbox's clusters
ALLOWED_FILES = {"bot/cli/tour.py"}


def words(tree: ast.AST) -> Iterator[str]:
    """Every identifier and every string of a module, docstrings included."""
    for node in ast.walk(tree):
        for field in ("id", "attr", "arg", "name", "module"):
            word = getattr(node, field, None)
            if isinstance(word, str):
                yield word
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def mentions(root: pathlib.Path) -> list[str]:
    """`path text` for every text outside of the drivers in which a driver is named."""
    found_mentions = []
    for path in sorted(path for pattern in PATTERNS for path in root.glob(pattern)):
        place = str(path.relative_to(root))
        if not path.is_file() or path.suffix == ".pyc" or place.startswith("bot/drivers/"):
            continue
        found_mentions += [place] if NAMES.search(place) else []
        texts = words(ast.parse(path.read_text())) if path.suffix == ".py" else [path.read_text()]
        found_mentions += [f"{place} {text}" for text in texts if NAMES.search(text)]
    return found_mentions


def is_allowed(mention: str) -> bool:
    path = mention.partition(" ")[0]
    return mention in ALLOWED or path in ALLOWED_FILES or EXAMPLES.fullmatch(mention) is not None


def test_no_drivers_name_stands_outside_of_the_drivers() -> None:
    assert [mention for mention in mentions(ROOT) if not is_allowed(mention)] == []


def test_everything_that_is_allowed_is_there() -> None:
    present = mentions(ROOT)
    assert set(present) >= ALLOWED, "an allowance that nothing needs any more goes"
    assert {mention.partition(" ")[0] for mention in present} >= ALLOWED_FILES
    assert any(EXAMPLES.fullmatch(mention) for mention in present)


def test_identifiers_strings_and_file_names_are_looked_at(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "bot" / "drivers"
    folder.mkdir(parents=True)
    (folder / "catalog.py").write_text("CALICO = 'calico'")
    module = "from x import FLANNEL\ndef ask_calico(of): return of.CiliumPolicy == f'{of} is Calico'\n"
    (tmp_path / "bot" / "views.py").write_text(module)
    (tmp_path / "bot" / "calico_view.yaml").write_text("a: b")
    assert {mention.partition(" ")[2] or mention for mention in mentions(tmp_path)} == {
        "bot/calico_view.yaml",
        "FLANNEL",
        "ask_calico",
        "CiliumPolicy",
        " is Calico",
    }
