"""Writes rule books: Python values as libconfig. A dict is a group, a list of dicts a list, another list
an array."""

import os

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def write_value(value, indent=0):
    pad = "  " * (indent + 1)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) + ("L" if abs(value) >= 2**31 else "")
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, dict):
        inside = "".join(f"{pad}{name} = {write_value(item, indent + 1)};\n" for name, item in value.items())
        return "{\n" + inside + "  " * indent + "}"
    if value and isinstance(value[0], dict):
        return "( " + ",\n".join(pad + write_value(item, indent + 1) for item in value).lstrip() + " )"
    return "[ " + ", ".join(write_value(item) for item in value) + " ]"


def write_book(book):
    return "".join(f"{name} = {write_value(value)};\n" for name, value in book.items())


def secret_file(folder, name="test.secret", secret=SECRET):
    """A secret in a file that only its owner reads; gives the path."""
    path = os.path.join(folder, name)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(secret + "\n")
    return path


def rep(id, role, url, name=None, **more):
    """A rep with a webhook; more goes into the webhook."""
    return {"id": id, "name": name or id.replace("-", " ").title(), "role": role,
            "webhook": {"url": url, **more}}


RULES = [
    {"name": "the customer asks for someone higher", "match": ["event = issue.escalation_requested"],
     "escalate": True},
    {"name": "big billing trouble at a major account",
     "match": ["event = issue.opened", "category = billing", "account.tier = major", "amount >= 10000"],
     "heads_up": "now", "service": "now"},
    {"name": "passed around", "match": ["event = issue.transferred", "transfers > 2"], "escalate": True},
    {"name": "small things", "match": ["event = issue.opened"], "heads_up": "digest", "service": "now"},
]


def standard(folder, receiver, **changes):
    """The rule book of most tests: Pat serves, Rich sells, and the admin listens. changes replace whole
    top-level settings; None takes one out."""
    book = {
        "intake": {"bind": [f"ipc://{folder}/intake"]},
        "ledger": f"sqlite:{folder}/ledger.db",
        "currency": "USD",
        "reps": [rep("rich", "sales", receiver.url("/rich"), name="Rich Alvarez"),
                 rep("pat", "service", receiver.url("/pat"), name="Pat Okafor")],
        "default": {"service": "pat", "sales": "rich"},
        "admin": {"webhook": {"url": receiver.url("/admin")}},
        "tiers": [{"name": "major", "match": ["account.value >= 250000"]}],
        "rules": RULES,
        **changes,
    }
    return {name: value for name, value in book.items() if value is not None}
