// Opens a library in a copy of this process first.
#pragma once

#include <optional>
#include <string>

namespace node_libtorch::engine {

// What goes wrong when the library is opened as things stand: the linker's message, what an initializer
// threw, or the signal that ended the copy. Empty when nothing does, and where processes cannot be copied.
std::optional<std::string> rehearse_opening(const std::string& path);

}  // namespace node_libtorch::engine
