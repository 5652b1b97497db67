# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends notifications of a plan's result. A failure to send is logged, and has no other effect."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from typing import Any

from .._errors import HostError
from . import channels
from .phrases import say
from .plan import ALWAYS, WARNING, Plan
from .verdict import INCOMPLETE, OK

SUCCESS, WITH_WARNINGS, FAILURE, TEST = "success", "warning", "failure", "test"
#: Sentences that a message shows, and characters of each.
_SHOWN, _LONGEST = 10, 1_000
_SUBJECTS = {
    SUCCESS: "run_success",
    WITH_WARNINGS: "run_warning",
    FAILURE: "run_failure",
    TEST: "run_test",
}


def event_of(status: int) -> str:
    """Return the word for an exit status."""
    return {OK: SUCCESS, INCOMPLETE: WITH_WARNINGS}.get(status, FAILURE)


class Notifier:
    """Tells those whom a plan names.

    :param warn: gets the sentence where something could not be sent.
    """

    def __init__(self, plan: Plan, warn: Callable[[str], None]) -> None:
        self._plan = plan
        self._warn = warn
        #: channel → whether it worked, or the sentence why not
        self.sent: dict[str, bool | str] = {}

    def start(self) -> None:
        """Notify about the start of the work."""
        if self._plan.ping_url:
            url = self._plan.ping_url
            self._try("ping_start", lambda: channels.ping(url, "start", ""))

    def finish(self, status: int, lines: list[str], causes: list[str], facts: Mapping[str, Any]) -> None:
        """Return how it ended.

        :param status: the exit status.
        :param lines: what was logged.
        :param causes: why it did not end well, as sentences.
        :param facts: what programs are told.
        """
        plan, event, text = self._plan, event_of(status), "\n".join(lines) + "\n"
        if plan.ping_url:
            url = plan.ping_url
            self._try("ping", lambda: channels.ping(url, "" if status == OK else "fail", text))
        if event == SUCCESS and plan.notify != ALWAYS:
            return
        if event == WITH_WARNINGS and plan.notify not in (WARNING, ALWAYS):
            return
        self._notify(event, causes, text, facts)

    def test(self) -> None:
        """Send a mail and to the webhook, so that one knows that they arrive; no ping, which would be believed."""
        self._notify(TEST, [], "", {"name": self._plan.name})

    def _notify(self, event: str, causes: list[str], text: str, facts: Mapping[str, Any]) -> None:
        plan, host = self._plan, socket.gethostname()
        subject = say(_SUBJECTS[event], plan.language, name=plan.name, host=host)
        if plan.webhook_url:
            hook = plan.webhook_url
            # Slack and its like show this text, and nothing else of the document.
            summary = "\n".join([subject, *self._shown(causes)])
            document = {"text": summary, "event": event, "host": host, **facts}
            self._try("webhook", lambda: channels.webhook(hook, document))
        if plan.mail_to:
            head = "".join(f"{cause}\n" for cause in self._shown(causes))
            body = f"{head}\n{text}" if head else text
            self._try(
                "mail",
                lambda: channels.mail(
                    plan.sendmail, plan.mail_to, plan.mail_from, f"[ticketz-sidekick] {subject}", body
                ),
            )

    def _shown(self, causes: list[str]) -> list[str]:
        """Return the causes that a message has room for, the first ones."""
        shown = [
            cause if len(cause) <= _LONGEST else cause[: _LONGEST - 1] + "…" for cause in causes[:_SHOWN]
        ]
        left = len(causes) - len(shown)
        return [*shown, say("run_more_causes", self._plan.language, count=left)] if left else shown

    def _try(self, channel: str, send: Callable[[], None]) -> None:
        try:
            send()
        except HostError as error:
            self.sent[channel] = error.text(self._plan.language)
            self._warn(error.text(self._plan.language))
        else:
            self.sent[channel] = True
