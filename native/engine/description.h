// Reads what JavaScript says of a package it has checked: dicts of texts, whole numbers and lists. Everything
// throws ERR_INVALID_ARGUMENT for what is not as expected.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/value.h"

namespace node_libtorch::engine::description {

// `wanted`: what was expected, as the rest of a sentence.
[[noreturn]] void malformed(const std::string& wanted);

// Null where the dict does not have it, or has null.
const Value* find_member(const Value& value, std::string_view name);
const Value& member(const Value& value, std::string_view name);

const std::string& text(const Value& value);
const List& list(const Value& value);
const Dict& dict(const Value& value);
int64_t integer(const Value& value, int64_t min, int64_t max);
std::vector<std::string> texts(const Value& value);

}  // namespace node_libtorch::engine::description
