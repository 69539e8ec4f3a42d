# One test source against every backend: the contract of platform.h, sentence by sentence.
set(linux_backend monitor_linux PkgConfig::MNL)
set(fake_backend monitor_fake)
set(darwin_backend monitor_darwin_sys) # with the rest of that backend, where there is macOS to ask
foreach(backend linux fake darwin)
  list(GET ${backend}_backend 0 layer)
  if(TARGET ${layer})
    set(name conformance_${backend})
    add_executable(${name} ${CMAKE_CURRENT_LIST_DIR}/test_platform.c)
    target_compile_options(${name} PRIVATE -Wno-missing-prototypes)
    target_link_libraries(${name} PRIVATE monitor ${${backend}_backend} monitor PkgConfig::CRITERION m)
    add_test(NAME ${name} COMMAND ${name} --jobs 2)
    set_tests_properties(${name} PROPERTIES LABELS conformance TIMEOUT 60
      FAIL_REGULAR_EXPRESSION "${SANITIZER_REPORT}")
  endif()
endforeach()
