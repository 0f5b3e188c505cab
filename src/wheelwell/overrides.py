"""Overrides: settings of a stronger place, put over those of a weaker one.

Weakest first, a build's settings are those of all projects, those of its own table in the
configuration, those of the request, and the switches. What has a name replaces what had it; lists
add.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from wheelwell.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Overrides:
    """What one place says of builds; all of it may be left out."""

    config: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """PEP 517 config settings: each name with its values."""

    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables that become part of the key."""

    constraints: tuple[str, ...] = ()
    """Further constraints on build requirements (PEP 508)."""

    requirements: tuple[str, ...] = ()
    """Further build requirements (PEP 508)."""

    is_isolated: bool | None = None
    """None where it is not said."""

    as_of: str | None = None
    """As of when build requirements are resolved; None where it is not said."""

    timeout: float | None = None
    """How long a build may take, in seconds: 0 for no limit, None where it is not said."""

    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Environment variables that do not."""

    is_exclusive: bool = False
    """Whether nothing else is built meanwhile, in a warm-up."""

    is_skipped: bool = False
    """Whether it is left out of a warm-up."""

    why: str = ""
    """Why the table says so, for who reads a report."""

    def over(self, settings: Settings) -> Settings:
        """Return `settings` with these put over them.

        A variable that becomes a secret here leaves the key; the other way round is a
        `ConfigurationError`.
        """
        kept = {n: v for n, v in settings.variables.items() if n not in self.secrets}
        return replace(
            settings,
            config={**settings.config, **self.config},
            variables={**kept, **self.variables},
            constraints=_united(settings.constraints, self.constraints),
            requirements=_united(settings.requirements, self.requirements),
            is_isolated=settings.is_isolated if self.is_isolated is None else self.is_isolated,
            as_of=settings.as_of if self.as_of is None else self.as_of,
            secrets={**settings.secrets, **self.secrets},
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Layers:
    """The settings of every project."""

    settings: Settings = field(default_factory=Settings)
    """Those of all, where nothing stronger says otherwise."""

    packages: Mapping[str, Overrides] = field(default_factory=dict)
    """By project, its name normalized (PEP 503)."""

    switches: Overrides = field(default_factory=Overrides)

    def settings_of(
        self, project: str, own: Sequence[tuple[str, tuple[str, ...]]] = ()
    ) -> Settings:
        """Return the settings of a project; an empty name is that of one not known yet.

        `own` are the config settings of the request.
        """
        table = self.packages.get(project)
        if table is None and not own and self.switches == Overrides():
            return self.settings  # as nearly always, and a hit must not wait
        settings = table.over(self.settings) if table else self.settings
        return self.switches.over(Overrides(config=dict(own)).over(settings))

    def table_of(self, project: str) -> Overrides:
        """Return what the project's own table says; what says nothing where it has none."""
        return self.packages.get(project, _NOTHING)

    def timeout_of(self, project: str) -> float | None:
        """Return what its table says of a project's timeout, in seconds; None for nothing."""
        table = self.packages.get(project)
        return table.timeout if table else None


_NOTHING = Overrides()


def _united(weaker: tuple[str, ...], stronger: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*weaker, *stronger}))
