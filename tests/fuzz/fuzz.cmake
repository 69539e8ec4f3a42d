# Each tests/fuzz/fuzz_*.c is one target. Where the compiler is told to instrument for libFuzzer (the
# preset "fuzz", by script/fuzz) it is a fuzzer; elsewhere it replays the inputs that are kept, as a
# test.
if(NOT TARGET monitor_linux)
  return()
endif()
set(fuzz ${CMAKE_CURRENT_LIST_DIR})
add_library(fuzz_support STATIC ${fuzz}/fuzz.c ${fuzz}/messages.c)
target_include_directories(fuzz_support PUBLIC ${fuzz})
target_link_libraries(fuzz_support PUBLIC config serve stream monitor_linux monitor_darwin_decode monitor
  PkgConfig::MNL PkgConfig::JANSSON PkgConfig::LIBWEBSOCKETS m)
add_custom_target(fuzzers DEPENDS darwin_scenario) # whose Macs are seeds

file(GLOB files CONFIGURE_DEPENDS ${fuzz}/fuzz_*.c)
foreach(file ${files})
  get_filename_component(name ${file} NAME_WE)
  string(REPLACE "fuzz_" "" kept ${name})
  add_executable(${name} ${file})
  target_link_libraries(${name} PRIVATE fuzz_support)
  add_dependencies(fuzzers ${name})
  if(IFPULSE_SANITIZE MATCHES "fuzzer")
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${name} PRIVATE ${fuzz}/replay.c)
    add_test(NAME ${name} COMMAND ${name} ${fuzz}/corpus/${kept} ${fuzz}/regressions/${kept})
    set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 120
      FAIL_REGULAR_EXPRESSION "${SANITIZER_REPORT}")
  endif()
endforeach()
