// Another number format for a module that is loaded: all of its floating-point tensors, wherever they are.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

namespace node_libtorch::engine {

// Converts parameters, buffers, tensors in lists, dicts, tuples and objects that attributes hold, and the
// constants of the graphs. Tensors that shared their memory share it afterwards. Must come before the first
// run. Returns warnings about what stays as it is.
std::vector<std::string> convert_floating_point(const torch::jit::Module& module, at::ScalarType dtype);

}  // namespace node_libtorch::engine
