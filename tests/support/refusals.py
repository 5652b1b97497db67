# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table of what the engine refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .refusal_world import (
    EXTENSION,
    World,
    changed,
    connected,
    cut,
    damaged,
    drill,
    import_,
    in_place,
    interrupted_elsewhere,
    owned,
    part,
    prune,
    renamed,
    save,
    small_disks,
    swap,
    to,
    undo,
)


@dataclass(frozen=True)
class Refusal:
    """A run that a verb refuses.

    :param options: returns the verb's options.
    :param around: returns the context in which the verb is run.
    """

    code: str
    verb: str
    options: Callable[[World], Mapping[str, Any]]
    around: Callable[[World], AbstractContextManager[Any]] = lambda world: nullcontext()


_OLD = {"backup": World.old_archive}
_OLD_EXTENSION = {
    "backup": lambda w: w.old_archive(lambda dump: dump.replace("--\n-- Name", EXTENSION + "--\n-- Name", 1))
}
_OLD_OWNER = {
    "backup": lambda w: w.old_archive(
        lambda dump: dump.replace(
            "text\n);\n", f'text\n);\n\n\nALTER TABLE public."Users" OWNER TO {w.server.user};\n', 1
        )
    )
}
_PLAIN = {"login_user": lambda w: w.plain, "login_password": "word"}

#: A separate store, because an account that can't read the server's identifier records the server's address instead.
_APART: dict[str, Any] = {"backup_dir": lambda w: str(w.folder("apart")), "backup_init": True}
_READABLE = """GRANT USAGE ON SCHEMA other TO {plain}; GRANT SELECT ON ALL TABLES IN SCHEMA public, other TO {plain};
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public, other TO {plain}; """

