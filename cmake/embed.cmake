# offing_embed(NAME...): puts web/dist/NAME into the module that is being described (src/web/assets.h finds it there).
# Without the bundles one can still build and test the C++ alone: the assets are then empty and a warning says so,
# unless OFFING_REQUIRE_WEB is on, as it is whenever ./dev configures.
option(OFFING_REQUIRE_WEB "Refuse to build a binary without the web bundles" OFF)

function(offing_embed)
  set(generated ${CMAKE_BINARY_DIR}/generated/${OFFING_LIB}_embedded.cc)
  foreach(name ${ARGN})
    set(file ${CMAKE_SOURCE_DIR}/web/dist/${name})
    if(EXISTS ${file})
      list(APPEND arguments ${name}=${file})
      list(APPEND files ${file})
    else()
      list(APPEND arguments ${name}=)
      list(APPEND missing web/dist/${name})
    endif()
  endforeach()
  if(missing)
    # The folder changes when web/dist appears, and then the build configures itself anew.
    set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web)
    list(JOIN missing ", " missing)
    if(OFFING_REQUIRE_WEB)
      message(FATAL_ERROR "Missing: ${missing}. Run ./dev build, which makes the web bundles first.")
    endif()
    message(WARNING "Missing, so embedded empty: ${missing}. Run ./dev build for a whole binary.")
  endif()
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  add_custom_command(
    OUTPUT ${generated}
    COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/embed.py ${generated} ${arguments}
    DEPENDS ${CMAKE_SOURCE_DIR}/tools/embed.py ${files}
    COMMENT "Embedding the web bundles"
    VERBATIM)
  target_sources(${OFFING_LIB} PRIVATE ${generated})
endfunction()
