#pragma once

#include <cstddef>
#include <string_view>

namespace node_libtorch::engine {

// How many bytes the UTF-8 character takes that begins at text[at]; 0 when none does: stray, cut or overlong
// bytes, surrogates, and what lies beyond Unicode.
size_t utf8_length(std::string_view text, size_t at) noexcept;

// Where the text stops being UTF-8; its size when it is all of it.
size_t utf8_end(std::string_view text) noexcept;

}  // namespace node_libtorch::engine
