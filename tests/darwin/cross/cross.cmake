# The cross build for macOS, as a test each for its two kinds of machines; that for arm64 also
# compiles and links the tests which a Mac can run. A test that runs what was built says
# FIXTURES_REQUIRED macos_x86_64.
foreach(arch arm64 x86_64)
  set(name macos_cross_${arch})
  add_test(NAME ${name} COMMAND ${CMAKE_CURRENT_LIST_DIR}/cross-test ${arch} $<TARGET_FILE:libifpulse>)
  set_tests_properties(${name} PROPERTIES LABELS "conformance;release-only" TIMEOUT 600
    SKIP_RETURN_CODE 77 COST 200 FIXTURES_SETUP macos_${arch})
endforeach()
