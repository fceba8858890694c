import unittest

import support
from check_sizes import blank_cpp, blank_ts, check_file, functions, macros_of, opens_cpp_function, opens_ts_function


def cpp(text):
    return functions(blank_cpp(text), opens_cpp_function, True)


def ts(text):
    return functions(blank_ts(text), opens_ts_function, False)


class CppFunctions(unittest.TestCase):
    def test_a_function_counts_from_its_first_line_to_its_closing_brace(self):
        self.assertEqual(cpp("namespace a {\n\nint F(int x,\n      int y) {\n  return x;\n}\n}\n"), [(3, 4)])

    def test_methods_in_a_class_count_one_by_one(self):
        text = "class A : public B {\n  int F() const { return 1; }\n  int G() {\n  }\n};\n"
        self.assertEqual(cpp(text), [(2, 1), (3, 2)])

    def test_a_lambda_counts_into_the_function_that_holds_it(self):
        self.assertEqual(cpp("void F() {\n  auto g = [] {\n    return 1;\n  };\n  g();\n}\n"), [(1, 6)])

    def test_a_constructor_with_braces_in_its_list_is_one_function(self):
        text = "A::A(int x)\n    : b_{x},\n      c_({x, x}) {\n  Go();\n}\nvoid F() {\n}\n"
        self.assertEqual(cpp(text), [(1, 5), (6, 2)])

    def test_a_template_function_is_a_function(self):
        self.assertEqual(cpp("template <class T>\nT F(T x) {\n  return x;\n}\n"), [(1, 4)])

    def test_braces_in_literals_comments_and_macros_do_not_count(self):
        text = '#define X(a) {\nvoid F() {\n  // {\n  Put("{", \'{\', R"({)");\n  const int n = 1\'000;\n}\n'
        self.assertEqual(cpp(text), [(2, 5)])

    def test_tables_and_enums_are_no_functions(self):
        self.assertEqual(cpp("enum class E { kA };\nconst int kT[] = {1, 2};\nconstexpr P kP = Make({1});\n"), [])


class TsFunctions(unittest.TestCase):
    def test_functions_methods_and_arrows_are_found(self):
        text = "export function f(): number {\n}\nclass A {\n  go(x: { a: number }): void {\n  }\n}\n"
        text += "const g = async () => {\n};\n"
        self.assertEqual([length for _, length in ts(text)], [2, 2, 2])

    def test_templates_and_regular_expressions_are_skipped(self):
        text = "function f() {\n  return `${x ? '}' : \"{\"}{`.replace(/[/{]/g, '') + a / b;\n}\n"
        self.assertEqual(ts(text), [(1, 3)])

    def test_the_body_of_describe_is_a_heading(self):
        text = "describe('x', () => {\n  it('y', () => {\n    go();\n  });\n});\n"
        self.assertEqual(ts(text), [(2, 3)])


class Stops(unittest.TestCase):
    def test_a_function_of_61_lines_fails_and_one_of_60_passes(self):
        for lines, findings in ((60, 0), (61, 1)):
            text = "void F() {\n" + "  Go();\n" * (lines - 2) + "}\n"
            self.assertEqual(len(check_file("src/a/a.cc", text)[0]), findings)

    def test_a_long_scenario_in_a_test_is_noted(self):
        findings, notes = check_file("src/a/a_test.cc", "TEST(A, Goes) {\n" + "  Go();\n" * 70 + "}\n")
        self.assertEqual((findings, len(notes)), ([], 1))

    def test_a_file_of_801_lines_fails_and_one_past_its_aim_is_noted(self):
        self.assertEqual(len(check_file("src/a/a.cc", "\n" * 801)[0]), 1)
        findings, notes = check_file("src/a/a.h", "\n" * 251)
        self.assertEqual((findings, len(notes)), ([], 1))
        self.assertEqual(check_file("web/packages/a/src/a.ts", "\n" * 200), ([], []))

    def test_function_like_macros_are_counted_and_constants_are_not(self):
        self.assertEqual(macros_of("a.h", "#define A 1\n#define B(x) x\n"), ["a.h:2"])


if __name__ == "__main__":
    unittest.main()
