#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# Collects the citations of the code and its tests (form: RFC 9347 §2.2.3) into docs/conformance.md:
# section -> code that obeys it -> test that proves it. Where docs/requirements/rfcNNNN.txt lists the requirements of a
# document, each of them as well: its test bears its mark ([7296-2.1-a]), its code bears that or cites the section.
#
#   scripts/rfc_index.py           writes docs/conformance.md
#   scripts/rfc_index.py --check   fails if that file is not what the citations say now
#
# Both fail when a requirement without a reason has no code or no test.
import argparse
import difflib
import re
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

TARGET = "docs/conformance.md"
REQUIREMENTS = "docs/requirements"
CODE, TESTS = ("src", "include"), ("tests",)
SUFFIXES = {".h", ".cpp", ".py"}

PLACE = r"(?:§\d+(?:\.\d+)*|[Aa]ppendix [A-Z](?:\.?\d+)*)"
CITATION = re.compile(rf"RFC (\d{{3,5}})((?:(?:,| and| to|-|,? or)? ?{PLACE}|-\d+(?:\.\d+)*)*)")
COMMENT_BREAK = re.compile(r"\n\s*(?://+|#|\*)\s?")
ID = r"\d{3,5}-[0-9A-Z]+(?:\.\d+)*-[a-z]"
MARKS = re.compile(rf"\[({ID}(?:, {ID})*)\]")
REQUIREMENT = re.compile(rf"({ID})  ((?:MUST|SHOULD)(?: NOT)?|MAY)  (\S.*)")
REASON = re.compile(r"    (not|not yet): (\S.*)")


@dataclass
class Requirement:
    """One rule of a document; with a reason it needs neither code nor test."""

    id: str
    strength: str
    text: str
    reason: str = ""

    @property
    def rfc(self):
        return int(self.id.split("-")[0])

    @property
    def section(self):
        part = self.id.split("-")[1]
        return f"appendix {part}" if part[0].isalpha() else part


def marks(text):
    """Every id of a requirement that a text claims."""
    for match in MARKS.finditer(COMMENT_BREAK.sub(" ", text)):
        yield from match.group(1).split(", ")


def citations(text):
    """Every (RFC number, section) of a text; the section is '' where the whole document is meant."""
    flat = COMMENT_BREAK.sub(" ", text)
    for mark in marks(text):
        requirement = Requirement(mark, "", "")
        yield requirement.rfc, requirement.section
    for match in CITATION.finditer(flat):
        places = re.findall(PLACE, re.sub(r"-(?=\d)", " §", match.group(2)))  # §2.15-2.16 names two
        for place in places or [""]:
            yield int(match.group(1)), place.lstrip("§").replace("Appendix", "appendix")


def collect(root):
    """(RFC, section) or id of a requirement -> {'code': paths, 'tests': paths}"""
    index = defaultdict(lambda: {"code": set(), "tests": set()})
    for kind, folders in (("code", CODE), ("tests", TESTS)):
        for folder in folders:
            for path in sorted((root / folder).rglob("*")):
                if path.suffix not in SUFFIXES or not path.is_file() or "checks" in path.parts:
                    continue
                name = path.relative_to(root).as_posix().removeprefix("src/").removeprefix("include/")
                text = path.read_text(encoding="utf-8")
                for key in [*citations(text), *marks(text)]:
                    index[key][kind].add(name)
    return index


def read_requirements(text, place):
    """The requirements of one list, and what is wrong with it."""
    found, faults = [], []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        requirement, reason = REQUIREMENT.fullmatch(line), REASON.fullmatch(line)
        if requirement:
            found.append(Requirement(*requirement.groups()))
        elif reason and found and not found[-1].reason:
            found[-1].reason = f"{reason[1]}: {reason[2]}"
        else:
            faults.append(f"{place}:{number}: neither 'ID  MUST  text' nor the reason of one: {line.strip()}")
    return found, faults


def all_requirements(root):
    requirements, faults = [], []
    for path in sorted((root / REQUIREMENTS).glob("*.txt")):
        found, wrong = read_requirements(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix())
        requirements += found
        faults += wrong
    return requirements, faults


def code_of(requirement, index):
    marked = index[requirement.id]["code"]
    return marked or index[(requirement.rfc, requirement.section)]["code"]


