# fmt                     put C++ and TypeScript into their format, in place
need_packages build test
need_npm_packages
git ls-files '*.h' '*.cc' | xargs -r clang-format-19 -i
git ls-files '*.ts' '*.mjs' '*.js' | xargs -r node_modules/.bin/prettier --log-level=warn --write
echo "fmt: done"
