# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
#
# One line per target:
#
#   gh_library(NAME ledger HDRS ledger.h SRCS ledger.cc DEPS gonghui::domain)
#   gh_test(NAME ledger_test SRCS ledger_test.cc DEPS gonghui::ledger LABELS unit CORE)
#   gh_bench(NAME ledger_bench SRCS ledger_bench.cc DEPS gonghui::ledger)
#   gh_program(NAME gonghuid SRCS main.cc DEPS gonghui::server)
#
# All of them: C++20, the house's warnings, #include paths from the repository
# root.  DEPS are public, so what a header needs reaches its users.

include_guard(GLOBAL)
include(GNUInstallDirs)
include(GoogleTest)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)

# Paths become relative before ccache hashes them, so that a fresh clone finds
# what another one compiled.
find_program(GONGHUI_CCACHE ccache)
if(GONGHUI_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
    "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${GONGHUI_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${CMAKE_CXX_COMPILER_LAUNCHER}")
endif()

# Everything is compiled by the same rules or an inline function would differ
# from one file to the next: sanitizers and GH_DCHECK are set for all targets.
if(GONGHUI_DCHECK)
  add_compile_definitions(GONGHUI_DCHECK)
endif()
add_compile_options("-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=")  # __FILE__ in GH_CHECK
# For what is shipped: GCC copies some hundred bytes by `rep movs`, which takes longer to
# begin than the C library's copy takes to end; rows, events and commands are of that size.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  add_compile_options(
    $<$<AND:$<CONFIG:Release>,$<COMPILE_LANG_AND_ID:CXX,GNU>>:-mstringop-strategy=libcall>)
endif()
if(GONGHUI_SANITIZE)
  add_compile_options(-fsanitize=${GONGHUI_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${GONGHUI_SANITIZE})
endif()

if(GONGHUI_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)  # coverage of the code under test
endif()

add_library(gonghui_options INTERFACE)
target_include_directories(gonghui_options INTERFACE "${PROJECT_SOURCE_DIR}")

add_library(gonghui_warnings INTERFACE)
target_compile_options(gonghui_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wconversion;-Wsign-conversion;-Wshadow;-Wnon-virtual-dtor;-Wold-style-cast;-Werror=unused-result;-Werror=switch>
  # GCC 12 sees overlapping copies inside std::string's own operator+ (GCC bug
  # 105651, mended in 13); what it says there is about no line of ours.
  $<$<AND:$<COMPILE_LANG_AND_ID:CXX,GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  $<$<BOOL:${GONGHUI_WERROR}>:-Werror>)

# What tools/check builds under a sanitizer: `core` under ASan+UBSan (no gRPC:
# each of its files costs twenty seconds), `tsan` under TSan.  `quick` is what
# tools/check --quick needs; lint needs nothing built.
add_custom_target(gonghui_core_tests)
add_custom_target(gonghui_tsan_tests)
add_custom_target(gonghui_quick_tests)
add_custom_target(gonghui_fuzzers)

# A library; header-only (no SRCS) makes an INTERFACE target.
function(gh_library)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "HDRS;SRCS;DEPS")
  _gh_no_leftovers(gh_library "${arg_NAME}" "${arg_UNPARSED_ARGUMENTS}")
  set(target gonghui_${arg_NAME})
  if(arg_SRCS)
    add_library(${target} STATIC ${arg_SRCS} ${arg_HDRS})
    target_link_libraries(${target} PUBLIC gonghui_options ${arg_DEPS} PRIVATE gonghui_warnings)
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE gonghui_options ${arg_DEPS})
  endif()
  add_library(gonghui::${arg_NAME} ALIAS ${target})
endfunction()

