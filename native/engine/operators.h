// Libraries of custom operators: opened once for the whole process, which they then stay in.
#pragma once

#include <string>
#include <vector>

namespace node_libtorch::engine {

// Opens libraries in this order, each unless it is open already (the same file, by whatever path). Absolute
// paths of regular files only. Throws ERR_OPERATOR_LIBRARY, saying which library and what it lacks. Blocks:
// any thread but JavaScript's.
void open_operator_libraries(const std::vector<std::string>& paths);

// The libraries that are open, in the order in which they were opened. Never waits for one that is being
// opened.
std::vector<std::string> operator_libraries();

}  // namespace node_libtorch::engine
