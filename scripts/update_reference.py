#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# Brings what `levelgate reference` prints into docs/operations.md, between its markers, and into
# config/levelgate.schema.json. Tests compare both with the program, so run this after a change of its tables.
#
#   scripts/update_reference.py [LEVELGATE]     (default: build/release/bin/levelgate)
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(<!-- begin: levelgate reference ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build/release/bin/levelgate")

    def part(name):
        return subprocess.run([program, "reference", name], check=True, capture_output=True, text=True).stdout

    page = ROOT / "docs/operations.md"
    text = BLOCK.sub(lambda block: block[1] + part(block[2]) + block[3], page.read_text(encoding="utf-8"))
    page.write_text(text, encoding="utf-8")
    (ROOT / "config/levelgate.schema.json").write_text(part("schema"), encoding="utf-8")


if __name__ == "__main__":
    main()
