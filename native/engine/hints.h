// What to do about the commonest mistakes, by what LibTorch says of them. Knows no LibTorch.
#pragma once

#include <string>
#include <string_view>

namespace node_libtorch::engine {

// Empty where nothing is known. `message` is one sentence of LibTorch's, without traces.
std::string hint_for(std::string_view message);

}  // namespace node_libtorch::engine
