# The object code for macOS, run on this Linux by loader/ with the kernels of scenario/. Sanitizers see
# nothing of it: what they can see runs natively, in tests/unit/darwin and tests/conformance.
if(NOT CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64" OR IFPULSE_SANITIZE)
  return()
endif()
file(GLOB loader_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/loader/*.c)
list(FILTER loader_sources EXCLUDE REGEX "/test_")
add_executable(machrun ${loader_sources} ${CMAKE_CURRENT_LIST_DIR}/kernel_script.c)
# Programs find their functions in it by name.
target_link_options(machrun PRIVATE -Wl,--no-as-needed)
target_link_libraries(machrun PRIVATE fake_frameworks PkgConfig::LIBWEBSOCKETS m)

# macos_test(NAME COMMAND...): what the cross build made is in ${macos}.
set(macos ${CMAKE_SOURCE_DIR}/build/macos-x86_64)
function(macos_test name)
  add_test(NAME ${name} COMMAND ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS "conformance;release-only" TIMEOUT 120
    SKIP_RETURN_CODE 77 FIXTURES_REQUIRED macos_x86_64 ENVIRONMENT
    "MACHRUN=$<TARGET_FILE:machrun>;IFPULSE_KERNEL_SCRIPT=${DARWIN_SCENARIOS}/closing;IFPULSE_MACOS=${macos}/ifpulse;DARWIN_SCENARIO=$<TARGET_FILE:darwin_scenario>")
endfunction()
macos_test(macos_loader ${CMAKE_CURRENT_LIST_DIR}/loader/run ${macos}/test_loader)
macos_test(macos_conformance ${CMAKE_CURRENT_LIST_DIR}/loader/run ${macos}/conformance_darwin)
foreach(name snapshots captures serve)
  macos_test(macos_${name} node --test-reporter=tap ${CMAKE_CURRENT_LIST_DIR}/${name}.test.mjs)
endforeach()
