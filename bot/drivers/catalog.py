"""The catalogue of network drivers: the built-in ones, and those that other packages add.

A built-in driver is a folder of this package with a module `profile` that has a `PROFILE`. Any other
installed package adds a driver with an entry point of the group `xk8s.drivers` that names a `DriverProfile`:

    [project.entry-points."xk8s.drivers"]
    antrea = "xk8s_antrea.profile:PROFILE"

The catalogue is read once, when it is first asked. A plug-in that cannot be used is left out, logged, and
named by `xk8s doctor`; it never keeps the bot from starting.
"""

import dataclasses
import functools
import importlib
import importlib.metadata
import importlib.util
import pkgutil
import re
from collections.abc import Iterable, Iterator

import structlog

import bot.drivers
from bot.common.problems import Refusal
from bot.drivers.driver import Driver
from bot.drivers.policy_apis import UNCATALOGUED, PolicyApi
from bot.drivers.profile import DriverProfile
from bot.drivers.template_rules import TemplateOption

ENTRY_POINT_GROUP = "xk8s.drivers"
# a driver's name is a word of the grammar and a key of the YAML file
_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")

log = structlog.get_logger(__name__)


class UnknownDriver(Refusal):
    """A record names a driver that is not in the catalogue, for example because its plug-in was removed."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class BrokenPlugin:
    """An entry point that does not lead to a usable driver."""

    name: str
    package: str
    why: str

    def __str__(self) -> str:
        return f"{self.name} of the package {self.package}: {self.why}"


def profiles() -> tuple[DriverProfile, ...]:
    """Return all drivers: the built-in ones first, and of each kind those for production first."""
    return _catalog().profiles


def broken_plugins() -> tuple[BrokenPlugin, ...]:
    """Return the plug-ins that were left out, each with the reason."""
    return _catalog().broken


def names() -> tuple[Driver, ...]:
    """Return the names of all drivers, in the order of `profiles`."""
    return tuple(profile.driver for profile in profiles())


def find_driver(name: str | None) -> Driver | None:
    """Return a name as a driver of the catalogue; None if there is no such driver."""
    return next((driver for driver in names() if driver == name), None)


def profile(driver: Driver) -> DriverProfile:
    """Return the profile of a driver. Raises `UnknownDriver`."""
    for candidate in profiles():
        if candidate.driver == driver:
            return candidate
    raise UnknownDriver(
        f"There is no driver {driver}",
        why=f"there are {', '.join(names())}",
        fix="Install its plug-in again; `xk8s doctor` names those that cannot be used.",
    )


def recommended() -> DriverProfile:
    """Return the driver to point people to who need one for production, with NetworkPolicy enforced."""
    return next(profile for profile in profiles() if profile.production and profile.enforces_network_policy)


def template_options() -> tuple[TemplateOption, ...]:
    """Return the drivers' options of `template create`, each once: those with a value, then the switches."""
    options: dict[str, TemplateOption] = {}
    for option in (option for profile in profiles() for option in profile.template.options):
        options.setdefault(option.name, option)
    return tuple(sorted(options.values(), key=lambda option: not option.placeholder))


def policy_apis() -> tuple[PolicyApi, ...]:
    """Return the policy APIs of all drivers, and those that belong to no driver of the catalogue."""
    return _catalog().policy_apis


def reload() -> None:
    """Read the catalogue anew when it is next asked; for tests that install a plug-in."""
    _catalog.cache_clear()


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Catalog:
    profiles: tuple[DriverProfile, ...]
    broken: tuple[BrokenPlugin, ...]

    @functools.cached_property
    def policy_apis(self) -> tuple[PolicyApi, ...]:
        own = tuple(profile.policies for profile in self.profiles if profile.policies is not None)
        groups = {group for api in own for group in api.groups}
        return (*own, *(api for api in UNCATALOGUED if not groups & set(api.groups)))


@functools.cache
def _catalog() -> _Catalog:
    built_in = _sorted(_built_in())
    plugins: list[DriverProfile] = []
    broken: list[BrokenPlugin] = []
    for entry_point in sorted(importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)):
        try:
            plugins.append(_load(entry_point, [*built_in, *plugins]))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plug-in is foreign code and may raise anything
            package = entry_point.dist.name if entry_point.dist else "unknown"
            plugin = BrokenPlugin(
                name=entry_point.name, package=package, why=f"{type(error).__name__}: {error}"
            )
            log.error("driver plug-in cannot be used", **dataclasses.asdict(plugin))
            broken.append(plugin)
    return _Catalog(profiles=(*built_in, *_sorted(plugins)), broken=tuple(broken))


def _sorted(profiles: Iterable[DriverProfile]) -> list[DriverProfile]:
    return sorted(profiles, key=lambda profile: (not profile.production, profile.driver))


def _built_in() -> Iterator[DriverProfile]:
    for folder in pkgutil.iter_modules(bot.drivers.__path__, "bot.drivers."):
        if folder.ispkg and importlib.util.find_spec(f"{folder.name}.profile"):
            yield importlib.import_module(f"{folder.name}.profile").PROFILE


def _load(entry_point: importlib.metadata.EntryPoint, loaded: list[DriverProfile]) -> DriverProfile:
    """Load a plug-in's profile. Raises `ValueError` if it cannot stand beside the other drivers."""
    profile = entry_point.load()
    if not isinstance(profile, DriverProfile):
        raise ValueError(f"{entry_point.value} is not a DriverProfile")
    if profile.driver != entry_point.name or not _NAME.fullmatch(profile.driver):
        raise ValueError(f"the entry point is called {entry_point.name}, its driver {profile.driver}")
    if any(profile.driver == existing.driver for existing in loaded):
        raise ValueError(f"there is a driver {profile.driver} already")
    spellings = {(option.name, option.flag) for existing in loaded for option in existing.template.options}
    names, flags = {name for name, _ in spellings}, {flag for _, flag in spellings}
    for option in profile.template.options:
        if (option.name, option.flag) not in spellings and (option.name in names or option.flag in flags):
            raise ValueError(f"its option {option.flag} means something else for another driver")
    return profile
