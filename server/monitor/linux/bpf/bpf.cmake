# The programs that run in the kernel: compiled by clang, built in as bytes, loaded by libbpf. Where
# either is missing they are left out, and owners are looked for in /proc.
find_program(CLANG clang)
pkg_check_modules(BPF IMPORTED_TARGET libbpf>=1.0)
set(bpf_folder ${CMAKE_CURRENT_LIST_DIR})

if(CLANG AND NOT DEFINED CLANG_HAS_BPF)
  execute_process(COMMAND ${CLANG} -target bpf -x c -c /dev/null -o /dev/null
    RESULT_VARIABLE failure OUTPUT_QUIET ERROR_QUIET)
  string(COMPARE EQUAL "${failure}" 0 has_bpf)
  set(CLANG_HAS_BPF ${has_bpf} CACHE INTERNAL "whether clang compiles for BPF")
endif()

# bpf_program(NAME): NAME.bpf.c becomes the array NAME_object of a header. Line numbers and the like
# name no folder of this machine. asm/types.h is in the folder of the machine's kind on Debian.
function(bpf_program name)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  set(header ${CMAKE_CURRENT_BINARY_DIR}/bpf/${name}_object.h)
  set(includes ${BPF_INCLUDE_DIRS} /usr/include/${CMAKE_LIBRARY_ARCHITECTURE})
  list(TRANSFORM includes PREPEND -I)
  add_custom_command(OUTPUT ${object} WORKING_DIRECTORY ${bpf_folder}
    COMMAND ${CLANG} -target bpf -O2 -g -fdebug-compilation-dir=. -Wall -Wextra -Werror
            ${includes} -c ${name}.bpf.c -o ${object}
    DEPENDS ${bpf_folder}/${name}.bpf.c ${bpf_folder}/kernel_fields.h ${bpf_folder}/records.h)
  add_custom_command(OUTPUT ${header}
    COMMAND ${CMAKE_COMMAND} -DNAME=${name}_object -DOBJECT=${object} -DHEADER=${header}
            -P ${CMAKE_CURRENT_SOURCE_DIR}/embed.cmake
    DEPENDS ${object} ${CMAKE_CURRENT_SOURCE_DIR}/embed.cmake)
  target_sources(monitor_linux PRIVATE ${header})
endfunction()

if(CLANG_HAS_BPF AND BPF_FOUND)
  message(STATUS "Owners by BPF: built in, with libbpf ${BPF_VERSION}")
  bpf_program(socket_holders)
  bpf_program(noted_owners)
  target_sources(monitor_linux PRIVATE
    ${bpf_folder}/bpf_loading.c ${bpf_folder}/task_files.c ${bpf_folder}/noted_owners.c)
  target_include_directories(monitor_linux PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/bpf)
  target_link_libraries(monitor_linux PRIVATE PkgConfig::BPF)
  list(APPEND platform_uses PkgConfig::BPF)
else()
  message(STATUS "Owners by BPF: left out; they take clang and libbpf 1.0 or later")
  target_sources(monitor_linux PRIVATE ${bpf_folder}/without_bpf.c)
endif()
