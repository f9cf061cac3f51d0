// Memory of a model file. It goes back to the system when its last reader ends; no collection is needed.
#pragma once

#include <cstddef>
#include <memory>

namespace node_libtorch::binding {

class ArtifactMemory {
 public:
  // Throws ERR_OUT_OF_MEMORY.
  explicit ArtifactMemory(size_t bytes);

  void* data() const { return range_->data; }
  // Keeps the bytes, until it is dropped.
  std::shared_ptr<void> reader() const { return reader_; }
  // JavaScript reads the bytes no more: they go with their last reader, and zeros are there from then on. The
  // addresses stay until this object goes, so that a thread which JavaScript did not wait for reads no
  // others' memory.
  void release() { reader_.reset(); }

 private:
  struct Range {
    void* data;
    size_t bytes;
    ~Range();
  };

  std::shared_ptr<Range> range_;
  std::shared_ptr<void> reader_;
};

}  // namespace node_libtorch::binding