#: description → refusal
REFUSALS: dict[str, Refusal] = {
    # restores to a new database
    "a database with tables": Refusal("target_not_empty", "restore", swap(login_db=lambda w: w.full)),
    "a database in use": Refusal(
        "target_in_use", "restore", swap(login_db=lambda w: w.empty), connected("empty")
    ),
    "another's database": Refusal(
        "target_not_owner", "restore", swap("maker", login_db=lambda w: w.full, if_not_empty="replace")
    ),
    "no right to create databases": Refusal("createdb_missing", "restore", swap("plain")),
    "a mapping to no role": Refusal(
        "role_unknown", "restore", swap(role_mapping=lambda w: {w.server.user: "nobody_here"})
    ),
    "another's objects": Refusal("role_not_member", "restore", swap("maker", role_mapping={})),
    "another's objects, old archive": Refusal(
        "role_not_member", "restore", swap("maker", role_mapping={}, **_OLD_OWNER)
    ),
    "an older server": Refusal("server_too_old", "restore", swap(backup=lambda w: w.from_newer)),
    "an extension that is missing": Refusal(
        "extension_missing", "restore", swap(backup=World.with_extension)
    ),
    "an extension that is missing, old archive": Refusal(
        "extension_missing", "restore", swap(**_OLD_EXTENSION)
    ),
    "an extension for superusers": Refusal(
        "extension_refused",
        "restore",
        lambda w: {
            **swap("maker", backup=w.from_newer)(w),
            **w.login("goal", w.maker, w.newer),
        },
    ),
    "a full server": Refusal("server_space", "restore", swap(), small_disks),
    "a full server, old archive": Refusal("server_space", "restore", swap(**_OLD), small_disks),
    "a full disk": Refusal(
        "disk_full", "restore", swap(components=["directories"], **to("public", "new")), small_disks
    ),
    "paths left out of an old archive": Refusal(
        "option_invalid", "restore", swap(restore_exclude_paths=["*.mp4"], **_OLD)
    ),
    "a directory that is not in it": Refusal("component_absent", "restore", swap(**to("media", "new"))),
    "files that are not in it": Refusal("component_absent", "restore", swap(components=["config"])),
    "keys that are not in it": Refusal("component_absent", "restore", swap(components=["redis"])),
    "directories without a place": Refusal(
        "directories_unplaced", "restore", swap(components=["directories"])
    ),
    "a directory that is full": Refusal("restore_target_full", "restore", swap(**to("public", "occupied"))),
    "a file for a directory": Refusal(
        "restore_path_unusable", "restore", swap(**to("public", "settings.env"))
    ),
    "a directory without a parent": Refusal(
        "restore_path_unusable", "restore", swap(**to("public", "no/where"))
    ),
    "an object that is not in it": Refusal("leave_out_unknown", "restore", swap(leave_out=["Nothing"])),
    "an object that is not in it, old archive": Refusal(
        "leave_out_unknown", "restore", swap(leave_out=["Nothing"], **_OLD)
    ),
    "an archive that is not there": Refusal("archive_missing", "restore", swap(backup="/nowhere/b.tar")),
    "an archive of another format than is said": Refusal(
        "format_differs", "restore", swap(format="sidekick")
    ),
    "an id that is not there": Refusal(
        "backup_unknown",
        "restore",
        swap(backup="backup_20010101_000000", backup_dir=lambda w: str(w.root / "store")),
    ),
    "an archive without its key": Refusal("key_missing", "restore", swap(backup=lambda w: w.locked)),
    "an archive with another key": Refusal(
        "key_wrong", "restore", swap(backup=lambda w: w.locked, encryption_key="another horse battery")
    ),
    "a damaged record": Refusal("journal_damaged", "restore", swap(), damaged),
    "a restore that waits for another server": Refusal(
        "swap_interrupted", "restore", swap(**to("public", "public")), interrupted_elsewhere
    ),
    # restores of files and keys
    "a file in the way": Refusal(
        "config_in_the_way",
        "restore",
        swap(
            backup=lambda w: w.everything,
            components=["config"],
            config_mapping=lambda w: {str(w.root): str(w.root)},
        ),
    ),
    "a file from anybody": Refusal(
        "config_untrusted", "restore", swap(backup=lambda w: w.everything, components=["config"])
    ),
    "keys in the way": Refusal(
        "redis_in_the_way",
        "restore",
        swap(backup=lambda w: w.everything, components=["redis"], redis_url=lambda w: w.redis_url),
    ),
    "keys without a place": Refusal(
        "redis_unplaced", "restore", swap(backup=lambda w: w.everything, components=["redis"])
    ),
    "a Redis that does not answer": Refusal(
        "redis_unreachable",
        "restore",
        swap(backup=lambda w: w.everything, components=["redis"], redis_url="redis://127.0.0.1:1"),
    ),
    # restores in place
    "a full database": Refusal("target_not_empty", "restore", in_place("own")),
    "no such database": Refusal("in_place_database_missing", "restore", in_place("nowhere")),
    "no right to create": Refusal("in_place_no_create", "restore", in_place("bare")),
    "another's table": Refusal(
        "objects_not_owned",
        "restore",
        in_place("own", if_not_empty="replace"),
        changed(
            "own", "CREATE TABLE others (id int); GRANT SELECT ON others TO {plain}", "DROP TABLE others"
        ),
    ),
    "large objects in the way": Refusal(
        "large_objects",
        "restore",
        in_place("own", if_not_empty="replace"),
        changed("own", "SELECT lo_create(77)", "SELECT lo_unlink(77)", "plain"),
    ),
    "another encoding": Refusal("in_place_encoding", "restore", in_place("latin")),
    "a mapping to no role, in place": Refusal(
        "role_unknown", "restore", in_place("empty", role_mapping=lambda w: {w.server.user: "nobody_here"})
    ),
    "another's objects, in place": Refusal("role_not_member", "restore", in_place("empty", role_mapping={})),
    "an extension that is missing, in place": Refusal(
        "extension_missing", "restore", in_place("empty", backup=World.with_extension)
    ),
    "an extension for superusers, in place": Refusal(
        "extension_refused",
        "restore",
        lambda w: {
            **in_place("empty", backup=w.from_newer)(w),
            **w.login(w.empty, w.plain, w.newer),
        },
        owned,
    ),
    "a full server, in place": Refusal("server_space", "restore", in_place("empty"), small_disks),
    "another restore, in place": Refusal(
        "restore_running",
        "restore",
        in_place("empty"),
        connected(
            "empty", "SELECT pg_advisory_lock(hashtextextended('ticketz.sidekick restore {empty}', 0))"
        ),
    ),
    "no place for a safety backup": Refusal(
        "safety_backup_needed",
        "restore",
        in_place("own", if_not_empty="replace", safety_backup_dir=None),
    ),
    "no pg_dump for a safety backup": Refusal(
        "safety_backup_failed",
        "restore",
        in_place("own", if_not_empty="replace", pg_dump="/nowhere/pg_dump"),
    ),
    "an old archive, in place": Refusal("format_1_needed", "restore", in_place("empty", **_OLD)),
    # restores of some tables and files
    "a table that is not in it": Refusal("table_not_in_backup", "restore", part(tables=["Nothing"])),
    "a table of two": Refusal("table_ambiguous", "restore", part(tables=["Notes"])),
    "a table that is not here": Refusal("selected_tables_missing", "restore", part(tables=["public.Notes"])),
    "a table with other columns": Refusal(
        "selected_table_differs",
        "restore",
        part(tables=["Users"]),
        changed(
            "full", 'ALTER TABLE "Users" RENAME name TO names', 'ALTER TABLE "Users" RENAME names TO name'
        ),
    ),
    "a table with rows": Refusal("selected_not_empty", "restore", part(tables=["Users"])),
    "a table without a key": Refusal(
        "selected_no_key",
        "restore",
        part(tables=["public.Notes"], merge=True),
        changed(
            "full",
            """CREATE TABLE "Notes" (note text); INSERT INTO "Notes" VALUES ('x')""",
            'DROP TABLE "Notes"',
        ),
    ),
    "another's table to add to": Refusal(
        "permission_denied", "restore", part(tables=["Users"], merge=True, **_PLAIN)
    ),
    "another's table to add to, which may be read": Refusal(
        "permission_denied",
        "restore",
        part(tables=["Users"], merge=True, **_PLAIN),
        changed("full", 'GRANT SELECT ON "Users" TO {plain}', 'REVOKE SELECT ON "Users" FROM {plain}'),
    ),
    "some rows without merging": Refusal(
        "option_invalid", "restore", part(tables=["Users"], rows={"Users": {"id": [1]}})
    ),
    "paths left out of tables": Refusal(
        "option_invalid", "restore", part(tables=["Users"], restore_exclude_paths=["*.mp4"])
    ),
    "a table by swapping": Refusal("option_invalid", "restore", part(tables=["Users"], strategy="swap")),
    "a part of an old archive": Refusal("format_1_needed", "restore", part(tables=["Users"], **_OLD)),
    "a file that is not in it": Refusal(
        "paths_not_in_backup", "restore", part(paths=["public/nothing"], **to("public", "public"))
    ),
    "a file without a place": Refusal("directories_unplaced", "restore", part(paths=["public/photo.jpg"])),
    "a file without a directory": Refusal(
        "live_directory_missing", "restore", part(paths=["public/photo.jpg"], **to("public", "nowhere"))
    ),
    "a file that is another": Refusal(
        "paths_differ", "restore", part(paths=["public/photo.jpg"], **to("public", "occupied"))
    ),
    "a file in whose place a directory is": Refusal(
        "paths_blocked", "restore", part(paths=["public/photo.jpg"], **to("public", "blocked"))
    ),
    "a ticket of something else": Refusal("undelete_not_ticketz", "restore", part(tickets=[1])),
    # undoing a restore
    "nothing to undo": Refusal("undo_nothing", "restore", lambda w: {**w.login(w.full), "state": "undone"}),
    "an undo without rights": Refusal("createdb_missing", "restore", undo("plain")),
    "an undo of another's": Refusal("target_not_owner", "restore", undo("maker")),
    "an undo of what is gone": Refusal("undo_stale", "restore", undo(), renamed),
    "an undo with a damaged record": Refusal("journal_damaged", "restore", undo(), damaged),
    # imports
    "nothing to import": Refusal("option_invalid", "import", import_(archive=None)),
    "an unknown table": Refusal(
        "import_unknown", "import", import_(archive=lambda w: w.tables(name="001-Nothing.csv"))
    ),
    "an unknown column": Refusal(
        "import_unknown", "import", import_(archive=lambda w: w.tables(b"id,colour\n5,red\n"))
    ),
    "a table with rows, to import to": Refusal("import_not_empty", "import", import_()),
    "another's table, to import to": Refusal("objects_not_owned", "import", import_(**_PLAIN)),
    "tables that are cut off": Refusal(
        "archive_truncated",
        "import",
        import_(archive=lambda w: str(cut(Path(w.tables())))),
    ),
    # backups
    "no such directory": Refusal("directory_absent", "backup", save(**to("public", "nowhere"))),
    "a store in its directory": Refusal("store_inside_directory", "backup", save(**to("public", "."))),
    "another's store": Refusal("store_other_source", "backup", save(login_db=lambda w: w.full)),
    "no pg_dump": Refusal("pg_dump_missing", "backup", save(pg_dump="/nowhere/pg_dump")),
    "an older pg_dump": Refusal(
        "pg_dump_missing",
        "backup",
        lambda w: {
            **save(pg_dump=f"{w.server.bindir}/pg_dump")(w),
            **w.login(w.source, server=w.newer),
            "backup_dir": str(w.root / "newer"),
        },
    ),
    "a table that can't be read": Refusal("permission_denied", "backup", save(**_PLAIN, **_APART)),
    "rows that are hidden": Refusal(
        "rows_hidden",
        "backup",
        save(**_PLAIN, **_APART),
        changed(
            "source",
            _READABLE + 'ALTER TABLE "Notes" ENABLE ROW LEVEL SECURITY',
            'ALTER TABLE "Notes" DISABLE ROW LEVEL SECURITY; DROP OWNED BY {plain}',
        ),
    ),
    "a sequence that can't be read": Refusal(
        "permission_denied",
        "backup",
        save(**_PLAIN, **_APART),
        changed(
            "source",
            _READABLE + "REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {plain}",
            "DROP OWNED BY {plain}",
        ),
    ),
    "a full disk for the backup": Refusal("disk_full", "backup", save(), small_disks),
    "a file that is not there": Refusal(
        "file_unreadable", "backup", save(config_files=["/nowhere/settings.env"], plain_secrets=True)
    ),
    "encryption with a key that only opens": Refusal(
        "identity_for_backup",
        "backup",
        save(encryption="aes256", encryption_key="AGE-SECRET-KEY-1" + "Q" * 58),
    ),
    "encryption without a key": Refusal("key_missing_for_backup", "backup", save(encryption="aes256")),
    "a Redis that is not there": Refusal(
        "redis_unreachable", "backup", save(redis_url="redis://127.0.0.1:1", plain_secrets=True)
    ),
    "a wrong password": Refusal("login_refused", "backup", save(login_password="wrong")),
    "too few connections": Refusal(
        "connections_exhausted",
        "backup",
        save(**_PLAIN, **_APART),
        changed(
            "source",
            _READABLE + "ALTER ROLE {plain} CONNECTION LIMIT 1",
            "ALTER ROLE {plain} CONNECTION LIMIT -1; DROP OWNED BY {plain}",
        ),
    ),
    # sequences
    "an unknown schema": Refusal(
        "sequence_unknown", "fix_sequences", lambda w: {**w.login(w.full), "schemas": ["nothing"]}
    ),
    "an unknown sequence": Refusal(
        "sequence_unknown", "fix_sequences", lambda w: {**w.login(w.full), "sequences": ["nothing"]}
    ),
    "another's sequence": Refusal(
        "permission_denied",
        "fix_sequences",
        lambda w: w.login(w.full, w.plain),
        changed(
            "full",
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {plain}; GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {plain}",
            "DROP OWNED BY {plain}",
        ),
    ),
    # drills
    "a drill without an extension": Refusal(
        "extension_missing", "verify", drill(backup=World.with_extension)
    ),
    "a drill without rights": Refusal("createdb_missing", "verify", drill(**_PLAIN)),
    "a drill on an older server": Refusal("server_too_old", "verify", drill(backup=lambda w: w.from_newer)),
    "a drill without space": Refusal("server_space", "verify", drill(), small_disks),
    "a drill nowhere": Refusal("scratch_missing", "verify", drill(scratch_dir="/nowhere")),
    "a drill of an old archive": Refusal("format_1_needed", "verify", drill(**_OLD)),
    # retention
    "a rule that is none": Refusal("option_invalid", "prune", prune(keep_last=-1)),
    "fewer than none": Refusal("option_invalid", "prune", prune(max_removals=-1)),
    "a time that is none": Refusal("option_invalid", "prune", prune(keep_within="soon")),
    "a zone that is none": Refusal("option_invalid", "prune", prune(time_zone="Nowhere/City")),
    "no store": Refusal("store_missing", "prune", prune(backup_dir="/nowhere")),
    # find
    "nothing to find": Refusal("option_invalid", "find", prune(find=" ")),
    "a date that is none": Refusal("option_invalid", "find", prune(find_since="31.01.2026")),
    "a date beyond the calendar": Refusal("option_invalid", "find", prune(find_until="9999-12-31")),
    "fewer than one": Refusal("option_invalid", "find", prune(find="Maria", find_limit=0)),
    "no store to search": Refusal("store_missing", "find", prune(find="Maria", backup_dir="/nowhere")),
    "a damaged record of previous data": Refusal(
        "journal_damaged",
        "prune",
        lambda w: {**w.login("postgres"), **prune(keep_last=1, keep_previous_days=1)(w)},
        damaged,
    ),
}
