// From the JSON of a graph to its plan: names become slots, targets operators, and arguments are bound to the
// operator's schema with its defaults.
#pragma once

#include <c10/core/Device.h>

#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/export/json.h"
#include "engine/export/plan.h"

namespace node_libtorch::engine {

// What is found out on the way.
struct BindReport {
  // Operators that are not there or not allowed, with the reason: all of them are told at once.
  std::set<std::string> unknown;
  std::set<std::string> forbidden;
  // All tensors that are bound as constants.
  std::shared_ptr<const std::unordered_set<const c10::TensorImpl*>> weights;
  size_t nodes = 0;
  bool random = false;
};

// `constants`: what stands for names of the graph's inputs that are weights. The other inputs get slots.
// Throws ERR_MODEL_FORMAT; what is unknown or forbidden is in the report instead, and the graph is of no use.
Graph bind_graph(const Json& graph, const c10::Device& device,
                 const std::unordered_map<std::string, c10::IValue>& constants, BindReport& report);

}  // namespace node_libtorch::engine
