# Writes the files given in ASSETS ("name=path" each) into one C++ source as byte arrays: cmake -DOUT=... -DASSETS=... -P.
set(text "// Made by embed.cmake: the parts of the report page.\n#include \"reports/writers/web_assets.hpp\"\n\nnamespace wanwu::report {\n\n")
string(REPLACE "|" ";" ASSETS "${ASSETS}")
foreach(asset IN LISTS ASSETS)
  string(REGEX MATCH "^([^=]+)=(.*)$" _ "${asset}")
  set(name "${CMAKE_MATCH_1}")
  file(READ "${CMAKE_MATCH_2}" bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
  string(APPEND text "namespace {\nconstexpr char ${name}_bytes[] = {${bytes}};\n}\n"
    "std::string_view ${name}() { return {${name}_bytes, sizeof ${name}_bytes}; }\n\n")
endforeach()
string(APPEND text "}  // namespace wanwu::report\n")
file(WRITE "${OUT}" "${text}")
