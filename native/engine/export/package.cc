#include "engine/export/package.h"

#include "engine/description.h"

namespace node_libtorch::engine {
namespace {

using description::find_member;
using description::integer;
using description::list;
using description::malformed;
using description::member;

Part part_of(const Value& value, size_t size) {
  const List& numbers = list(value);
  if (numbers.size() != 2) malformed("offset and size of a part");
  Part part;
  part.offset = static_cast<size_t>(integer(numbers[0], 0, static_cast<int64_t>(size)));
  part.size = static_cast<size_t>(integer(numbers[1], 0, static_cast<int64_t>(size - part.offset)));
  return part;
}

std::optional<Part> optional_part(const Value& value, std::string_view name, size_t size) {
  const Value* part = find_member(value, name);
  if (part == nullptr) return std::nullopt;
  return part_of(*part, size);
}

}  // namespace

ExportedPackage read_exported_package(const Value& value, size_t size) {
  ExportedPackage package;
  package.json = part_of(member(value, "json"), size);
  package.weights = optional_part(value, "weights", size);
  package.constants = optional_part(value, "constants", size);
  const Dict& files = description::dict(member(value, "files"));
  for (size_t i = 0; i < files.keys.size(); ++i) {
    package.files.emplace(description::text(files.keys[i]), part_of(files.values[i], size));
  }
  if (const Value* names = find_member(value, "passesLeftOut")) {
    package.passes_left_out = description::texts(*names);
  }
  return package;
}

}  // namespace node_libtorch::engine
