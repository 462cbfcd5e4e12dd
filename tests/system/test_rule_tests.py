#!/usr/bin/python3
"""headsup test: the tests of a rule book. What it says of files that are wrong, of rule books that do not do
as their tests want, and that each row's tests would notice."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import harness

ROWS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "scenarios")

# What breaks the promise of a row, in its own rule book.
BROKEN = {
    "F1": ('@include "people.conf"\n', '@include "people.conf"\n  unsaid = { service = "no"; };\n'),
    "F2": ("transfers > 2", "transfers > 3"),
    "F3": ("issue.state in open, acknowledged, planned", "issue.state in open, planned, resolved"),
    "F6": ("account.group_value >= 1000000", "account.group_value >= 1000001"),
    "H1": ("amount >= 10000", "amount > 10000"),
    "H2": ('heads_up = "no"; service = "digest"', 'heads_up = "no"; service = "now"'),
    "H3": ('heads_up = "now"; service = "now"', 'heads_up = "digest"; service = "now"'),
    "H4": ("age >= 3d", "age >= 4d"),
    "H5": ("age >= 2d", "age >= 3d"),
    "H6": ("explanation = missing", "explanation = given"),
    "O1": ('match = [ "event = issue.escalation_requested" ]; escalate = true',
           'match = [ "event = issue.escalation_requested" ]; heads_up = "now"'),
    "O2": ("escalate = true", 'heads_up = "now"'),
    "O3": ('until = "2026-12-24T12:00"', 'until = "2026-12-24T11:00"'),
    "O6": ('heads_up = "now"; service = "now"', 'heads_up = "now"; service = "no"'),
    "R2": ('heads_up = "now"', 'heads_up = "no"'),
    "T2": ('heads_up = "now"', 'heads_up = "no"'),
    "quiet": ('wait = "1m"', 'wait = "2m"'),
}

BOOK = """
book = {
  reps: ( { id = "rich"; name = "Rich"; role = "sales"; webhook: { url = "https://hooks.example.com/rich"; }; },
          { id = "pat"; name = "Pat"; role = "service"; webhook: { url = "https://hooks.example.com/pat"; }; } );
  default: { service = "pat"; sales = "rich"; };
  rules: ( { name = "big"; match = [ "event = issue.opened", "amount >= 100" ]; heads_up = "now"; service = "no"; },
           { name = "rest"; heads_up = "no"; service = "no"; } );
};
"""

STEP = 'event = "issue.opened"; subject = "I-1"; data: { account = "X"; category = "billing"; summary = "s"; amount = 100; };'


class RuleTests(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="headsup-rule-tests-")
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, words, name="a.test"):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(words)
        return path

    def run_test(self, *arguments, status=0):
        done = subprocess.run([harness.HEADSUP, "test", *arguments],
                              capture_output=True, text=True, timeout=90, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def play(self, tests, status=0, *arguments):
        return self.run_test(*arguments, self.write(BOOK + "tests: (\n" + tests + "\n);\n"), status=status)

    def steps(self, steps, status=0, more=""):
        return self.play('{ name = "t"; %s steps: ( %s ); }' % (more, steps), status)


class TestWhatItFinds(RuleTests):
    def test_a_test_that_holds(self):
        done = self.steps("{ %s expect: ( { to = \"rich\"; } ); }" % STEP)
        self.assertIn("1 test, 0 failed", done.stdout)
        self.assertEqual(done.stderr, "")

    def test_a_notice_that_does_not_come(self):
        done = self.steps('{ %s expect: ( { to = "rich"; }, { to = "pat"; kind = "owner"; } ); }' % STEP, 1)
        self.assertRegex(done.stdout, r"failed: t\n  .*a\.test:\d+: step 1, 2026-11-23 08:00:00Z: issue\.opened I-1\n")
        self.assertRegex(done.stdout, r"expected\n +pat: owner\n +got\n +nobody else was told, until 2026-11-23 09:00:00Z")
        self.assertRegex(done.stdout, r"because(.|\n)*yes  amount >= 100  \(100\.00\)")

    def test_a_notice_that_nobody_expects(self):
        done = self.steps("{ %s expect: (); }" % STEP, 1)
        self.assertRegex(done.stdout, r"expected\n +nobody is told\n +got\n +rich: heads_up at .*, by big\n +why .*\n +headline X: s")

    def test_without_expectations_nothing_is_looked_at(self):
        self.steps("{ %s }" % STEP)

    def test_each_thing_that_can_be_expected_of_a_notice(self):
        right = {"kind": '"heads_up"', "rule": '"big"', "at": '"+0s"', "why": '"amount >= 100"', "headline": '"X: s"',
                 "says": '[ "X: s", "You: nothing to do" ]',
                 "body": '[ "Billing, $100.00, just opened. The account is not on record. No explanation given to the client yet.", '
                         '"Working on it: Pat. No plan yet.", "You: nothing to do now. Pat will tell you if that changes." ]'}
        wrong = {"kind": '"owner"', "rule": '"rest"', "at": '"+1s"', "why": '"amount >= 101"', "headline": '"X"',
                 "says": '[ "X: s", "You: panic" ]', "body": '[ "Billing, $100.00, just opened." ]', "items": '[ "I-1" ]'}
        every = " ".join(f"{name} = {value};" for name, value in right.items())
        self.steps('{ %s expect: ( { to = "rich"; %s } ); }' % (STEP, every))
        for name, value in wrong.items():
            with self.subTest(name):
                self.steps('{ %s expect: ( { to = "rich"; %s = %s; } ); }' % (STEP, name, value), 1)

    def test_each_thing_that_can_be_expected_of_a_receipt(self):
        right = {"status": '"accepted"', "unknown": '"account"', "state": '"open"', "hop": "0", "owner": '"pat"',
                 "terms": '"none"', "answer": '"none"', "limit": '"none"'}
        wrong = {"status": '"refused"', "unknown": '"none"', "state": '"closed"', "hop": "1", "owner": '"rich"',
                 "terms": '"net 30"', "answer": '"yes"', "limit": '"law"', "code": '"missing"', "decisions": "()"}
        every = " ".join(f"{name} = {value};" for name, value in right.items())
        self.steps("{ %s receipt: { %s decisions: ( { to = \"rich\"; }, { when = \"no\"; } ); }; }" % (STEP, every))
        for name, value in wrong.items():
            with self.subTest(name):
                self.steps("{ %s receipt: { %s = %s; }; }" % (STEP, name, value), 1)

    def test_an_event_that_is_refused_unasked(self):
        done = self.steps('{ event = "issue.opened"; subject = "I-1"; data: { account = "X"; }; }', 1)
        self.assertRegex(done.stdout, r"expected\n +status: accepted\n +got\n +status: refused\n +message: ")
        done = self.play('{ name = "t"; accounts: ( { key = "X"; value = "much"; } ); steps: ( {} ); }', 1)
        self.assertRegex(done.stdout, r"a\.test:\d+:\n +expected\n +status: accepted")

    def test_a_book_that_should_be_refused(self):
        book = 'book = { reps: ( { id = "a"; name = "A"; role = "%s"; webhook: { url = "https://h/a"; }; } ); ' \
               'default: { service = "a"; sales = "a"; }; };'
        self.play('{ name = "t"; refused = [ "nobody" ]; %s }' % book % "boss")
        done = self.play('{ name = "t"; refused = [ "something else" ]; %s }' % book % "boss", 1)
        self.assertIn("the rule book is refused: something else", done.stdout)
        done = self.play('{ name = "t"; refused = [ "manager" ]; book = {\n%s}; }' % BOOK.split("{", 1)[1].rsplit("}", 1)[0], 1)
        self.assertIn("the rule book is good", done.stdout)

    def test_for_programs(self):
        tests = '{ name = "one"; steps: ( { %s expect: (); } ); }, { name = "two"; steps: ( {} ); }' % STEP
        told = json.loads(self.play(tests, 1, "--json").stdout)
        self.assertEqual([told["tests"], told["failed"]], [2, 1])
        one, two = told["files"][0]["tests"]
        self.assertEqual([one["passed"], two["passed"], two["findings"]], [False, True, []])
        finding, = one["findings"]
        self.assertEqual([finding["step"], finding["at"], finding["expected"]],
                         [1, "2026-11-23T08:00:00Z", ["nobody is told"]])
        self.assertEqual(finding["explanation"]["decisions"][0]["rule"], "big")


class TestFilesThatAreWrong(RuleTests):
    def wrong(self, words, *patterns):
        done = self.run_test(self.write(words), status=2)
        self.assertEqual(done.stdout, "")
        for pattern in patterns:
            self.assertRegex(done.stderr, pattern)

    def wrong_step(self, step, *patterns):
        self.wrong(BOOK + 'tests: (\n{ name = "t";\nsteps: (\n%s\n); } );\n' % step, *patterns)

    def test_each_fault_has_its_line_and_the_nearest_spelling(self):
        line = BOOK.count("\n") + 4
        for step, words in {
            '{ evnt = "issue.opened"; }': "'evnt' is no setting; did you mean 'event'?",
            '{ event = "issue.opend"; }': "'issue.opend'; did you mean 'issue.opened'?",
            '{ at = "+3 weeks"; }': "'at' is neither a moment nor a span: '+3 weeks'",
            '{ subject = "I-1"; }': "'event' is missing",
            '{ expect: ( { to = "rihc"; } ); }': "'to' cannot be 'rihc'; did you mean 'rich'?",
            '{ expect: ( { to = "rich"; kind = "headsup"; } ); }': "'kind' cannot be 'headsup'; did you mean 'heads_up'?",
            '{ expect: ( { to = "rich"; rule = "bigg"; } ); }': "'rule' cannot be 'bigg'; did you mean 'big'?",
            '{ expect: ( { to = "rich"; at = "soon"; } ); }': "'at' is neither a moment nor a span: 'soon'",
            '{ expect: ( { kind = "owner"; } ); }': "'to' is missing",
            '{ %s receipt: { state = "opne"; }; }' % STEP: "'state' cannot be 'opne'; did you mean 'open'?",
            '{ %s receipt: { hop = 2; }; }' % STEP: "'hop' is 2; it must be between 0 and 1",
            '{ event = "issue.opened"; data = "{"; }': "'data' is no JSON",
            '{ event = "issue.opened"; data = 7; }': "'data' must be a group, or JSON in quotes",
            '{ event = "issue.opened"; id = "a"; times = 2; }': "has no 'id' of its own choosing",
            '{ event = "issue.opened"; times = 0; }': "'times' is 0",
        }.items():
            with self.subTest(step):
                self.wrong_step(step, r"a\.test:%d: .*%s" % (line, re.escape(words)))
        self.wrong_step('{ at = "2026-11-23T08:00:00Z"; },\n{ at = "2026-11-22T08:00:00Z"; }',
                        "a.test:%d: .*the step comes before the one above it" % (line + 1))

    def test_accounts_name_reps_that_there_are(self):
        """Or else nobody whom the test is about would hear of anything."""
        rest = 'tests: (\n{ name = "t"; %s steps: ( {} ); } );\n'
        for accounts, words in {
            '{ key = "xyz"; sales = "rihc"; }': "'sales' cannot be 'rihc'; did you mean 'rich'?",
            '{ key = "xyz"; sales = "pat"; }': "'sales': rep 'pat' has the role service",
            '{ key = "xyz"; }, { key = "xyz"; name = "XYZ"; }': "the account 'xyz' stands at .*a.test:",
        }.items():
            with self.subTest(accounts):
                self.wrong(BOOK + f"accounts: ( {accounts} );\n" + rest % "", "a.test:%d: .*%s" % (
                    BOOK.count("\n") + 1, words.replace("?", r"\?")))
                self.wrong(BOOK + rest % f"accounts: ( {accounts} );", "a.test:%d: test 't': .*%s" % (
                    BOOK.count("\n") + 2, words.replace("?", r"\?")))

    def test_all_faults_in_one_run(self):
        self.wrong_step('{ event = "x"; expect: ( { to = "nobody"; } ); }, { at = "never"; }',
                        "no type of event 'x'", "'to' cannot be 'nobody'", "'never'")

    def test_what_a_file_as_a_whole_must_have(self):
        self.wrong(BOOK, "'tests' is missing")
        self.wrong(BOOK + "tests: ();", "at least 1")
        self.wrong(BOOK + 'tests: ( { name = "t"; } );', "test 't': 'steps' is missing")
        self.wrong(BOOK + 'rules = "x"; tests: ( { name = "t"; steps: ( {} ); } );', "'rules' or a 'book', not both")
        self.wrong(BOOK + 'start = "noon"; tests: ( { name = "t"; steps: ( {} ); } );', "'start' is no moment: 'noon'")
        self.wrong(BOOK + 'tests: ( { name = "t"; refused = [ "x" ]; } );', "a test with 'refused' has a 'book'")
        self.wrong('tests: ( { name = "t"; steps: ( {} ); } ', "a.test:1: .*never closed")
        self.wrong(BOOK.replace("billing", "billing").replace("heads_up", "headsup", 1) +
                   'tests: ( { name = "t"; steps: ( {} ); } );', "a.test:6: rule 'big': 'headsup' is no setting")

    def test_files_that_are_none(self):
        self.run_test(os.path.join(self.folder, "none.test"), status=2)
        self.run_test(self.folder, status=2)
        self.run_test(self.write("\udcff = 1;"), status=2)
        self.run_test(status=2)

    def test_one_bad_file_does_not_hide_another_that_fails(self):
        good = self.write(BOOK + 'tests: ( { name = "t"; steps: ( { %s expect: (); } ); } );' % STEP, "b.test")
        done = self.run_test(self.write("x"), good, status=2)
        self.assertIn("failed: t", done.stdout)

    def test_the_rule_book_is_named_from_the_files_folder_or_by_c(self):
        book = BOOK.split("{", 1)[1].rsplit("}", 1)[0]
        os.mkdir(os.path.join(self.folder, "rules"))
        self.write(book, "rules/mine.conf")
        tests = 'tests: ( { name = "t"; steps: ( { %s expect: ( { to = "rich"; } ); } ); } );' % STEP
        self.run_test(self.write('rules = "rules/mine.conf";' + tests))
        self.run_test("-c", os.path.join(self.folder, "rules", "mine.conf"), self.write(tests))
        self.run_test("-c", os.path.join(self.folder, "none.conf"), self.write(tests), status=2)


class TestWhatIsShipped(RuleTests):
    def test_the_manuals_example_holds_for_the_example_rule_book(self):
        conf = os.path.join(harness.ROOT, "conf")
        shutil.copy(os.path.join(conf, "headsup.conf"), self.folder)
        with open(os.path.join(conf, "headsup-test.5.scd"), encoding="utf-8") as file:
            example = re.search(r"^```\n(rules(?:.|\n)*?)^```$", file.read(), re.MULTILINE).group(1)
        self.run_test(self.write(example))

    def test_the_manuals_cookbook_is_the_one_that_is_tested(self):
        conf = os.path.join(harness.ROOT, "conf")
        with open(os.path.join(conf, "headsup.conf.5.scd"), encoding="utf-8") as file:
            section = file.read().split("\n# COOKBOOK\n")[1].split("\n# ")[0]
        recipes = dict(re.findall(r"^\*(\w+)\*: .*\n\n```\n((?:.|\n)*?)^```$", section, re.MULTILINE))
        self.assertEqual({name + ".test" for name in recipes},
                         {name for name in os.listdir(os.path.join(conf, "cookbook")) if name.endswith(".test")})
        self.assertGreaterEqual(len(recipes), 10)
        for name, recipe in recipes.items():
            with open(os.path.join(conf, "cookbook", name + ".test"), encoding="utf-8") as file:
                words = " ".join(file.read().split())
            for part in recipe.strip().split("\n\n"):
                self.assertIn(" ".join(part.replace("\\\\", "\\").split()), words)


class TestTheRows(RuleTests):
    def test_each_row_notices_when_its_promise_is_broken(self):
        shutil.copy(os.path.join(ROWS, "people.conf"), self.folder)
        for row, (old, new) in BROKEN.items():
            with self.subTest(row), open(os.path.join(ROWS, row + ".test"), encoding="utf-8") as file:
                words = file.read()
                self.assertIn(old, words)
                self.run_test(self.write(words))
                self.assertIn("failed: ", self.run_test(self.write(words.replace(old, new, 1)), status=1).stdout)

    def test_every_row_is_broken_here(self):
        rows = {name[:-len(".test")] for name in os.listdir(ROWS) if name.endswith(".test")}
        self.assertEqual(rows, set(BROKEN))


if __name__ == "__main__":
    harness.main()
