import unittest

import support
from check_words import check_text


class Words(unittest.TestCase):
    def test_each_kind_of_word_is_found_with_its_line(self):
        for text in (
            "see /work/main/src",
            "/root/.config",
            "/home/anna/offing",
            "https://registry.npmjs.org/ws",
            "a coding agent wrote this",
            "as in the previous session",
            "closes issue 12",
            "// TODO later",
        ):
            findings = check_text("a.md", "fine\n" + text + "\n")
            self.assertEqual(len(findings), 1, text)
            self.assertTrue(findings[0].startswith("a.md:2: "), findings)

    def test_the_words_of_the_product_pass(self):
        text = "the user agent's session; a WebSocket session ended; ./work/x; issue a token; tests/home/a"
        self.assertEqual(check_text("a.md", text), [])


if __name__ == "__main__":
    unittest.main()
