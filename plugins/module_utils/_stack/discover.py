# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds a Ticketz stack among the containers of an engine."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from .._errors import HostError, Notice, listed
from . import roles
from .application import application, writers
from .compose_files import compose_files
from .container import Container, container
from .directories import directories
from .engine import Engine
from .model import Image, Stack, Wanted
from .servers import database, redis


def discover(wanted: Wanted) -> Stack:
    """Return the selected stack on the selected engine.

    Raise HostError: the errors of :func:`discover_on` and of :class:`Engine`.
    """
    with Engine(wanted.docker_host) as engine:
        return discover_on(engine, wanted)


def discover_on(engine: Engine, wanted: Wanted) -> Stack:
    """Return the selected stack.

    The database is the container that the backend's ``DB_HOST`` refers to, with any name and in any project;
    else the only one in the project that seems to be PostgreSQL. Redis is found in the same way.

    Raise HostError: ``stack_absent``, ``stack_ambiguous``, ``stack_project_unknown``, ``stack_container_unknown``.
    """
    found = [container(each) for each in engine.containers()]
    everything = sorted((each for each in found if not each.oneoff), key=lambda each: each.name)
    named = {
        "postgres_container": _named(everything, "postgres_container", wanted.postgres),
        "backend_container": _named(everything, "backend_container", wanted.backend),
        "redis_container": _named(everything, "redis_container", wanted.redis),
    }
    scope = _scope(everything, wanted.project)
    backends = _backends(scope, everything, wanted, named)
    if wanted.by_itself and not backends:
        raise _absent(everything, engine, wanted)
    if backends and not wanted.project:
        scope = _project(everything, backends[0])
    postgres = named["postgres_container"] or _server(
        scope, everything, backends, "DB_HOST", roles.is_postgres
    )
    if not backends and postgres:
        # Only the database was named: the backend is the container that uses it.
        backends = _users(everything, postgres)
        scope = scope if wanted.project else _project(everything, (backends or [postgres])[0])
    notices: list[Notice] = []
    if not postgres and not _outside(backends):
        raise _absent(scope if backends or wanted.project else everything, engine, wanted)
    if not backends:
        notices.append(Notice("stack_without_backend", names=_names(scope)))
    cache = named["redis_container"] or _redis(scope, everything, backends, notices)
    ours = [*backends, *filter(None, (postgres, cache))]
    folders = directories(engine, backends, notices)
    active = application(backends, postgres, everything)
    parts = list({each.id: each for each in [*ours, *scope]}.values()) if ours[0].project else ours
    return Stack(
        docker_host=engine.host,
        project=(backends or ours)[0].project or None,
        database=database(postgres, backends, everything, notices),
        redis=redis(cache, backends, everything, notices),
        backends=tuple(backends),
        directories=folders,
        compose=compose_files(parts, backends, notices),
        images=tuple(_images(engine, parts)),
        environment=backends[0].environment if backends else {},
        application=active,
        writers=writers(active, folders, everything),
        containers=tuple(parts),
        notices=tuple(notices),
    )


# --- selection ----------------------------------------------------------------


def _named(containers: Sequence[Container], option: str, name: str | None) -> Container | None:
    """Return the container with this name or with an id that begins with it; None without a name."""
    if not name:
        return None
    for each in containers:
        if each.name == name.lstrip("/"):
            return each
    by_id = [each for each in containers if len(name) >= 4 and each.id.startswith(name)]
    if len(by_id) == 1:
        return by_id[0]
    raise HostError(
        "stack_container_unknown",
        option=option,
        name=name,
        found=_by_similarity(name, (each.name for each in containers)),
    )


def _scope(containers: Sequence[Container], project: str | None) -> list[Container]:
    if not project:
        return list(containers)
    scope = [each for each in containers if each.project == project]
    if not scope:
        projects = {each.project for each in containers if each.project}
        raise HostError("stack_project_unknown", project=project, found=_by_similarity(project, projects))
    return scope


def _project(containers: Sequence[Container], one: Container) -> list[Container]:
    """Return the containers of a container's project, or only the container itself if it has no project."""
    return [each for each in containers if each.project == one.project] if one.project else [one]


def _backends(
    scope: Sequence[Container],
    everything: Sequence[Container],
    wanted: Wanted,
    named: dict[str, Container | None],
) -> list[Container]:
    """Return the containers of one backend, running ones first; none if there is none."""
    backend, postgres = named["backend_container"], named["postgres_container"]
    if backend:
        return [backend]
    if postgres and not wanted.project:
        return _users(everything, postgres)
    candidates = [each for each in scope if roles.is_backend(each)]
    candidates = candidates or [each for each in scope if roles.is_backend_without_media(each)]
    if wanted.env_file:
        near = [each for each in candidates if _is_below(wanted.env_file, each.working_dir)]
        candidates = near or candidates
    return _single_backend(candidates)


def _is_below(path: str, directory: str) -> bool:
    return bool(directory) and Path(path).resolve().is_relative_to(Path(directory).resolve())


