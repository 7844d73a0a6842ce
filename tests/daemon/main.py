# SPDX-License-Identifier: Apache-2.0
#
# Runs the tests of one file: exit code 77 with the reason where the machine cannot run any of them. What a single test
# cannot do here it says itself.
import sys
import unittest

from spaces import why_not

NOT_POSSIBLE = 77


def main():
    reason = why_not()
    if reason:
        print(f"skipped: {reason}")
        sys.exit(NOT_POSSIBLE)
    unittest.main(verbosity=2)