# A program; it lands in build/<preset>/bin and is installed.
function(gh_program)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "SRCS;DEPS")
  _gh_no_leftovers(gh_program "${arg_NAME}" "${arg_UNPARSED_ARGUMENTS}")
  add_executable(${arg_NAME} ${arg_SRCS})
  target_link_libraries(${arg_NAME} PRIVATE gonghui_options gonghui_warnings ${arg_DEPS})
  set_target_properties(${arg_NAME} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
  install(TARGETS ${arg_NAME} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endfunction()

# A test that can show nothing on this machine says "NOT SHOWN HERE: why" and returns at once:
# ctest counts it as skipped, whatever else it says.
set(GONGHUI_NOT_SHOWN "NOT SHOWN HERE")

# A GoogleTest program.  Each TEST is a ctest test of its own, so `ctest -N`
# counts cases.  LABELS: unit table model property sim tsan e2e recovery lint
# bench-smoke.
#   CORE       also built and run under ASan+UBSan by tools/check
#   TSAN       also built and run under TSan by tools/check (the label tsan too)
#   ONE        one ctest test for the whole program (state shared by its cases)
#   SERIAL     ctest runs nothing else beside it
#   NO_MAIN    the program brings its own main()
#   TIMEOUT_S  per ctest test; 120 unless told
#   ARGS       given to the program
#   PROGRAMS   gh_program targets that the test starts; built before it
function(gh_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "CORE;TSAN;ONE;SERIAL;NO_MAIN" "NAME;TIMEOUT_S"
    "SRCS;DEPS;LABELS;ARGS;PROGRAMS")
  _gh_no_leftovers(gh_test "${arg_NAME}" "${arg_UNPARSED_ARGUMENTS}")
  if(NOT arg_TIMEOUT_S)
    set(arg_TIMEOUT_S 120)
  endif()
  add_executable(${arg_NAME} ${arg_SRCS})
  target_link_libraries(${arg_NAME} PRIVATE gonghui_options gonghui_warnings ${arg_DEPS}
    GTest::gmock GTest::gtest)
  if(NOT arg_NO_MAIN)
    target_link_libraries(${arg_NAME} PRIVATE GTest::gtest_main)
  endif()
  if(arg_PROGRAMS)
    add_dependencies(${arg_NAME} ${arg_PROGRAMS})
  endif()

  set(labels ${arg_LABELS})
  if(arg_CORE)
    list(APPEND labels core)
    add_dependencies(gonghui_core_tests ${arg_NAME})
  endif()
  if(arg_TSAN OR "tsan" IN_LIST arg_LABELS)
    list(APPEND labels tsan)
    add_dependencies(gonghui_tsan_tests ${arg_NAME})
  endif()
  if("unit" IN_LIST arg_LABELS OR "table" IN_LIST arg_LABELS)
    add_dependencies(gonghui_quick_tests ${arg_NAME})
  endif()
  list(REMOVE_DUPLICATES labels)
  set(properties TIMEOUT ${arg_TIMEOUT_S})
  if(arg_SERIAL)
    list(APPEND properties RUN_SERIAL TRUE)
  endif()

  if(arg_ONE)
    add_test(NAME ${arg_NAME} COMMAND ${arg_NAME} ${arg_ARGS}
      WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    set_tests_properties(${arg_NAME} PROPERTIES LABELS "${labels}"
      SKIP_REGULAR_EXPRESSION "${GONGHUI_NOT_SHOWN}" ${properties})
  else()
    gtest_discover_tests(${arg_NAME}
      TEST_PREFIX "${arg_NAME}/"
      EXTRA_ARGS ${arg_ARGS}
      WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
      NO_PRETTY_VALUES
      DISCOVERY_TIMEOUT 300
      PROPERTIES ${properties})
    # gtest_discover_tests flattens a list, so more than one label needs a script of
    # ours around its own.  A program that is not built (tools/check --quick builds a
    # part) has no tests then, instead of one named ..._NOT_BUILT that can only fail.
    get_property(includes DIRECTORY PROPERTY TEST_INCLUDE_FILES)
    list(POP_BACK includes discovered)
    set(script "${CMAKE_CURRENT_BINARY_DIR}/${arg_NAME}_labels.cmake")
    string(CONFIGURE [=[
if(EXISTS "$<TARGET_FILE:@arg_NAME@>")
  include("@discovered@")
  if(@arg_NAME@_TESTS)
    set_tests_properties(${@arg_NAME@_TESTS} PROPERTIES LABELS "@labels@"
      SKIP_REGULAR_EXPRESSION "@GONGHUI_NOT_SHOWN@")
  endif()
endif()
]=] content @ONLY)
    file(GENERATE OUTPUT "${script}" CONTENT "${content}")
    set_property(DIRECTORY PROPERTY TEST_INCLUDE_FILES ${includes} "${script}")
  endif()
endfunction()

# A Google Benchmark program, run small in ctest: a benchmark checks its own
# answer, so the smoke run is a test of it.
function(gh_bench)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;TIMEOUT_S" "SRCS;DEPS;SMOKE_ARGS")
  _gh_no_leftovers(gh_bench "${arg_NAME}" "${arg_UNPARSED_ARGUMENTS}")
  if(NOT arg_TIMEOUT_S)
    set(arg_TIMEOUT_S 300)
  endif()
  add_executable(${arg_NAME} ${arg_SRCS})
  target_link_libraries(${arg_NAME} PRIVATE gonghui_options gonghui_warnings ${arg_DEPS}
    benchmark::benchmark benchmark::benchmark_main)
  set_target_properties(${arg_NAME} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
  add_test(NAME ${arg_NAME} COMMAND ${arg_NAME} --benchmark_min_time=0.01 ${arg_SMOKE_ARGS})
  set_tests_properties(${arg_NAME} PROPERTIES LABELS bench-smoke TIMEOUT ${arg_TIMEOUT_S})
endfunction()

# A fuzz target: NAME is WHAT_fuzz, SRCS define LLVMFuzzerTestOneInput, and the note of
# NAME.cc begins with the line "// WHAT: ", by which tools/fuzz finds and explains it.
# Its inputs are in corpus/NAME and, once there are any, regressions/NAME; beside NAME.cc
# may stand NAME.dict and NAME.options, libFuzzer's dictionary and arguments.  In the fuzz
# preset, which tools/check runs too, it is a libFuzzer program; in every other one its
# inputs are replayed as a test, so that what once crashed stays mended.
function(gh_fuzz)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "SRCS;DEPS")
  _gh_no_leftovers(gh_fuzz "${arg_NAME}" "${arg_UNPARSED_ARGUMENTS}")
  string(REGEX REPLACE "_fuzz$" "" what "${arg_NAME}")
  file(STRINGS "${arg_NAME}.cc" title REGEX "^// ${what}: .")
  if(NOT title OR NOT arg_NAME MATCHES "_fuzz$")
    message(FATAL_ERROR "gh_fuzz(NAME ${arg_NAME}): ${arg_NAME}.cc has no line \"// ${what}: ...\" "
      "that says what it reads")
  endif()
  if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/corpus/${arg_NAME}")
    message(FATAL_ERROR "gh_fuzz(NAME ${arg_NAME}): it has no corpus/${arg_NAME}")
  endif()
  add_executable(${arg_NAME} ${arg_SRCS})
  target_link_libraries(${arg_NAME} PRIVATE gonghui_options gonghui_warnings ${arg_DEPS})
  if(GONGHUI_FUZZ)
    target_link_options(${arg_NAME} PRIVATE -fsanitize=fuzzer)
    set_target_properties(${arg_NAME} PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
    add_dependencies(gonghui_fuzzers ${arg_NAME})
    return()
  endif()
  target_sources(${arg_NAME} PRIVATE "${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cc")
  add_test(NAME fuzz/${arg_NAME} COMMAND ${arg_NAME}
    "${CMAKE_CURRENT_SOURCE_DIR}/corpus/${arg_NAME}"
    "${CMAKE_CURRENT_SOURCE_DIR}/regressions/${arg_NAME}")
  set_tests_properties(fuzz/${arg_NAME} PROPERTIES LABELS fuzz TIMEOUT 120)
endfunction()

function(_gh_no_leftovers function name leftovers)
  if(leftovers)
    message(FATAL_ERROR "${function}(NAME ${name}): do not know what to do with: ${leftovers}")
  endif()
endfunction()
