# Compiler settings shared by every target. A preset in CMakePresets.json picks the build type and OFFING_SANITIZE.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

set(OFFING_SANITIZE "" CACHE STRING "Sanitizers for every target: address,undefined or thread")
option(OFFING_FUZZ "Build the fuzz targets with libFuzzer (clang)" OFF)

add_compile_options(-Wall -Wextra -Wpedantic -Werror -Wno-missing-field-initializers -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports false positives inside libstdc++ and Boost with these two under sanitizers and -O2.
  add_compile_options(-Wno-maybe-uninitialized -Wno-restrict -Wno-tsan)
else()
  # Clang reports libstdc++ 12's own use of what it deprecates; GCC still reports ours.
  add_compile_options(-Wno-deprecated-declarations)
endif()
if(OFFING_SANITIZE)
  add_compile_options(-fsanitize=${OFFING_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${OFFING_SANITIZE})
endif()
if(OFFING_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(OFFING_CCACHE ccache)
if(OFFING_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${OFFING_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${OFFING_CCACHE})
endif()
