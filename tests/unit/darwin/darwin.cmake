# The backend for macOS, on any system: its frameworks are those of tests/darwin/fake_frameworks.h.
file(GLOB fake_sources CONFIGURE_DEPENDS darwin/fake_*.c)
add_library(fake_frameworks STATIC ${fake_sources})
target_include_directories(fake_frameworks PUBLIC darwin)
target_link_libraries(fake_frameworks PRIVATE Threads::Threads)
foreach(name frameworks radios)
  criterion_test(unit unit/darwin/test_${name}.c monitor_darwin fake_frameworks)
  target_link_options(test_${name} PRIVATE -Wl,--wrap=dlopen,--wrap=dlsym)
endforeach()
target_link_options(test_radios PRIVATE
  -Wl,--wrap=clock_gettime,--wrap=pthread_create,--wrap=pthread_join)

# The same with a scripted kernel (kernel_script.h): the Macs of tests/darwin/scenario, a folder each.
file(GLOB scenario_sources CONFIGURE_DEPENDS darwin/scenario/*.c)
add_executable(darwin_scenario ${scenario_sources})
target_include_directories(darwin_scenario PRIVATE darwin/scenario)
target_link_libraries(darwin_scenario PRIVATE base)
set(DARWIN_SCENARIOS ${CMAKE_CURRENT_BINARY_DIR}/macs)
add_custom_command(OUTPUT ${DARWIN_SCENARIOS}/made
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${DARWIN_SCENARIOS}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${DARWIN_SCENARIOS}
  COMMAND sh -c "for name in $(./darwin_scenario); do mkdir $1/$name && ./darwin_scenario $1/$name $name || exit; done"
    -- ${DARWIN_SCENARIOS}
  COMMAND ${CMAKE_COMMAND} -E touch ${DARWIN_SCENARIOS}/made
  WORKING_DIRECTORY ${CMAKE_BINARY_DIR} DEPENDS darwin_scenario VERBATIM)
add_custom_target(darwin_scenarios ALL DEPENDS ${DARWIN_SCENARIOS}/made)
add_library(scripted_sys STATIC darwin/kernel_script.c darwin/scripted_sys.c)
target_include_directories(scripted_sys PUBLIC darwin)
target_link_libraries(scripted_sys PUBLIC monitor_darwin)
foreach(name links sockets routes ends prefixes platform)
  criterion_test(unit unit/darwin/test_darwin_${name}.c scripted_sys monitor_darwin scripted_sys monitor)
  target_include_directories(test_darwin_${name} PRIVATE darwin/scenario)
  target_compile_definitions(test_darwin_${name} PRIVATE DARWIN_SCENARIOS="${DARWIN_SCENARIOS}")
  add_dependencies(test_darwin_${name} darwin_scenarios)
endforeach()
