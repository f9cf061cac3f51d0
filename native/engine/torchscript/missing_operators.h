// The operators that an archive's code calls and this process does not have.
#pragma once

#include <caffe2/serialize/read_adapter_interface.h>

#include <memory>
#include <string>

namespace node_libtorch::engine {

// For people: "the operator a::b" or "the operators a::b, c::d". Empty when `error`, of a load, is about
// something else. LibTorch names the first one only; the archive's code is searched for the others.
std::string missing_operators(const std::string& error,
                              const std::shared_ptr<caffe2::serialize::ReadAdapterInterface>& archive);

}  // namespace node_libtorch::engine
