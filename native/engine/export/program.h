// What an exported program takes and gives: the signature of its file, without the graph.
#pragma once

#include <ATen/core/jit_type.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/export/json.h"
#include "engine/value.h"

namespace node_libtorch::engine {

struct ProgramSignature {
  // Weights in the order of the graph's inputs: what the graph calls each, and what the file's lists do.
  std::vector<std::pair<std::string, std::string>> weights;
  // Inputs that only order what has effects: the flat plan has its order already.
  std::vector<std::string> tokens;
  // Whether each input of the graph that is no weight is given by the caller, in order.
  std::vector<bool> is_given;
  // By the place in the graph's outputs: the weight that the value is written to at the end of a run.
  std::map<size_t, std::string> updates;
  // Places in the graph's outputs of what the caller gets.
  std::vector<size_t> results;
  // As TypeScript reads it: see src/engines/export.
  Value description;
  std::string in_spec;
  std::string out_spec;
  // Names of the inputs that the caller gives, in order.
  std::vector<std::string> input_names;
  std::vector<c10::TypePtr> input_types;
};

// Throws ERR_MODEL_FORMAT, for another version of the schema too.
ProgramSignature read_signature(const Json& program);

}  // namespace node_libtorch::engine
