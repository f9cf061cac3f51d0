// What compiled code says when it fails: it prints to standard error, and its messages carry paths of the
// machine that compiled it. Neither belongs into an application's output.
#pragma once

#include <functional>
#include <string>

namespace node_libtorch::engine {

// Runs `body` while what this thread writes to std::cerr is dropped. What it throws comes out as an
// EngineError of the code that fits (`fallback_code` by default) without paths.
void without_paths(const char* fallback_code, const std::function<void()>& body);

// Every absolute path replaced by its last part.
std::string scrub_paths(const std::string& text);

}  // namespace node_libtorch::engine
