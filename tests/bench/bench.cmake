# Built with everything else, so that they keep compiling; run by script/bench alone, never by ctest.
# They measure beside what Linux alone has.
if(TARGET monitor_linux)
  foreach(name open_sockets bare_dump bare_send ws_clients)
    add_executable(${name} bench/${name}.c)
  endforeach()
  foreach(name bench_tick bench_owners)
    add_executable(${name} bench/${name}.c)
    target_link_libraries(${name} PRIVATE stream monitor monitor_linux monitor PkgConfig::MNL)
  endforeach()
endif()
