#include "engine/runtime_info.h"

#include <ATen/Context.h>
#include <ATen/Version.h>
#include <torch/headeronly/version.h>

#include <string>

#include "engine/device/cpu.h"
#include "engine/device/device.h"
#include "engine/operators.h"

namespace node_libtorch::engine {
namespace {

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

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

void manual_seed(uint64_t seed) { at::manual_seed(seed); }

}  // namespace node_libtorch::engine
