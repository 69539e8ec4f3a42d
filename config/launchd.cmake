# What an installed ifpulse has on macOS beside the program and its page. Where the program is, is
# known only when it is installed, as --prefix can say so then. The file is not put where launchd
# looks: who it is to run as is for its user to decide (docs/macos.md).
install(CODE "
  set(bindir \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
  string(REPLACE \"&\" \"&amp;\" bindir \"\${bindir}\")
  string(REPLACE \"<\" \"&lt;\" bindir \"\${bindir}\")
  configure_file(\"${CMAKE_CURRENT_LIST_DIR}/io.ifpulse.plist.in\"
                 \"${PROJECT_BINARY_DIR}/io.ifpulse.plist\" @ONLY)"
  COMPONENT server)
install(FILES ${PROJECT_BINARY_DIR}/io.ifpulse.plist ${CMAKE_CURRENT_LIST_DIR}/ifpulse.json
        DESTINATION ${CMAKE_INSTALL_DATADIR}/ifpulse COMPONENT server)
