# Writes a source file that holds every file of the suites that ship. Run as a script:
#   cmake -DROOT=<this folder> "-DFILES=<suite/name;...>" -DOUTPUT=<file> -P embed_suites.cmake
set(texts "")
foreach(path IN LISTS FILES)
  file(READ ${ROOT}/${path} text)
  get_filename_component(suite ${path} DIRECTORY)
  get_filename_component(name ${path} NAME)
  string(APPEND texts "    shipped_file{\"${suite}\", \"${name}\", R\"__suite__(${text})__suite__\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Made from scenarios/suites by embed_suites.cmake.
#include <array>

#include \"scenarios/conformance/shipped.hpp\"

namespace wanwu::conform {

namespace {
const std::array table{
${texts}};
}  // namespace

std::span<const shipped_file> shipped_files() noexcept { return table; }

}  // namespace wanwu::conform
")
