// One argument of a node for the type that the operator's schema has for it.
#pragma once

#include <ATen/core/jit_type.h>
#include <c10/core/Device.h>

#include <functional>
#include <string>
#include <vector>

#include "engine/export/json.h"
#include "engine/export/plan.h"

namespace node_libtorch::engine {

struct ArgumentReader {
  c10::Device device = c10::kCPU;
  // The slot or the constant that a name stands for. Throws for one that no earlier node has made.
  std::function<Arg(const std::string&)> named;

  // `type`: what the schema says; null where there is no schema. Throws ERR_MODEL_FORMAT.
  Arg read(const Json& argument, const c10::Type* type) const;
};

// Whether an operator may be called with it where its schema has this (real) type. LibTorch itself looks at
// some types only when it is called, and at some never.
bool fits(const Arg& arg, const c10::Type& type);

// A list of which nothing depends on the call is one fixed value.
Arg fixed_or_list(std::vector<Arg> items, ListOf list_of);

}  // namespace node_libtorch::engine
