# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Notification channels for the result of a run: mail, a webhook, a ping."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from http.client import HTTPException
from pathlib import Path
from typing import Any

from .._errors import HostError
from .._version import VERSION
from .options import UsageError

#: Seconds for one attempt, attempts, and seconds before the next one, doubled each time.
_TIMEOUT = 10.0
_ATTEMPTS = 3
_PAUSE = 2.0
_SENDMAIL_TIMEOUT = 60.0
#: Maximum bytes of a report to send; services truncate or refuse longer ones.
_LARGEST_BODY = 10_000


def check_url(option: str, url: str, source: str) -> None:
    """Raise UsageError (``option_value``) if it is not a web address. The message does not contain the address,
    which is a secret."""
    try:
        parts = urllib.parse.urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        url.encode("ascii")
    except ValueError:
        good = False
    if not good or any(character.isspace() for character in url):
        raise UsageError("option_value", problem="url", option=option, value="***", path=source)


def _cut(text: str) -> bytes:
    data = text.encode("utf-8", "backslashreplace")
    if len(data) <= _LARGEST_BODY:
        return data
    # The result is at the end.
    return "[…]\n".encode() + data[-_LARGEST_BODY:]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Treats redirects as failures: the POST was not delivered, and following would send a GET elsewhere."""

    def redirect_request(self, *_given: Any, **_named: Any) -> None:
        """Follow no redirect; the opener then raises an HTTPError."""


def _post(channel: str, url: str, data: bytes, kind: str, pause: float) -> None:
    """Send data to a URL. Raise HostError (``notify_failed``), without the URL."""
    headers = {"Content-Type": kind, "User-Agent": f"ticketz-sidekick/{VERSION}"}
    cause: object = ""
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(pause * 2 ** (attempt - 1))
        # Only http and https get here: check_url.
        request = urllib.request.Request(url, data, headers, method="POST")  # noqa: S310
        try:
            # Ansible's own way to open addresses is not on a host without ansible-core.
            with urllib.request.build_opener(_NoRedirect()).open(request, timeout=_TIMEOUT) as answer:
                answer.read(_LARGEST_BODY)
            return
        except urllib.error.HTTPError as error:
            cause = f"HTTP {error.code} {error.reason}"
            error.close()
            # Retrying does not change a permanent error.
            if error.code < 500 and error.code != 429:
                break
        except urllib.error.URLError as error:
            cause = error.reason
        except (OSError, HTTPException, ValueError) as error:
            cause = error
    raise HostError("notify_failed", channel=channel, cause=cause)


def ping(url: str, signal: str, text: str, *, pause: float = _PAUSE) -> None:
    """Notify a monitoring service for scheduled jobs, such as Healthchecks.

    :param url: the check's address.
    :param signal: ``start``, ``fail``, or an empty string for success.

    Raise HostError (``notify_failed``).
    """
    parts = urllib.parse.urlsplit(url)
    path = parts.path.rstrip("/") + f"/{signal}" if signal else parts.path
    address = urllib.parse.urlunsplit(parts._replace(path=path))
    _post("ping", address, _cut(text), "text/plain; charset=utf-8", pause)


def webhook(url: str, document: Mapping[str, Any], *, pause: float = _PAUSE) -> None:
    """Post a JSON document. Raise HostError (``notify_failed``)."""
    _post("webhook", url, json.dumps(document).encode(), "application/json", pause)


def mail(sendmail: str, to: Sequence[str], sender: str | None, subject: str, text: str) -> None:
    """Send a mail with sendmail, which every mail server provides.

    Raise HostError (``notify_failed``).
    """
    message = EmailMessage()
    message["Subject"] = " ".join(subject.split())
    message["To"] = ", ".join(to)
    if sender:
        message["From"] = sender
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid("ticketz-sidekick")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_cut(text).decode("utf-8", "replace"))
    if not Path(sendmail).exists():
        raise HostError("notify_failed", channel="mail", cause=f"there is no {sendmail}")
    try:
        done = subprocess.run(  # pylint: disable=ansible-bad-function  # there is no AnsibleModule here
            [sendmail, "-t", "-i"],
            input=message.as_bytes(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SENDMAIL_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        cause = getattr(error, "strerror", None) or error
        raise HostError("notify_failed", channel="mail", cause=cause) from error
    if done.returncode:
        said = done.stdout.decode("utf-8", "replace").strip().splitlines()
        cause = f"{sendmail}: {said[-1] if said else done.returncode}"
        raise HostError("notify_failed", channel="mail", cause=cause)
