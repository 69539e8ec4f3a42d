# Built with everything else, so that they keep compiling; run by script/bench alone, never by ctest.
foreach(name open_sockets bare_dump bare_send ws_clients)
  add_executable(${name} bench/${name}.c)
endforeach()
if(TARGET monitor_linux)
  add_executable(bench_tick bench/bench_tick.c)
  target_link_libraries(bench_tick PRIVATE stream monitor monitor_linux monitor PkgConfig::MNL)
endif()
