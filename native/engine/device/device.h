// Devices: what the loaded LibTorch can use, and where a model goes.
#pragma once

#include <string>

#include "engine/value.h"

namespace node_libtorch::engine {

struct DeviceChoice {
  std::string device;  // "cpu", "cuda:0", ...
  std::string reason;  // one sentence
};

// `wanted` is "auto", "cpu", "cuda" or "cuda:<index>". Throws ERR_INVALID_ARGUMENT for another text and
// ERR_DEVICE_UNAVAILABLE when CUDA is asked for by name and is not there.
DeviceChoice choose_device(const std::string& wanted);

// One dict per device: {name, type}.
List list_devices();

}  // namespace node_libtorch::engine