def unproved(requirements, index):
    """What keeps the lists from being true: no code, no test, a mark of nothing."""
    faults, known = [], {}
    for requirement in requirements:
        if requirement.id in known:
            faults.append(f"{requirement.id} stands twice in {REQUIREMENTS}")
        known[requirement.id] = requirement
        if requirement.reason:
            continue
        if not code_of(requirement, index):
            faults.append(f"{requirement.id} has no code: cite the section or [{requirement.id}] where it is obeyed")
        if not index[requirement.id]["tests"]:
            faults.append(f"{requirement.id} has no test: put [{requirement.id}] at the test that proves it, or a reason")
    for key in sorted(key for key in index if isinstance(key, str)):
        places = ", ".join(sorted(index[key]["code"] | index[key]["tests"]))
        if key not in known:
            faults.append(f"{places}: [{key}] is no requirement of {REQUIREMENTS}")
        elif known[key].reason.startswith("not: "):
            faults.append(f"{places}: [{key}] is claimed, but the list says '{known[key].reason}'")
    return faults


def section_order(section):
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"\d+|[A-Za-z]+", section)]


def names(paths):
    return ", ".join(f"`{name}`" for name in sorted(paths))


def requirement_table(requirements, index):
    reasons = [requirement.reason for requirement in requirements if requirement.reason]
    later = sum(reason.startswith("not yet: ") for reason in reasons)
    lines = [
        f"{len(requirements)} requirements: {len(requirements) - len(reasons)} with code and test, "
        f"{len(reasons) - later} that do not concern this gateway, {later} not yet obeyed.",
        "",
        "| requirement | | what it asks | code | tests |",
        "| --- | --- | --- | --- | --- |",
    ]
    for requirement in requirements:
        row = f"| {requirement.id} | {requirement.strength} | {requirement.text} |"
        if requirement.reason:
            lines.append(f"{row} {requirement.reason} | |")
        else:
            lines.append(f"{row} {names(code_of(requirement, index))} | {names(index[requirement.id]['tests'])} |")
    return [*lines, ""]


def section_table(rfc, index):
    lines = ["| section | code | tests |", "| --- | --- | --- |"]
    places = {key[1] for key, found in index.items() if key[0] == rfc and (found["code"] or found["tests"])}
    for section in sorted(places, key=section_order):
        found = index[(rfc, section)]
        label = "(whole)" if not section else section if section.startswith("appendix") else f"§{section}"
        lines.append(f"| {label} | {names(found['code'])} | {names(found['tests'])} |")
    return [*lines, ""]


def page(index, requirements=()):
    lines = [
        "# Conformance",
        "",
        f"Generated by `scripts/rfc_index.py` from the citations in the code and its tests and from the lists in "
        f"`{REQUIREMENTS}`; do not edit.",
        "A section without a test is a section whose rule is followed but not yet proved. Of a requirement that is listed, "
        "the tests bear its mark;",
        "the code bears it as well, or else what cites its section is named.",
        "",
    ]
    listed = {requirement.rfc for requirement in requirements}
    for rfc in sorted({key[0] for key in index if isinstance(key, tuple)} | listed):
        lines += [f"## RFC {rfc}", ""]
        if rfc in listed:
            own = [requirement for requirement in requirements if requirement.rfc == rfc]
            lines += ["### Requirements", "", *requirement_table(own, index), "### Sections", ""]
        lines += section_table(rfc, index)
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description="Collect RFC citations into " + TARGET)
    parser.add_argument("--check", action="store_true", help="only compare, fail on drift")
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).resolve().parent.parent)
    options = parser.parse_args()
    target = options.root / TARGET
    index = collect(options.root)
    requirements, faults = all_requirements(options.root)
    faults += unproved(requirements, index)
    for fault in faults:
        print(f"error: {fault}")
    new = page(index, requirements)
    if not options.check:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(new, encoding="utf-8")
        return 1 if faults else 0
    old = target.read_text(encoding="utf-8") if target.is_file() else ""
    if old == new:
        print(f"{TARGET} is what the citations say")
        return 1 if faults else 0
    sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True), TARGET, "citations now"))
    print(f"error: {TARGET} has drifted: run scripts/rfc_index.py and commit the result")
    return 1


if __name__ == "__main__":
    sys.exit(main())
