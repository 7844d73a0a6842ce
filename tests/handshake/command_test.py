#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# `levelgate bench handshake --quick`: table, JSON and page; the same seed makes the same figures.
import json
import os
import subprocess
import tempfile
import unittest

LEVELGATE = os.environ["LEVELGATE"]
REACHED, MISSED, USAGE = 0, 11, 2


def run(*words):
    return subprocess.run([LEVELGATE, "bench", "handshake", *words], check=False, capture_output=True, text=True, timeout=600)


class Command(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.page = os.path.join(folder.name, "page.html")

    def figures(self):
        with open(self.page.replace(".html", ".json"), encoding="utf-8") as file:
            return json.load(file)

    def test_the_quick_table_is_whole(self):
        done = run("--quick", "--seeds", "1", "--out", self.page)
        self.assertIn(done.returncode, (REACHED, MISSED), done.stderr)
        found = self.figures()
        self.assertEqual(len(found["cells"]), 2 * 3 * 2 * 5)
        self.assertTrue(found["goals"])
        self.assertEqual(done.returncode == REACHED, all(goal["holds"] for goal in found["goals"]))
        for cell in found["cells"]:
            self.assertEqual("large-key" in cell, cell["keys"] != "+mlkem768", cell)
            self.assertIsNotNone(cell["first-inner"]["median-us"], cell)
        with open(self.page, encoding="utf-8") as file:
            self.assertIn("</html>", file.read())

    # What is measured once in each run, the cost of key exchanges, is all that may differ; the hybrid's is some microseconds.
    def test_a_seed_repeats_what_chance_decides(self):
        def octets():
            run("--quick", "--seeds", "1", "--seed", "5", "--out", self.page, "--no-page")
            return [(cell["delivery"], cell["octets-over-needed-permille"]) for cell in self.figures()["cells"]
                    if cell["keys"] == "+mlkem768" and cell["loss-percent"] == 0]
        self.assertEqual(octets(), octets())

    def test_a_wrong_name_is_refused(self):
        done = run("--quick", "--out", "page.txt")
        self.assertEqual(done.returncode, USAGE)
        self.assertIn(".html", done.stderr)


if __name__ == "__main__":
    unittest.main()
