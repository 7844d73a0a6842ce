# SPDX-License-Identifier: Apache-2.0
#
# What can be said of the kernel rows without a kernel: every sentence is known, the path does what its rules say, a
# comparison finds each kind of fault, the page keeps its other part, and without a lab a row is skipped with the reason.
import os
import random
import re
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(TESTS, "interop"), os.path.join(TESTS, "daemon")]
import guest  # noqa: E402
import inner_traffic  # noqa: E402
import kernel_report  # noqa: E402
import kernel_steps  # noqa: E402
import relay  # noqa: E402
import report  # noqa: E402
from kernel_rows import ROWS  # noqa: E402
from oracle import aggfrag, ip  # noqa: E402
from play import ROWS as PLAIN, Result  # noqa: E402


def esp_frame(number):
    return ip.ethernet(ip.ipv4("192.0.2.1", "192.0.2.2", ip.ESP, number.to_bytes(4, "big")))


class Target:
    def __init__(self):
        self.sent = []

    def send(self, frame):
        self.sent.append(int.from_bytes(frame[-4:], "big"))


class Path(unittest.TestCase):
    def carried(self, rule, count=12):
        target = Target()
        direction = relay.Direction(target)
        direction.follow(rule)
        for number in range(count):
            direction.carry(esp_frame(number))
        direction.release()
        return target.sent, direction

    def test_a_good_path_changes_nothing(self):
        self.assertEqual(self.carried(relay.everything_passes)[0], list(range(12)))

    def test_a_lost_packet_is_the_one_that_was_named(self):
        sent, direction = self.carried(relay.losing_at(3, 7))
        self.assertEqual(sent, [0, 1, 2, 4, 5, 6, 8, 9, 10, 11])
        self.assertEqual((direction.number, direction.lost, direction.moved), (12, 2, 0))

    def test_a_held_packet_goes_behind_so_many(self):
        self.assertEqual(self.carried(lambda number: 2 if number == 4 else 0)[0], [0, 1, 2, 3, 5, 6, 4, 7, 8, 9, 10, 11])
        self.assertEqual(self.carried(lambda number: 5 if number == 10 else 0)[0], [*range(10), 11, 10])

    def test_nothing_moves_farther_than_the_rule_says(self):
        for most in (2, 8):
            sent, direction = self.carried(relay.reordering(0.25, most, 1), 2_000)
            self.assertEqual(sorted(sent), list(range(2_000)))
            self.assertGreater(direction.moved, 300)
            ahead = 0                               # how far the newest is ahead of the oldest that is awaited
            awaited, seen = 0, set()
            for number in sent:
                seen.add(number)
                while awaited in seen:
                    awaited += 1
                ahead = max(ahead, number - awaited)
            self.assertLessEqual(ahead, most)

    def test_what_is_not_esp_passes(self):
        target = Target()
        direction = relay.Direction(target)
        direction.follow(relay.losing(1.0, 1))
        direction.carry(ip.ethernet(ip.icmp_echo("192.0.2.1", "192.0.2.2", payload=b"\0\0\0\5")))
        direction.carry(ip.ethernet(ip.ipv6("fd00::1", "fd00::2", ip.ESP, b"\0\0\0\6")))
        self.assertEqual((target.sent, direction.lost), ([5], 1))


class Comparison(unittest.TestCase):
    def setUp(self):
        self.packets = inner_traffic.make(random.Random(1), 1, [28, 100, 1_500], 9)

    def test_sizes_and_versions_take_turns(self):
        self.assertEqual([len(packet) for packet in self.packets[:4]], [28, 100, 1_500, 48])
        self.assertEqual([packet[0] >> 4 for packet in self.packets[:4]], [4, 6, 4, 6])
        self.assertEqual(len(set(self.packets)), 9)

    def test_each_kind_of_fault_is_named(self):
        changed = [*self.packets[:4], self.packets[4][:-1] + b"?", *self.packets[5:]]
        for found, said in ((self.packets[:5], "9 were sent and 5 came, 0 of them changed"),
                            (changed, "9 came, 1 of them changed; the first difference is at 4"),
                            (self.packets[::-1], "another order"), (self.packets + self.packets[:1], "9 were sent and 10 came")):
            self.assertIn(said, inner_traffic.difference(found, self.packets, 0))

    def test_hops_are_taken_off(self):
        self.assertEqual([ip.parse(inner_traffic.after_hops(packet)).ttl for packet in self.packets[:2]], [62, 62])

    def test_a_part_at_the_end_of_a_payload_is_seen(self):
        first, second = self.packets[1], self.packets[2]
        for padded in (True, False):
            packer = aggfrag.Packer(1_000)
            packer.add(first)
            self.assertTrue(kernel_steps.ends_whole(aggfrag.split(packer.payload(padded=padded))[1]))
        packer.add(second)
        self.assertFalse(kernel_steps.ends_whole(aggfrag.split(packer.payload())[1]))


