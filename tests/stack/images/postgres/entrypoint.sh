#!/bin/sh
# PostgreSQL as the official image starts it: the variables POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD,
# POSTGRES_PASSWORD_FILE and POSTGRES_HOST_AUTH_METHOD mean the same, and are only looked at for an empty volume.
set -eu

if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA" /var/run/postgresql
    chown postgres:postgres "$PGDATA" /var/run/postgresql
    chmod 0700 "$PGDATA"
    exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$0" "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    user=${POSTGRES_USER:-postgres}
    database=${POSTGRES_DB:-$user}
    method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
    password=${POSTGRES_PASSWORD:-}
    if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
        password=$(cat "$POSTGRES_PASSWORD_FILE")
    fi
    if [ -z "$password" ] && [ "$method" != trust ]; then
        echo "Neither POSTGRES_PASSWORD nor POSTGRES_HOST_AUTH_METHOD=trust is given." >&2
        exit 1
    fi
    umask 077
    set -- "$@"
    printf '%s\n' "${password:-unused}" > /tmp/password
    initdb --username="$user" --pwfile=/tmp/password --encoding=UTF8 --locale=C.UTF-8 \
        --auth-local=trust --auth-host=trust > /dev/null
    rm /tmp/password
    printf '\nhost all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"
    if [ "$database" != postgres ]; then
        printf 'CREATE DATABASE "%s"\n' "$database" | postgres --single -E postgres > /dev/null
    fi
fi

exec postgres -c listen_addresses='*' -c unix_socket_directories=/var/run/postgresql -c fsync=off "$@"
