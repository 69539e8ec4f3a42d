# The Debian package of this build: made, looked over, and lived through on a copy of this system.
# A sanitizer's build is not one to package.
if(NOT IFPULSE_SANITIZE)
  add_test(NAME package COMMAND ${CMAKE_CURRENT_LIST_DIR}/package-test ${PROJECT_BINARY_DIR})
  set_tests_properties(package PROPERTIES LABELS integration TIMEOUT 240 SKIP_RETURN_CODE 77 COST 50)
endif()
