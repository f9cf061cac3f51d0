#include "engine/library_fault.h"

#ifndef _WIN32
#include <cxxabi.h>
#endif
#include <torch/headeronly/version.h>

#include <array>
#include <cstdlib>
#include <string_view>

namespace node_libtorch::engine {
namespace {

constexpr std::string_view kUndefined = "undefined symbol: ";
constexpr std::string_view kMissing = ": cannot open shared object file";

constexpr std::array<std::string_view, 7> kCudaLibraries{
    "libtorch_cuda", "libc10_cuda", "libcuda", "libcu", "libnv", "libnccl", "libtorch_nvshmem"};

bool is_of_cuda(std::string_view name) {
  for (const std::string_view beginning : kCudaLibraries) {
    if (name.substr(0, beginning.size()) == beginning) return true;
  }
  return false;
}

#ifdef _WIN32
std::string demangled(const std::string& symbol) { return symbol; }
#else
std::string demangled(const std::string& symbol) {
  int status = 0;
  char* text = abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status);
  const std::string readable = status == 0 ? text : symbol;
  std::free(text);
  return readable;
}
#endif

const std::string kCudaAdvice =
    "which comes with CUDA: the library was built for it (as PyPI's torchvision is), and needs a LibTorch "
    "with "
    "the CUDA libraries";

std::string explain_symbol(std::string symbol) {
  symbol = symbol.substr(0, symbol.find_first_of(",\n "));
  const std::string readable = demangled(symbol);
  const bool cuda = readable.find("cuda") != std::string::npos || readable.find("CUDA") != std::string::npos;
  return "needs the symbol " + readable + ", " +
         (cuda ? kCudaAdvice
               : "which no loaded library has: it was compiled for another LibTorch than this " TORCH_VERSION
                 ", or needs a library that it does not name");
}

std::string explain_library(const std::string& name) {
  if (is_of_cuda(name)) return "needs " + name + ", " + kCudaAdvice;
  if (name.rfind("libtorch_python", 0) == 0) {
    return "needs " + name + ", which only Python has: link it to libtorch_cpu and libc10 alone";
  }
  if (name.rfind("libtorch.", 0) == 0) {
    return "needs " + name + ", which was not found: link it to libtorch_cpu and libc10 alone";
  }
  return "needs " + name + ", which was not found";
}

}  // namespace

std::string explain_library_fault(const std::string& linker_message) {
  const size_t symbol = linker_message.find(kUndefined);
  if (symbol != std::string::npos) return explain_symbol(linker_message.substr(symbol + kUndefined.size()));
  const size_t missing = linker_message.find(kMissing);
  if (missing != std::string::npos) return explain_library(linker_message.substr(0, missing));
  for (const char* sign : {"invalid ELF header", "file too short", "wrong ELF class", "mach-o"}) {
    if (linker_message.find(sign) != std::string::npos) return "is no shared library of this platform";
  }
  return "could not be opened: " + linker_message;
}

}  // namespace node_libtorch::engine
