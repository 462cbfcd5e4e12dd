#!/usr/bin/python3
"""Each payload format on its way: where the request goes, and what the receiver makes of it."""

import unittest

import harness
from audit import leaks
from book import RULES, rep
from events import account, opened
from receiver import Answer

SUMMARY = "see [this](https://evil.example/a_b) & <b>call</b> @everyone <@U123>"
PART = "\u200b"


class TestFormats(harness.Corridor):
    def send(self, format, path="/rich", mention=None, urgent=False):
        """One heads-up in that format, as the receiver got it."""
        rich = rep("rich", "sales", self.receiver.url(path), name="Rich Alvarez", format=format)
        if mention:
            rich["mention"] = mention
        rules = [{**rule, "priority": "urgent"} if urgent else rule for rule in RULES]
        self.start(reps=[rich, rep("pat", "service", self.receiver.url("/pat"))], rules=rules)
        self.publish(account("xyz", name="XYZ Co.", value=400000))
        self.publish(opened("I-1", "xyz", summary=SUMMARY, amount=20000))
        request, = self.receiver.wait(1, None, 10 * harness.PATIENCE,
                                      lambda one: not one.path.startswith("/pat"))
        self.assertEqual(request.headers["content-type"], "application/json")
        return request

    def test_teams_gets_a_card_whose_text_is_text(self):
        said = self.send("teams", mention="rich@example.com", urgent=True).json
        card = said["attachments"][0]["content"]
        self.assertEqual(card["type"], "AdaptiveCard")
        marked_up = [block["text"] for block in card["body"] if block["type"] != "RichTextBlock"]
        self.assertEqual(marked_up, ["<at>Rich Alvarez</at>"])
        self.assertEqual(card["msteams"]["entities"][0]["mentioned"],
                         {"id": "rich@example.com", "name": "Rich Alvarez"})
        lines = [block["inlines"][0]["text"] for block in card["body"] if "inlines" in block]
        self.assertTrue(lines[0].startswith("XYZ Co. (major): see [this]"))
        self.assertTrue(any(line.startswith("You: ") for line in lines))

    def test_google_chat_gets_a_card_with_everything_escaped(self):
        said = self.send("google_chat").json
        headline = said["cardsV2"][0]["card"]["sections"][0]["widgets"][0]["textParagraph"]["text"]
        self.assertIn("&amp; &lt;b&gt;call&lt;/b&gt;", headline)
        self.assertNotIn("text", said)

    def test_discord_is_asked_to_wait_and_calls_only_the_rep(self):
        request = self.send("discord", path="/rich?thread_id=5", mention="<@42>", urgent=True)
        self.assertEqual(request.path, "/rich?thread_id=5&wait=true")
        self.assertTrue(request.json["content"].startswith("<@42> **XYZ Co. (major): see \\[this\\](https://evil."))
        self.assertEqual(request.json["allowed_mentions"], {"parse": [], "users": ["42"]})
        self.assertEqual(request.json["flags"], 4)

    def test_mattermost_shows_no_preview_and_calls_nobody(self):
        said = self.send("mattermost", mention="@rich").json
        self.assertIn(f"@{PART}everyone", said["text"])
        self.assertNotIn("@rich", said["text"])  # it is not urgent
        self.assertEqual(len(said["attachments"]), 1)

    def test_ntfy_gets_json_at_its_root_and_the_topic_is_told_nowhere(self):
        topic = "rich-7XqTopic"
        self.receiver.always("/", Answer(400, body=b'{"code":400,"topic":"%s"}' % topic.encode()))
        request = self.send("ntfy", path=f"/{topic}")
        self.assertEqual(request.path, "/")
        self.assertEqual(request.json["topic"], topic)
        self.assertEqual(request.json["priority"], 3)
        self.assertEqual(request.json["title"], f"XYZ Co. (major): {SUMMARY}")
        self.receiver.wait(1, "/admin", 10 * harness.PATIENCE)  # the dead letter, answer and all
        dead = self.daemon.client("notices", "--dead", "--json")
        self.assertIn("rich", dead)
        self.assertEqual(leaks([topic], {"the log": self.daemon.log(), "the notices": dead}), [])


if __name__ == "__main__":
    harness.main()
