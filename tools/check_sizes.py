#!/usr/bin/env python3
"""Checks sizes: what is longer than we like is listed; what is longer than anybody can review fails.

    aims         C++ header 250 lines, C++ source 500, TypeScript 200: listed as notes
    hard stops   any file 800 lines; any function 60 lines, from its first line to its closing brace;
                 10 function-like macros in all of src/. A long function in a test is a note: a scenario may be long.

A function's length includes the lambdas in it. In TypeScript a callback of describe() is a heading, not a function.
"""
import re
import sys

from repository import TEST_FILE, read, report, tracked

AIMS = {".h": 250, ".cc": 500, ".ts": 200}
FILE_STOP = 800
FUNCTION_STOP = 60
MACRO_STOP = 10

CPP_BLANK = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'""",
    re.S,
)
TS_REGEX_MAY_FOLLOW = re.compile(r"(?:[(,=:\[!&|?{};+\-*%<>~^]|\breturn|\btypeof|\bcase|\bof|\bin|^)\s*$")
CONTROL = re.compile(
    r"^\s*(?:else\b\s*)?(?:if|for|while|switch|catch|do|else|try|return|throw|case|default|co_(?:return|await|yield))\b"
)
CPP_CONTAINER = re.compile(
    r"\b(?:namespace|class|struct|union|enum)\b[^()=;]*$|^\s*extern\s*$|\b(?:class|struct)\s+\w+[^=;]*:[^=;]*$"
)
TS_CONTAINER = re.compile(
    r"^\s*(?:(?:export|default|declare|abstract)\s+)*(?:class|interface|namespace|module|enum|type)\b"
)
TS_FUNCTION = re.compile(r"\bfunction\b|=>\s*$|\)\s*(?::[^;=]*)?$")
TS_HEADING = re.compile(r"\b(?:describe|suite)(?:\.\w+)?\s*\(")


def spaces_for(text):
    return re.sub(r"[^\n]", " ", text)


def blank_cpp(text):
    """The text with comments, literals and preprocessor lines replaced by spaces; line numbers stay."""
    text = CPP_BLANK.sub(lambda match: spaces_for(match[0]), text)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda match: spaces_for(match[0]), text, flags=re.M)


def ts_literal_end(text, start):
    """Where the comment, string, template or regular expression at `start` ends; `start` if there is none."""
    for opening, closing, kept in (("//", "\n", 1), ("/*", "*/", 0)):
        if text.startswith(opening, start):
            end = text.find(closing, start + 2)
            return len(text) if end < 0 else end + len(closing) - kept
    quote = text[start]
    if quote == "/" and not TS_REGEX_MAY_FOLLOW.search(text[max(0, start - 40) : start]):
        return start
    i, in_class, depth = start + 1, False, 0
    while i < len(text):
        char = text[i]
        if char == "\\":
            i += 2
            continue
        if quote == "`" and text.startswith("${", i):
            depth += 1
            i += 1
        elif quote == "`" and depth > 0:
            depth += {"{": 1, "}": -1}.get(char, 0)
        elif quote == "/" and char in "[]":
            in_class = char == "["
        elif char == quote and not in_class:
            return i + 1
        elif char == "\n" and quote != "`":
            return start if quote == "/" else i
        i += 1
    return len(text)


def blank_ts(text):
    """As blank_cpp, for TypeScript and JavaScript. What stands in a template's ${} is blanked with the template."""
    out, i = [], 0
    while i < len(text):
        end = ts_literal_end(text, i) if text[i] in "/'\"`" else i
        if end > i:
            out.append(spaces_for(text[i:end]))
            i = end
        else:
            out.append(text[i])
            i += 1
    return "".join(out)


def opens_cpp_function(head):
    head = re.sub(r"^\s*template\s*<[^{}]*?>\s*(?=[^>,\s])", "", head)
    if "(" not in head or CONTROL.match(head) or CPP_CONTAINER.search(head):
        return False
    return not re.search(r"=\s*$|[=,(]\s*[\w:<>]*\s*$", head)


def opens_ts_function(head):
    if CONTROL.match(head) or TS_CONTAINER.match(head) or TS_HEADING.search(head):
        return False
    return bool(TS_FUNCTION.search(head))


def in_member_list(head):
    """Whether a brace after this head initialises something in a constructor's list, rather than opening the body."""
    return head.count("(") > head.count(")") or re.search(r"\)\s*(?:noexcept\s*)?:[^:].*\w\s*$", head, re.S) is not None


def functions(text, opens_function, is_cpp):
    """(first line, length) of each outermost function of a blanked text."""
    found, stack, head_start, function_at = [], [], 0, None
    for i, char in enumerate(text):
        if char not in "{};":
            continue
        head = text[head_start:i]
        if char == ";" and function_at is None and head.count("(") <= head.count(")"):
            head_start = i + 1
        elif char == "{":
            if function_at is None and is_cpp and in_member_list(head):
                stack.append("member")
                continue
            opens = function_at is None and opens_function(head)
            stack.append("function" if opens else "block")
            if opens:
                function_at = text.count("\n", 0, head_start + len(head) - len(head.lstrip())) + 1
            if function_at is None:
                head_start = i + 1
        elif char == "}" and stack:
            kind = stack.pop()
            if kind == "function":
                found.append((function_at, text.count("\n", 0, i) + 2 - function_at))
                function_at = None
            if function_at is None and kind != "member":
                head_start = i + 1
    return found


def check_file(path, text):
    """(findings, notes) for one file."""
    findings, notes = [], []
    suffix = path[path.rfind(".") :]
    lines = text.count("\n")
    aim = AIMS.get(suffix, AIMS[".ts"])
    if lines > FILE_STOP:
        findings.append(f"{path}:1: has {lines} lines, more than {FILE_STOP}")
    elif lines > aim:
        notes.append(f"{path}:1: note: has {lines} lines; the aim is {aim}")
    is_cpp = suffix in (".h", ".cc")
    opens = opens_cpp_function if is_cpp else opens_ts_function
    for line, length in functions(blank_cpp(text) if is_cpp else blank_ts(text), opens, is_cpp):
        if length > FUNCTION_STOP and TEST_FILE.search(path):
            notes.append(f"{path}:{line}: note: the function has {length} lines; the aim is {FUNCTION_STOP}")
        elif length > FUNCTION_STOP:
            findings.append(f"{path}:{line}: the function has {length} lines, more than {FUNCTION_STOP}")
    return findings, notes


def macros_of(path, text):
    matches = re.finditer(r"^[ \t]*#\s*define\s+\w+\(", text, re.M)
    return [f"{path}:{text.count(chr(10), 0, match.start()) + 1}" for match in matches]


def main():
    findings, macros, files = [], [], tracked("*.h", "*.cc", "*.ts", "*.mjs", "*.js")
    for path in files:
        text = read(path)
        found, notes = check_file(path, text)
        findings += found
        for note in notes:
            print(note)
        if path.startswith("src/"):
            macros += macros_of(path, text)
    if len(macros) > MACRO_STOP:
        findings.append(f"src:1: {len(macros)} function-like macros, more than {MACRO_STOP}: {', '.join(macros)}")
    return report("sizes", findings, f"{len(files)} files, {len(macros)} function-like macros")


if __name__ == "__main__":
    sys.exit(main())
