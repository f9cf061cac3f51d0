// What an operator's time may hang on beside the shapes and dtypes of its arguments.
#pragma once

#include <ATen/core/function_schema.h>

namespace node_libtorch::engine {

// One of a positive list: its time and the shapes of its results follow from its arguments' shapes and
// numbers, it hands no element of a tensor to the program, and it waits for nobody. What is not on the list
// may be all of that, too; nobody has looked.
bool is_bounded_operator(const c10::FunctionSchema& schema);

}  // namespace node_libtorch::engine
