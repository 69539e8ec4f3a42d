# What the documentation says is held to the source and to the program: each of these fails when the
# two differ.
set(config_file ${PROJECT_SOURCE_DIR}/config/ifpulse.json)

add_test(NAME docs_data_is_current COMMAND ${CMAKE_CURRENT_LIST_DIR}/data-tables --check)

add_test(NAME config_default_is_valid COMMAND ifpulse check-config ${config_file})

add_executable(config_defaults_check ${CMAKE_CURRENT_LIST_DIR}/config_defaults_check.c)
target_link_libraries(config_defaults_check PRIVATE config)
add_test(NAME config_default_is_the_default COMMAND config_defaults_check ${config_file})

add_test(NAME config_readme_is_current
  COMMAND node --test-reporter=tap ${CMAKE_CURRENT_LIST_DIR}/config_readme.test.mjs)

add_test(NAME docs_clients_work
  COMMAND node --test-reporter=tap ${CMAKE_CURRENT_LIST_DIR}/clients.test.mjs)

set_tests_properties(docs_data_is_current config_default_is_valid config_default_is_the_default
  config_readme_is_current docs_clients_work
  PROPERTIES LABELS unit TIMEOUT 60
  ENVIRONMENT "IFPULSE=$<TARGET_FILE:ifpulse>;IFPULSE_FAKE=$<TARGET_FILE:ifpulse-fake>"
  FAIL_REGULAR_EXPRESSION "ERROR: (Address|Leak|Thread)Sanitizer|WARNING: ThreadSanitizer|runtime error:")
set_tests_properties(docs_clients_work PROPERTIES LABELS integration TIMEOUT 240)
