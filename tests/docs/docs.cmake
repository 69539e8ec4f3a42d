# What the documentation says is held to the source and to the program: each of these fails when the
# two differ.
set(config_file ${PROJECT_SOURCE_DIR}/config/ifpulse.json)
set(here ${CMAKE_CURRENT_LIST_DIR})

# docs_test(NAME LABEL COMMAND...)
function(docs_test name label)
  add_test(NAME ${name} COMMAND ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS "${label}" TIMEOUT 240
    ENVIRONMENT "IFPULSE=$<TARGET_FILE:ifpulse>;IFPULSE_FAKE=$<TARGET_FILE:ifpulse-fake>;FOLLOW=$<TARGET_FILE:follow>"
    FAIL_REGULAR_EXPRESSION "ERROR: (Address|Leak|Thread)Sanitizer|WARNING: ThreadSanitizer|runtime error:")
endfunction()

docs_test(docs_are_current unit ${here}/generate --check)
docs_test(docs_descriptions_are_right unit node --test-reporter=tap ${here}/descriptions.test.mjs)
docs_test(docs_words_are_named unit node --test-reporter=tap ${here}/words.test.mjs)
docs_test(docs_clients_work "integration;release-only" node --test-reporter=tap ${here}/clients.test.mjs)
docs_test(config_default_is_valid unit ifpulse check-config ${config_file})
docs_test(config_readme_is_current unit node --test-reporter=tap ${here}/config_readme.test.mjs)

add_executable(config_defaults_check ${here}/config_defaults_check.c)
target_link_libraries(config_defaults_check PRIVATE config)
docs_test(config_default_is_the_default unit config_defaults_check ${config_file})

# Programs that know nothing of sanitizers cannot load a library that does.
if(NOT IFPULSE_SANITIZE)
  docs_test(docs_c_programs_work integration ${here}/c-programs ${PROJECT_BINARY_DIR})
endif()
