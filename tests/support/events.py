"""Events as a home-office system would write them."""

import datetime
import itertools
import json

_numbers = itertools.count(1)


def now(minutes=0):
    """A moment in RFC 3339, that many minutes from now."""
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event(kind, subject, id=None, source="/test/billing", time=None, **data):
    """One event; kind without the prefix. Members of data that are None are left out."""
    made = {"specversion": "1.0", "id": id or f"e{next(_numbers)}", "source": source,
            "type": f"headsup.{kind}", "time": time or now()}
    if subject is not None:
        made["subject"] = subject
    made["data"] = {name: value for name, value in data.items() if value is not None}
    return made


def opened(subject, account, category="billing", summary="charged twice", **more):
    return event("issue.opened", subject, account=account, category=category, summary=summary, **more)


def demand(subject, words="I want to speak to your manager", **more):
    return event("issue.escalation_requested", subject, demand=words, **more)


def account(key, **data):
    return event("account.updated", key, **data)


def encode(what):
    """The bytes of a frame."""
    return what if isinstance(what, bytes) else json.dumps(what, ensure_ascii=False).encode()
