#include "engine/export/package.h"

#include <cmath>

#include "engine/error.h"

namespace node_libtorch::engine {
namespace {

[[noreturn]] void malformed(const char* what) {
  throw EngineError("ERR_INVALID_ARGUMENT",
                    std::string("Expected ") + what + " in the description of an exported program");
}

const Value* member(const Dict& dict, std::string_view name) {
  for (size_t i = 0; i < dict.keys.size(); ++i) {
    const auto* key = std::get_if<std::string>(&dict.keys[i].data);
    if (key == nullptr || *key != name) continue;
    const Value& value = dict.values[i];
    return std::holds_alternative<std::monostate>(value.data) ? nullptr : &value;
  }
  return nullptr;
}

size_t whole(const Value& value, size_t most) {
  const auto* number = std::get_if<double>(&value.data);
  if (number == nullptr || std::trunc(*number) != *number || *number < 0 ||
      *number > static_cast<double>(most)) {
    malformed("a part within the file");
  }
  return static_cast<size_t>(*number);
}

Part part_of(const Value& value, size_t size) {
  const auto* numbers = std::get_if<List>(&value.data);
  if (numbers == nullptr || numbers->size() != 2) malformed("offset and size of a part");
  Part part;
  part.offset = whole((*numbers)[0], size);
  part.size = whole((*numbers)[1], size - part.offset);
  return part;
}

std::optional<Part> optional_part(const Dict& dict, std::string_view name, size_t size) {
  const Value* value = member(dict, name);
  if (value == nullptr) return std::nullopt;
  return part_of(*value, size);
}

}  // namespace

ExportedPackage read_exported_package(const Value& value, size_t size) {
  const auto* dict = std::get_if<Dict>(&value.data);
  if (dict == nullptr) malformed("an object");
  ExportedPackage package;
  const std::optional<Part> json = optional_part(*dict, "json", size);
  if (!json) malformed("the graph");
  package.json = *json;
  package.weights = optional_part(*dict, "weights", size);
  package.constants = optional_part(*dict, "constants", size);
  const Value* files = member(*dict, "files");
  const auto* entries = files == nullptr ? nullptr : std::get_if<Dict>(&files->data);
  if (entries == nullptr) malformed("the files");
  for (size_t i = 0; i < entries->keys.size(); ++i) {
    const auto* name = std::get_if<std::string>(&entries->keys[i].data);
    if (name == nullptr) malformed("names of files");
    package.files.emplace(*name, part_of(entries->values[i], size));
  }
  const Value* left_out = member(*dict, "passesLeftOut");
  if (const auto* names = left_out == nullptr ? nullptr : std::get_if<List>(&left_out->data)) {
    for (const Value& name : *names) {
      if (const auto* text = std::get_if<std::string>(&name.data)) package.passes_left_out.push_back(*text);
    }
  }
  return package;
}

}  // namespace node_libtorch::engine