def _users(containers: Sequence[Container], postgres: Container) -> list[Container]:
    """Return the containers of the backend that uses a database, running ones first."""
    return _single_backend(
        each
        for each in containers
        if (roles.is_backend(each) or roles.is_backend_without_media(each))
        and roles.called(each.environment.get("DB_HOST", ""), each, containers) == postgres
    )


def _single_backend(candidates: Iterable[Container]) -> list[Container]:
    """Return the candidates, running ones first, if they are a single backend: containers of one project with the same mounts.

    Raise HostError (``stack_ambiguous``).
    """
    groups: dict[tuple[str, ...], list[Container]] = {}
    for each in sorted(candidates, key=lambda each: not each.running):
        mounts = (each.mounted(destination) for destination in roles.DESTINATIONS.values())
        key = (each.project or each.id, *(mount.source if mount else "" for mount in mounts))
        groups.setdefault(key, []).append(each)
    if len(groups) > 1:
        found = [each for group in groups.values() for each in group]
        projects = {each.project for each in found}
        option = "backend_container" if len(projects) == 1 else "compose_project"
        raise HostError("stack_ambiguous", what="backend", found=_by_project(found), option=option)
    return next(iter(groups.values()), [])


def _server(
    scope: Sequence[Container],
    everything: Sequence[Container],
    backends: Sequence[Container],
    variable: str,
    seems: Callable[[Container], bool],
) -> Container | None:
    """Return the container of a server: the one that the backend uses, else the only likely one.

    Raise HostError (``stack_ambiguous``).
    """
    for backend in backends:
        value = backend.environment.get(variable, "")
        found = roles.called(roles.host_in(value), backend, everything) if value else None
        if found:
            return found
    candidates = [each for each in scope if seems(each)]
    if any(roles.outside(roles.host_in(each.environment.get(variable, ""))) for each in backends):
        # The host is not a container, but may be this host, on which containers can publish their ports.
        candidates = [each for each in candidates if each.published or each.network_mode == "host"]
    if len(candidates) > 1:
        what, option = (
            ("PostgreSQL", "postgres_container") if variable == "DB_HOST" else ("Redis", "redis_container")
        )
        raise HostError("stack_ambiguous", what=what, found=_by_project(candidates), option=option)
    return candidates[0] if candidates else None


def _redis(
    scope: Sequence[Container],
    everything: Sequence[Container],
    backends: Sequence[Container],
    notices: list[Notice],
) -> Container | None:
    """Return the container of Redis. If it is ambiguous, add a warning instead of raising."""
    try:
        return _server(scope, everything, backends, "REDIS_URI", roles.is_redis)
    except HostError as error:
        notices.append(Notice(error.code, **error.facts))
        return None


def _outside(backends: Sequence[Container]) -> bool:
    """Return whether the backend's database is not a container, and this host resolves its name."""
    return any(roles.outside(each.environment.get("DB_HOST", "")) for each in backends)


# --- description --------------------------------------------------------------


def _images(engine: Engine, containers: Iterable[Container]) -> list[Image]:
    users: dict[tuple[str, str], list[str]] = {}
    for each in containers:
        users.setdefault((each.image, each.image_id), []).append(each.name)
    found = []
    for (name, identity), names in users.items():
        digests = engine.image(identity).get("RepoDigests") or []
        found.append(Image(name, identity, own_first(name, digests), tuple(sorted(names))))
    return sorted(found, key=lambda image: image.name)


def own_first(name: str, digests: Iterable[str]) -> tuple[str, ...]:
    """Return an image's digests, beginning with those of the repository in its name.

    An image that was pushed to several registries has a digest for each of them, and some may no longer exist.
    """
    wanted = _repository(name)
    return tuple(sorted(digests, key=lambda digest: (_repository(digest) != wanted, digest)))


def _repository(reference: str) -> str:
    """Return an image's registry and path, without tag or digest, and without the default registry, which Docker omits."""
    parent, slash, last = reference.partition("@")[0].rpartition("/")
    return (parent + slash + last.partition(":")[0]).removeprefix("docker.io/").removeprefix("library/")


def _by_similarity(wanted: str, names: Iterable[str]) -> str:
    """List names, the most similar to the wanted one first, since a message names only some."""
    existing = sorted(names)
    return listed(difflib.get_close_matches(wanted, existing, n=len(existing) or 1, cutoff=0.0)) or "-"


def _names(containers: Iterable[Container]) -> str:
    return listed(each.name for each in containers) or "-"


def _by_project(containers: Iterable[Container]) -> str:
    projects: dict[str, list[str]] = {}
    for each in containers:
        projects.setdefault(each.project, []).append(f"{each.name} ({each.state})")
    return "; ".join(
        (f"project {project}: " if project else "") + listed(names)
        for project, names in sorted(projects.items())
    )


def _absent(containers: Sequence[Container], engine: Engine, wanted: Wanted) -> HostError:
    where = f"project {wanted.project}" if wanted.project else engine.host
    return HostError("stack_absent", where=where, found=_by_project(containers) or "-")
