"""What a driver adds to a cluster template: options of `template create`, Magnum labels, and their rules."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

OptionValues = Mapping[str, Any]  # a `TemplateOption`'s name to its text, or True for a switch


@dataclasses.dataclass(frozen=True, kw_only=True)
class TemplateOption:
    """An option of `template create` that exists because of a driver.

    Several drivers may declare the same option, each with its own rules for it.
    """

    name: str  # the key under which audit log and approvals store its value: it never changes
    flag: str
    placeholder: str = ""  # stands for the value in the help; empty for a switch
    check: Callable[[str], str] | None = None  # normalises the value, raises ValueError; None: any name
    label: str = ""  # of its field in the form; empty if the form does not offer it
    hint: str = ""  # under that field


@dataclasses.dataclass(frozen=True, kw_only=True)
class LabelProblem:
    """A Magnum label that the driver cannot work with, and what to set instead."""

    what: str
    fix: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptionAdvice:
    """What a driver has in place of an option of another driver; `{flag}` in `fix` is that option."""

    why: str
    fix: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class TemplateRules:
    """The labels of a driver in a cluster template (Magnum's user guide, section "Labels")."""

    label_prefixes: tuple[str, ...]  # labels that begin so are refused in templates of other drivers
    pool_label: str  # the label with the pod range
    default_pool: str  # what Magnum takes where that label is absent
    options: tuple[TemplateOption, ...] = ()
    labels_of: Callable[[OptionValues], dict[str, str]]  # of the driver's own options; raises `Refusal`
    check_labels: Callable[[Mapping[str, str]], tuple[LabelProblem, ...]]  # of a finished template
    instead: OptionAdvice
