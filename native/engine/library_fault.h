// What the dynamic linker's messages mean to somebody who has a library that does not open.
#pragma once

#include <string>

namespace node_libtorch::engine {

// The end of a sentence that begins with the library: which symbol or library it lacks, and where that would
// come from.
std::string explain_library_fault(const std::string& linker_message);

}  // namespace node_libtorch::engine
