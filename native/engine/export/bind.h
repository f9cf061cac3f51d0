// From the JSON of a graph to its plan: names become slots, targets operators, and arguments are bound to the
// operator's schema with its defaults.
#pragma once

#include <c10/core/Device.h>

#include <string>
#include <unordered_map>

#include "engine/export/bind_report.h"
#include "engine/export/json.h"
#include "engine/export/plan.h"

namespace node_libtorch::engine {

// `constants`: what stands for names of the graph's inputs that are weights. The other inputs get slots.
// Throws ERR_MODEL_FORMAT; what is unknown or forbidden is in the report instead, and the graph is of no use.
Graph bind_graph(const Json& graph, const c10::Device& device,
                 const std::unordered_map<std::string, c10::IValue>& constants, BindReport& report);

}  // namespace node_libtorch::engine
