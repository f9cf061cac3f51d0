// An array of numbers in a JSON text, read without making JavaScript values of them.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace node_libtorch::binding {

struct JsonNumbers {
  size_t count;
  // Index behind the closing bracket.
  size_t end;
  // Of the numbers as double, before they are rounded to float.
  double min;
  double max;
};

// Reads the array that opens at text[begin] into `out`. Each number is what JSON.parse makes of it, rounded
// to float. Empty for anything but an array of 1 to `capacity` plain numbers: a caller then parses by other
// means.
std::optional<JsonNumbers> parse_json_numbers(std::string_view text, size_t begin, float* out,
                                              size_t capacity);

}  // namespace node_libtorch::binding
