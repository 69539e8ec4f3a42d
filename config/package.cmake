# What an installed ifpulse has beside the program and its page, and the Debian package of both:
#
#   cpack --config build/release/CPackConfig.cmake -B build/package
#
# The unit names where the program is. That is known only when it is installed, since --prefix can
# say so then, and CPack does; for /usr the configuration is in /etc.
install(CODE "
  set(bindir \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
  set(sysconfdir \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_SYSCONFDIR}\")
  if(CMAKE_INSTALL_PREFIX STREQUAL \"/usr\")
    set(sysconfdir /etc)
  endif()
  configure_file(${CMAKE_CURRENT_LIST_DIR}/ifpulse.service.in
                 ${PROJECT_BINARY_DIR}/ifpulse.service @ONLY)
  file(INSTALL ${PROJECT_BINARY_DIR}/ifpulse.service
       DESTINATION \"\${CMAKE_INSTALL_PREFIX}/lib/systemd/system\")
  file(INSTALL ${CMAKE_CURRENT_LIST_DIR}/ifpulse.json DESTINATION \"\${sysconfdir}/ifpulse\")"
  COMPONENT server)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/nginx.conf ${CMAKE_CURRENT_LIST_DIR}/Caddyfile
        ${CMAKE_CURRENT_LIST_DIR}/prometheus.yml ${CMAKE_CURRENT_LIST_DIR}/grafana-dashboard.json
        DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples COMPONENT server)

# --- the package: the program, not the library ---

find_program(GZIP gzip)
set(documents ${PROJECT_BINARY_DIR}/debian)
file(WRITE ${documents}/changelog
"ifpulse (${PROJECT_VERSION}) unstable; urgency=medium

  * Version ${PROJECT_VERSION}, packaged from its source.

 -- the ifpulse authors <authors@ifpulse.invalid>  Thu, 01 Jan 2026 00:00:00 +0000
")
file(COPY_FILE ${CMAKE_CURRENT_LIST_DIR}/debian/copyright ${documents}/copyright)
if(GZIP)
  execute_process(COMMAND ${GZIP} -9nf ${documents}/changelog COMMAND_ERROR_IS_FATAL ANY)
  install(FILES ${documents}/changelog.gz ${documents}/copyright
          DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/ifpulse COMPONENT debian EXCLUDE_FROM_ALL)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ifpulse)
set(CPACK_PACKAGE_CONTACT "the ifpulse authors <authors@ifpulse.invalid>")
set(CPACK_SET_DESTDIR ON) # else the unit would be told the folder in which the package is made
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL server debian)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "network monitor in a browser, as a stream and as REST")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"ifpulse shows what a machine's network is doing, live, and streams the same
to any program: rates, counters and errors of each interface, every
connection with its process, and who moved how many bytes. It serves one
page, a WebSocket stream of what changed, and REST, on loopback unless
configured otherwise.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${CMAKE_CURRENT_LIST_DIR}/debian/conffiles ${CMAKE_CURRENT_LIST_DIR}/debian/postinst
  ${CMAKE_CURRENT_LIST_DIR}/debian/prerm ${CMAKE_CURRENT_LIST_DIR}/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
