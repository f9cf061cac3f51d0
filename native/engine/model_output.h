// What models say beside their results: print() and warnings.
#pragma once

#include <string>

namespace torch::jit {
struct Method;
}

namespace node_libtorch::engine {

// TorchScript's print() would write to the process's stdout; from here on it goes to stderr, one escaped line
// a call. Once for each process.
void redirect_prints();

// The same for warnings on this thread. In every thread that runs models.
void redirect_warnings_here() noexcept;

// The same for warnings on LibTorch's own threads, if the method has tasks for them (torch.jit.fork); it
// starts them.
void redirect_warnings_of_forks(const torch::jit::Method& method);

// One line without anything that a terminal or a log would take for more than text: control characters, line
// separators and bytes that are not UTF-8 as escapes, of the first 4,096 bytes.
std::string one_line(const std::string& text);

}  // namespace node_libtorch::engine
