# The page's tests: each file is one run of node's own test runner. Those of web/test/unit need no
# browser; those here drive Debian's Chromium, live.test.mjs with the real server in a network
# namespace of its own.
set(web ${PROJECT_SOURCE_DIR}/web)
set(browser ${CMAKE_CURRENT_LIST_DIR})

file(GLOB files CONFIGURE_DEPENDS ${web}/test/unit/*.test.js)
foreach(file ${files})
  get_filename_component(name ${file} NAME_WE)
  add_test(NAME page_${name} COMMAND ${NODE} --test ${file})
  set_tests_properties(page_${name} PROPERTIES LABELS "unit;release-only" TIMEOUT 180)
endforeach()

# The others drive the browser of a Debian system.
if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
  return()
endif()

# One browser at a time: each takes what a small machine has.
set(pages page connections line axe token served charts states settings export)
foreach(name ${pages})
  add_test(NAME browser_${name} COMMAND ${NODE} --test ${browser}/${name}.test.mjs)
endforeach()
add_test(NAME browser_live COMMAND ${NODE} ${browser}/support/isolated.mjs ${browser}/live.test.mjs)
list(TRANSFORM pages PREPEND browser_)
set_tests_properties(${pages} browser_live PROPERTIES
  LABELS browser TIMEOUT 600 RESOURCE_LOCK browser ENVIRONMENT "IFPULSE=$<TARGET_FILE:ifpulse>")

# What the page costs and looks like.
foreach(name speed soak pictures)
  add_test(NAME browser_${name} COMMAND ${NODE} --test ${browser}/${name}.test.mjs)
  set_tests_properties(browser_${name} PROPERTIES LABELS browser TIMEOUT 600 RESOURCE_LOCK browser
    ENVIRONMENT "IFPULSE_PICTURES=${CMAKE_BINARY_DIR}/pictures")
endforeach()
