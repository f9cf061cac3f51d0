// LibTorch's error texts made readable: the useful sentence first, the trace apart. Knows no LibTorch.
#pragma once

#include <string>

namespace node_libtorch::engine {

struct ErrorText {
  // What failed: the useful sentence.
  std::string message;
  // Where in the model's code; empty where the text had none.
  std::string trace;
  // What to do, for a common mistake; empty for any other.
  std::string hint;
};

// `text` as LibTorch or its interpreter throws it.
ErrorText readable(const std::string& text);

// True when the message is an allocator's own. Texts that only speak of memory are not.
bool is_out_of_memory(const std::string& message);

}  // namespace node_libtorch::engine