class Rows(unittest.TestCase):
    def test_every_sentence_is_known_by_one_pattern(self):
        for row in ROWS.values():
            for sentence in row.steps:
                fits = [pattern for pattern, _ in kernel_steps.SENTENCES if re.fullmatch(pattern, sentence)]
                self.assertEqual(len(fits), 1, f"{row.name}: {sentence}: {fits}")

    def test_a_row_that_disturbs_or_looks_has_a_relay(self):
        for row in ROWS.values():
            needs = any(re.search("^the path|before a silence|none in parts", sentence) for sentence in row.steps)
            self.assertEqual(needs, row.both.get("relay", False), row.name)

    def test_without_a_lab_a_row_is_skipped_with_the_reason(self):
        environment = {name: value for name, value in os.environ.items() if name != guest.VARIABLE}
        with tempfile.TemporaryDirectory() as empty:
            for words in ([], ["--lab", empty]):
                done = subprocess.run([sys.executable, "-B", os.path.join(HERE, "run"), "kernel-fixed", *words], check=False,
                                      capture_output=True, text=True, env=environment)
                self.assertEqual(done.returncode, 77, done.stderr)
                self.assertRegex(done.stdout, r"^kernel-fixed +skipped: \S")


class Page(unittest.TestCase):
    results = [Result(row, outcome, reason, peer="Linux 7.2") for row, outcome, reason in
               zip(ROWS.values(), ("passed", "failed", "passed"), ("", "step 1: a | b\nmore", ""))]

    def test_a_row_that_did_not_run_keeps_what_it_had(self):
        first = kernel_report.section("", self.results[:2])
        self.assertIn(f"1 passed, 1 failed, 0 skipped, {len(ROWS) - 2} never run.", first)
        self.assertIn("| failed: step 1: a \\| b |", first)
        again = kernel_report.section(first, [Result(self.results[1].row, "passed", peer="Linux 7.3"), self.results[2]])
        self.assertIn(f"3 passed, 0 failed, 0 skipped, {len(ROWS) - 3} never run.", again)
        self.assertEqual((again.count("Linux 7.2"), again.count("Linux 7.3")), (2, 1))
        self.assertEqual(again.count("| kernel-"), 3)

    def test_the_first_part_keeps_rows_that_were_not_asked_for(self):
        names = ["psk", "rekeys", "udp"]
        old = report.page("", [Result(PLAIN[name], "failed", "why | so") for name in names[:2]], names)
        self.assertIn("0 passed, 2 failed, 0 skipped, 1 never run.", old)
        new = report.page(old, [Result(PLAIN["rekeys"], "passed"), Result(PLAIN["udp"], "skipped", "no peer")], names)
        self.assertIn("1 passed, 1 failed, 1 skipped.", new)
        self.assertEqual([said.split("|")[1].strip() for said in new.splitlines() if said.startswith("| ")], ["Row", *names])
        self.assertIn("failed: why \\| so", new)

    def test_each_command_keeps_the_part_of_the_other(self):
        results = self.results[:1]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "page.md")
            report.write(path, "# First\n\nold\n")
            kernel_report.write(path, results)
            with open(path, encoding="utf-8") as file:
                whole = file.read()
            self.assertTrue(whole.startswith("# First\n\nold\n\n## Linux kernel IP-TFS\n"))
            kernel_report.write(path, results)
            report.write(path, "# First\n\nold\n")
            with open(path, encoding="utf-8") as file:
                self.assertEqual(file.read(), whole)
            report.write(path, "# First\n\nnew\n")
            with open(path, encoding="utf-8") as file:
                self.assertEqual(file.read(), whole.replace("old", "new"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
