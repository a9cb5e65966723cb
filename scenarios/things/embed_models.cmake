# Writes a source file that holds every built-in model's text. Run as a script:
#   cmake -DROOT=<this folder> -DMODELS=<sector/name;...> -DOUTPUT=<file> -P embed_models.cmake
set(texts "")
foreach(model IN LISTS MODELS)
  file(READ ${ROOT}/${model}.tm.jsonld text)
  get_filename_component(sector ${model} DIRECTORY)
  get_filename_component(name ${model} NAME)
  string(APPEND texts "    builtin_text{\"${name}\", \"${sector}\", R\"__tm__(${text})__tm__\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Made from the .tm.jsonld files by embed_models.cmake.
#include <array>

#include \"scenarios/things/catalogue.hpp\"

namespace wanwu::things {

namespace {
constexpr std::array table{
${texts}};
}  // namespace

std::span<const builtin_text> builtin_models() noexcept { return table; }

}  // namespace wanwu::things
")
