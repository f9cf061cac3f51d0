#include "engine/description.h"

#include <cmath>

#include "engine/error.h"

namespace node_libtorch::engine::description {

void malformed(const std::string& wanted) {
  throw EngineError("ERR_INVALID_ARGUMENT", "Expected " + wanted + " in the description of a package");
}

const Value* find_member(const Value& value, std::string_view name) {
  const Dict& members = dict(value);
  for (size_t i = 0; i < members.keys.size(); ++i) {
    const auto* key = std::get_if<std::string>(&members.keys[i].data);
    if (key == nullptr || *key != name) continue;
    const Value& found = members.values[i];
    return std::holds_alternative<std::monostate>(found.data) ? nullptr : &found;
  }
  return nullptr;
}

const Value& member(const Value& value, std::string_view name) {
  if (const Value* found = find_member(value, name)) return *found;
  malformed(std::string(name));
}

const std::string& text(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value.data)) return *text;
  malformed("a string");
}

const List& list(const Value& value) {
  if (const auto* list = std::get_if<List>(&value.data)) return *list;
  malformed("an array");
}

const Dict& dict(const Value& value) {
  if (const auto* dict = std::get_if<Dict>(&value.data)) return *dict;
  malformed("an object");
}

int64_t integer(const Value& value, int64_t min, int64_t max) {
  const auto* number = std::get_if<double>(&value.data);
  if (number == nullptr || std::trunc(*number) != *number || *number < static_cast<double>(min) ||
      *number > static_cast<double>(max)) {
    malformed("an integer in its bounds");
  }
  return static_cast<int64_t>(*number);
}

std::vector<std::string> texts(const Value& value) {
  std::vector<std::string> found;
  for (const Value& item : list(value)) found.push_back(text(item));
  return found;
}

}  // namespace node_libtorch::engine::description
