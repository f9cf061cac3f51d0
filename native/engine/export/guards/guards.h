// What some of LibTorch's kernels do not check themselves: a file, or an input, could make them read and
// write past the end of their memory, never end, or end the process. scripts/check/operator_faults.py finds
// them.
#pragma once

#include <ATen/core/ivalue.h>

#include <string_view>
#include <vector>

namespace node_libtorch::engine {

// Looks at the arguments of a call, all of them by their schema; throws c10::Error, as kernels do.
using Guard = void (*)(const std::vector<c10::IValue>& args);

// The guard of an operator, "aten::_fft_c2r" or "aten::lstm.input"; nothing if its kernels check all.
Guard find_guard(std::string_view name);

}  // namespace node_libtorch::engine
