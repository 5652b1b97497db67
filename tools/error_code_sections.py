"""The sections of ``docs/error-codes.md``, which are divided by what the user observes, not by the module that raises."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: title of a section → regular expressions for its codes; a code belongs to the first section that matches.
SECTIONS: dict[str, tuple[str, ...]] = {
    "The database can't be reached, or refuses the login": (
        "connections?_.*",
        "login_.*",
        "tls_failed",
        "host_unknown",
        "server_unreachable",
        "(maintenance_|in_place_)?database_missing",
        "statement_cancelled",
    ),
    "Rights are missing in the database": (
        "permission_denied",
        "createdb_missing",
        "role_not_member",
        "target_not_owner",
        "objects_not_owned",
        "in_place_no_create",
        "extension_refused",
        "foreign_code",
        "rows_hidden",
        "mark_not_set",
    ),
    "Something else is at work": (
        "lock_.*",
        "tables_unsteady",
        "target_(in_use|held)",
        "restore_running",
        "migration_running",
        "in_place_blocked",
        "selected_locked",
        "backend_stays",
    ),
    "There is not enough space or memory": (
        "disk_.*",
        "inodes_used_up",
        "server_(space|disk|out).*",
        "age_no_room",
        "offsite_(no_space|disk_full)",
        "in_place_locks",
        "hardlinks_not_kept",
    ),
    "A key is missing or wrong": ("key_.*", "identity_.*", "recipients?_.*"),
    "There is no such backup, or not the one that is meant": (
        "archive_missing",
        "backup_(unknown|none|gone)",
        "find_.*",
        "latest_.*",
        "store_needed",
        "component_absent",
    ),
    "An archive is damaged, altered, or no backup": (
        "archive_.*",
        "backup_(damaged|renamed|unrestorable)",
        "encryption_differs",
        "format_(needed|differs)",
        "header_false",
        "json_invalid",
        "manifest_false",
        "name_invalid",
        "readback_failed",
        "schema_sql_invalid",
        "unsafe_link",
    ),
    "An option, or a file with options, is wrong": (
        "compression_level",
        "env_.*",
        "leave_out_unknown",
        "options?_.*",
        "plan_steps",
        "role_unknown",
        "secret_masks_results",
        "sequence_unknown",
        "unpin_unknown",
        "pin_not_set",
    ),
    "A program, a library or a directory is missing on the host": (
        "library_missing",
        "pg_dump_.*",
        "directory_absent",
        "directories_.*",
        "restore_path_unusable",
        "live_directory_missing",
        "store_inside_directory",
        "scratch_missing",
    ),
    "Files can't be read, written or removed": (
        "file_unreadable",
        "write_failed",
        "not_permitted",
        "leftovers.*",
        "path_refused",
        "staging_not_empty",
        "publish_.*",
        "owner_not_set",
        "special_bits_dropped",
        "time_not_kept",
    ),
    "Something is not in a backup": (
        "file_.*",
        ".*_left_out",
        "link_leaves",
        "large_objects_left",
        "config_(too_large|not_kept|unencrypted)",
        "redis_(not_kept|no_keys|unencrypted)",
        "notices_more",
        "rows_differ",
    ),
    "A restore would replace what is there": (
        "target_.*",
        "restore_(target_full|skipped)",
        "config_.*",
        "redis_(in_the_way|kept|unproved|unplaced)",
        "content_kept",
        "application_older",
        "safety_backup_.*",
    ),
    "Restored data is not as in the backup, or can't be": (
        "rows_refused",
        "digest_differs",
        "catalog_differs",
        "entry_failed",
        "statement_failed",
        "constraint_.*",
        "extension_missing",
        "server_too_old",
        "role_missing",
        "locale_differs",
        "database_properties_refused",
        "(template|schema|extension)_kept",
        "comment_not_restored",
        "function_adapted",
        "digests_not_compared",
        "paths_excluded",
        "format_1_needed",
    ),
    "Restoring in place": ("in_place_.*", "large_objects", "commit_undecided"),
    "Single tables, tickets and files": (
        "selected_.*",
        "tables?_.*",
        "paths?_.*",
        "undelete_.*",
        "foreign_keys_broken",
        "parents_missing",
        "materialized_views_stale",
    ),
    "Restores that were interrupted or undone": ("swap_.*", "undo_.*", "previous_.*", "journal_.*"),
    "Sequences": ("sequence_.*",),
    "What is found in a database": ("indexes_invalid", "constraints_unvalidated", "left_out_as_asked"),
    "The directory of backups": ("store_.*", "sidecar_.*"),
    "The state of the backups": (
        "no_backup",
        "backup_.*",
        "proofs?_.*",
        "not_verified",
        "prune_limited",
        "copy_.*",
        "drill_(missing|too_old|failed)",
        "plan_.*",
    ),
    "The audit log": ("audit_.*",),
    "Drills": ("drill_.*", "embedded_.*"),
    "Copies on another host": ("offsite_.*",),
    "Ticketz in Docker": ("engine_.*", "stack_.*", "quiesce_.*", "application_.*"),
    "Redis": ("redis_.*",),
    "Archives of earlier tools, import and export": ("legacy_.*", "import_.*", "export_.*", "csv_encoding"),
    "Jobs, plans and metrics": (
        "cancelled",
        "job_.*",
        "notify_failed",
        "exporter_address",
        "textfile_missing",
        "internal_error",
    ),
    "Playbooks and roles, on the control node": ("variables?_.*", "hosts_.*"),
}


def divided(codes: Iterable[str]) -> dict[str, list[str]]:
    """Return title → sorted codes. Raise ValueError if a code has no section."""
    found: dict[str, list[str]] = {title: [] for title in SECTIONS}
    unassigned: list[str] = []
    for code in sorted(codes):
        title = next((title for title in SECTIONS if _has(title, code)), None)
        (found[title] if title else unassigned).append(code)
    if unassigned:
        raise ValueError(f"tools/error_code_sections.py has no section for: {', '.join(unassigned)}")
    return found


def _has(title: str, code: str) -> bool:
    return any(re.fullmatch(pattern, code) for pattern in SECTIONS[title])
