// From a file's bytes to what runs.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/export/plan.h"
#include "engine/export/program.h"
#include "engine/model.h"

namespace node_libtorch::engine {

struct LoadedProgram {
  ProgramSignature signature;
  Graph graph;
  ModelInfo info;
  // Weights that runs write to, and the outputs of the graph that are written to them at the end of a run.
  std::vector<at::Tensor> written;
  std::vector<std::pair<size_t, at::Tensor>> updates;
};

LoadedProgram load_program(const LoadRequest& request, const DeviceChoice& choice);

}  // namespace node_libtorch::engine
