# Test programs for macOS, made by the cross build and run by tests/darwin/loader. What there is of the
# Criterion library is criterion/.
set(programs ${CMAKE_CURRENT_LIST_DIR})
add_library(criterion_darwin STATIC ${programs}/criterion/criterion.c)
target_include_directories(criterion_darwin PUBLIC ${programs}/criterion)

add_executable(test_loader ${programs}/loader/test_loader.c)
target_link_libraries(test_loader PRIVATE criterion_darwin)

add_executable(conformance_darwin ${programs}/../conformance/test_platform.c)
target_compile_definitions(conformance_darwin PRIVATE UDP_BYTES=NETWORK_KNOWN)
target_link_libraries(conformance_darwin PRIVATE criterion_darwin monitor monitor_darwin_sys
  monitor_darwin monitor_darwin_decode monitor m)
