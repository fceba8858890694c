import unittest

import support
from check_compared import ROWS, check, titles_of

TESTS = {"tests/e2e/a.test.mjs": {"it opens", "it opens in ..."}}


def paper(marks=None, proof='[a](../tests/e2e/a.test.mjs) "it opens"'):
    marks = marks or {}
    compared = "".join(f"| {n} | what | Y | - | {marks.get(n, 'Y')} |\n" for n in ROWS)
    return compared + "\n" + "".join(f"| {n} | how | {proof if n not in marks else ''} |\n" for n in ROWS)


def findings(text):
    return check(text, TESTS.get)[0]


class Compared(unittest.TestCase):
    def test_titles_are_read_from_tests_and_suites(self):
        text = "test('one', () => {});\ndescribe(`two in ${name}`, () => test(\n  \"three\"));\ntest('it\\'s four', f)"
        self.assertEqual(titles_of(text), {"one", "two in ...", "three", "it's four"})

    def test_a_whole_paper_has_no_findings(self):
        self.assertEqual(findings(paper()), [])
        self.assertEqual(findings(paper({8: "-", 48: "-", 49: "P"})), [])

    def test_a_fourth_missing_row_is_found(self):
        self.assertIn("may be", " ".join(findings(paper({8: "-", 9: "-", 48: "-", 49: "-"}))))

    def test_a_test_or_a_file_that_is_not_there_is_found(self):
        self.assertIn('no test "it closes"', findings(paper(proof='[a](../tests/e2e/a.test.mjs) "it closes"'))[0])
        self.assertIn("is not there", findings(paper(proof='[b](../tests/e2e/b.test.mjs) "it opens"'))[0])

    def test_a_row_without_a_test_or_out_of_the_table_is_found(self):
        self.assertIn("names no test", findings(paper(proof="it is so"))[0])
        self.assertIn("row 50 is not compared", " ".join(findings(paper().replace("| 50 |", "| 51 |"))))


if __name__ == "__main__":
    unittest.main()
