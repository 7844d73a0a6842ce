# SPDX-License-Identifier: Apache-2.0
#
# Where the package under test is; ends the test as skipped where its one library is missing.
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "share", "levelgate"))

try:
    import numpy  # noqa: F401
except ImportError:
    print("skipped: python3-numpy is missing; scripts/setup installs it")
    sys.exit(77)
