# The formal descriptions of the interface are part of the program, so that what it serves of itself is
# never that of another version: each file of docs becomes an array of bytes in a header.
foreach(name openapi asyncapi schema)
  set(file ${PROJECT_SOURCE_DIR}/docs/${name}.yaml)
  set(header ${CMAKE_CURRENT_BINARY_DIR}/descriptions/${name}.h)
  add_custom_command(OUTPUT ${header}
    COMMAND ${CMAKE_COMMAND} -DNAME=${name}_yaml -DOBJECT=${file} -DHEADER=${header}
            -P ${CMAKE_CURRENT_SOURCE_DIR}/embed.cmake
    DEPENDS ${file} ${CMAKE_CURRENT_SOURCE_DIR}/embed.cmake)
  target_sources(serve PRIVATE ${header})
endforeach()
target_include_directories(serve PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/descriptions)
