// A step that calls an operator: the operator by its name in the file, its arguments by the operator's
// schema.
#pragma once

#include "engine/export/arguments.h"
#include "engine/export/bind_report.h"
#include "engine/export/json.h"
#include "engine/export/plan.h"

namespace node_libtorch::engine {

// Fills in the operator of the step, its arguments with the defaults of the schema, and what a run has to
// look at. `inputs`: as the node of the file has them. False for an operator that is unknown or forbidden,
// which the report then names. Throws ERR_MODEL_FORMAT for arguments that the operator does not take.
bool bind_operator(Step& step, const Json::Array& inputs, const ArgumentReader& reader, BindReport& report);

}  // namespace node_libtorch::engine
