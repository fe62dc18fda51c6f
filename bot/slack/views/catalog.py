"""Every view: imports the view modules, so that each registers what it shows.

A new view needs no entry here: a module beside this one that uses the decorators of `registry` is enough.
"""

import importlib
import pkgutil

from bot.slack import views
from bot.slack.views.registry import REGISTRY, Registry

COMPOSERS = frozenset({"answers", "catalog"})  # modules that use the catalogue, and hold no view of a result


def discover() -> Registry:
    """Import the view modules in the order of their names, and return what they have registered."""
    for name in sorted(module.name for module in pkgutil.iter_modules(views.__path__)):
        if name not in COMPOSERS:
            importlib.import_module(f"{views.__name__}.{name}")
    return REGISTRY


RESULTS = discover()
