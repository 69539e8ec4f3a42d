# Each tests/integration/*.test.mjs is one test: it starts the real server in a network namespace of
# its own and talks to it through npm's ws, Node's http and raw sockets. Exit 77: skipped, for want
# of namespaces.
file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.test.mjs)
foreach(file ${files})
  get_filename_component(name ${file} NAME_WE)
  # What takes a minute starts first, so that the rest runs beside it.
  set(cost 10)
  if(name MATCHES "^(abuse|close_codes|cpu_budget|pings|queries|slow_readers|state_equality|tokens)$")
    set(cost 100)
  endif()
  add_test(NAME integration_${name} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/in_namespace
    node --test-reporter=tap ${file})
  # These say nothing new of memory, and take long.
  set(labels integration)
  if(name MATCHES "^(cpu_budget|crowd|pings|python_client|queries)$")
    set(labels integration release-only)
  endif()
  set_tests_properties(integration_${name} PROPERTIES LABELS "${labels}" TIMEOUT 240
    SKIP_RETURN_CODE 77 FAIL_REGULAR_EXPRESSION "${SANITIZER_REPORT}"
    COST ${cost} ENVIRONMENT "IFPULSE=$<TARGET_FILE:ifpulse>;IFPULSE_FAKE=$<TARGET_FILE:ifpulse-fake>")
endforeach()
# Times are measured in it, so it runs alone.
set_tests_properties(integration_crowd PROPERTIES RUN_SERIAL ON)
