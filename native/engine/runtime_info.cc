#include "engine/runtime_info.h"

#include <ATen/Version.h>
#include <torch/csrc/jit/runtime/print_handler.h>
#include <torch/headeronly/version.h>

#include <cstdio>
#include <string>

#include "engine/device/cpu.h"
#include "engine/device/device.h"
#include "engine/operators.h"

namespace node_libtorch::engine {
namespace {

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

void print_escaped(const std::string& text) {
  std::string line = "node-libtorch: model printed: ";
  for (const char c : text.substr(0, 4096)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      line += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
      line += escaped;
    } else {
      line += c;
    }
  }
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

Dict runtime_info() {
  List libraries;
  for (std::string& path : operator_libraries()) libraries.push_back({std::move(path)});
  return DictBuilder()
      .add("torchVersion", std::string(TORCH_VERSION))
      .add("cpuCapability", at::get_cpu_capability())
      .add("bfloat16", cpu_has_bfloat16())
      .add("mkl", first_line(at::get_mkl_version()))
      .add("onednn", first_line(at::get_mkldnn_version()))
      .add("openmp", first_line(at::get_openmp_version()))
      .add("devices", list_devices())
      .add("operatorLibraries", std::move(libraries))
      .build();
}

void redirect_model_output() { torch::jit::setPrintHandler(print_escaped); }

}  // namespace node_libtorch::engine
