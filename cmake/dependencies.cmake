# Debian's packages that the build links; docs/dependencies.md says what each is for.
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(Boost 1.81 EXACT REQUIRED)  # header-only parts: Asio, Beast
find_package(nlohmann_json 3.11 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(CURL REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(brotlienc REQUIRED IMPORTED_TARGET libbrotlienc)
pkg_check_modules(brotlidec REQUIRED IMPORTED_TARGET libbrotlidec)  # tests
find_package(ZLIB REQUIRED)
find_package(GTest REQUIRED)
