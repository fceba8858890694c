#!/usr/bin/env python3
"""Checks what tracked files must not say: where somebody's machine keeps things, which registry it fetched from, who or
what wrote the text and when. The files speak to people who have nothing but the repository."""
import re
import sys

from repository import read, report, tracked

RULES = [
    (r"(?<![\w.~])/(?:work|root|Users|home/[a-z]\w*)/", "a path of somebody's machine"),
    (r"\b(?:registry\.npmjs\.org|(?:deb|security)\.debian\.org|pypi\.org|proxy\.golang\.org)", "a registry's host"),
    (r"\b(?:sub|AI|LLM|coding)[ -]?agents?\b|\bAGENTS?\.md\b", "talk of who wrote this"),
    (r"(?i)\b(?:claude|anthropic|chatgpt|openai|copilot)\b", "talk of who wrote this"),
    (r"(?i)\b(?:working|coding|chat|previous|earlier) session\b", "talk of when this was written"),
    (r"(?i)\b(?:this|next|previous) issue\b|\bissues? #?\d+\b", "talk of an issue"),
    (r"\b(?:FIXME|XXX|TODO)\b", "an unfinished thought: do it, or say what is so"),
]
COMPILED = [(re.compile(pattern), why) for pattern, why in RULES]
# This script and its test name the words; in the bare system everything lies in root's home.
EXEMPT = {
    "tools/check_words.py",
    "tools/tests/check_words_test.py",
    "tools/bare-bookworm",
    "LICENSE",
    "package-lock.json",
}
BINARY = re.compile(r"\.(png|jpg|jpeg|webp|ico|gif|woff2?|gz|br|wasm)$")


def check_text(path, text):
    findings = []
    for number, line in enumerate(text.split("\n"), 1):
        for pattern, why in COMPILED:
            match = pattern.search(line)
            if match:
                findings.append(f"{path}:{number}: '{match[0]}' is {why}")
    return findings


def main():
    paths = [p for p in tracked() if p not in EXEMPT and not BINARY.search(p) and not p.startswith("fuzz/corpus/")]
    findings = [finding for path in paths for finding in check_text(path, read(path))]
    return report("words", findings, f"{len(paths)} files")


if __name__ == "__main__":
    sys.exit(main())
