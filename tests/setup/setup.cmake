# What a checkout is set up with, on systems other than this one too: packages, services, workflows.
# setup_test(NAME COMMAND...)
function(setup_test name)
  add_test(NAME setup_${name} COMMAND ${ARGN})
  set_tests_properties(setup_${name} PROPERTIES LABELS "unit;release-only" TIMEOUT 60)
endfunction()

setup_test(brew ${CMAKE_CURRENT_LIST_DIR}/brew-test)
setup_test(workflows node --test-reporter=tap ${CMAKE_CURRENT_LIST_DIR}/workflows.test.mjs)
setup_test(launchd python3 ${CMAKE_CURRENT_LIST_DIR}/launchd_test.py ${CMAKE_COMMAND} ${PROJECT_SOURCE_DIR})
