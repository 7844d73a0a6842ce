# SPDX-License-Identifier: Apache-2.0
#
# Every id of src/ikestate/report_ids.h is told somewhere, has one text, and what goes wrong has a cure.
import pathlib
import re
import sys
import unittest

ROOM = pathlib.Path(sys.argv.pop(1))
HEADER = (ROOM / "report_ids.h").read_text()


class ReportIds(unittest.TestCase):
    def setUp(self):
        self.ids = dict(re.findall(r'string_view (k\w+) = "(LG-IKE-\d{3})"', HEADER))
        table = HEADER[HEADER.index("kReportTexts"):]
        self.texts = re.findall(r'\{(k\w+),\s*"((?:[^"\\]|\\.|"\s*")*)",\s*"((?:[^"\\]|\\.|"\s*")*)"\}', table)

    def test_numbers_are_not_used_twice(self):
        self.assertEqual(len(set(self.ids.values())), len(self.ids))

    def test_each_has_one_text_with_a_cause(self):
        self.assertEqual(sorted(name for name, _, _ in self.texts), sorted(self.ids))
        for name, cause, _ in self.texts:
            self.assertTrue(cause.endswith("."), name)

    def test_each_is_told_somewhere(self):
        told = "".join(p.read_text() for room in (ROOM.parent / name for name in ("ikestate", "ikeexchange", "ike", "control")) for p in room.rglob("*.cpp"))
        self.assertEqual([name for name in self.ids if not re.search(rf"\b{name}\b", told)], [])

    def test_failures_have_a_cure(self):
        for name, _, cure in self.texts:
            number = int(self.ids[name][-3:])
            if number >= 20:
                self.assertTrue(cure, name)


if __name__ == "__main__":
    unittest.main()
