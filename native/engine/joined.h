// Names in a sentence: "a, b, c".
#pragma once

#include <string>

namespace node_libtorch::engine {

template <typename Names>
std::string joined(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace node_libtorch::engine
