#include "engine/export/weights.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cstring>

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

#include "engine/error.h"
#include "engine/export/schema.h"

namespace node_libtorch::engine {
namespace {

using Tensors = std::unordered_map<std::string, at::Tensor>;

// Vector instructions and oneDNN want it; PyTorch aligns to as much when it writes a file.
constexpr size_t kAlignment = 64;

[[noreturn]] void malformed(const std::string& name, const std::string& what) {
  throw EngineError("ERR_MODEL_FORMAT", "Expected " + what + " for the weight \"" + name +
                                            "\" of the exported program; save it again");
}

std::vector<int64_t> fixed(const std::string& name, const std::vector<std::optional<int64_t>>& sizes) {
  std::vector<int64_t> known;
  for (const std::optional<int64_t>& size : sizes) {
    if (!size || *size < 0) malformed(name, "fixed sizes, strides and offset");
    known.push_back(*size);
  }
  return known;
}

// The bytes from the first element to the end of the last one; checked for overflow.
size_t extent(const std::string& name, const std::vector<int64_t>& sizes, const std::vector<int64_t>& strides,
              int64_t offset, size_t item) {
  uint64_t last = static_cast<uint64_t>(offset);
  bool is_empty = false;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 0) is_empty = true;
    uint64_t steps = 0;
    if (sizes[i] > 0 && __builtin_mul_overflow(static_cast<uint64_t>(sizes[i] - 1),
                                               static_cast<uint64_t>(strides[i]), &steps)) {
      malformed(name, "strides that a file can have");
    }
    if (__builtin_add_overflow(last, steps, &last)) malformed(name, "strides that a file can have");
  }
  // Of an expanded weight these are more than its bytes.
  int64_t elements = 1;
  for (const int64_t size : sizes) {
    if (__builtin_mul_overflow(elements, std::max<int64_t>(size, 1), &elements)) {
      malformed(name, "a size that a file can have");
    }
  }
  if (is_empty) return 0;
  uint64_t bytes = 0;
  if (__builtin_add_overflow(last, uint64_t{1}, &last) ||
      __builtin_mul_overflow(last, static_cast<uint64_t>(item), &bytes)) {
    malformed(name, "a size that a file can have");
  }
  return bytes;
}

// The file's memory stays as long as one weight is in use; the pages of the others go as soon as nobody needs
// them: a weight that was folded into another, or copied.
void give_back_pages([[maybe_unused]] uint8_t* data, [[maybe_unused]] size_t size) {
#if defined(__linux__)
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = (reinterpret_cast<uintptr_t>(data) + page - 1) / page * page;
  const uintptr_t end = (reinterpret_cast<uintptr_t>(data) + size) / page * page;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
#endif
}

// The bytes of one entry. Weights that share it share this: what one of them writes, all of them see.
c10::Storage storage_of(const Part& part, const FileBytes& file) {
  uint8_t* data = const_cast<uint8_t*>(file.data) + part.offset;  // nothing writes to it: see own_storage
  std::shared_ptr<void> owner = file.owner;
  if (reinterpret_cast<uintptr_t>(data) % kAlignment != 0) {
    owner = allocate_tensor_memory(part.size);
    std::memcpy(owner.get(), data, part.size);
    data = static_cast<uint8_t*>(owner.get());
    give_back_pages(const_cast<uint8_t*>(file.data) + part.offset, part.size);
  }
  const auto size = static_cast<int64_t>(part.size);
  const auto release = [owner, bytes = part.size](void* first) {
    give_back_pages(static_cast<uint8_t*>(first), bytes);
  };
  return at::from_blob(data, {size}, release, at::TensorOptions().dtype(at::kByte)).storage();
}

// PyTorch multiplies by a parameter that requires gradients in another way than by one that does not
// (should_fold of its matmul copies what is multiplied, so that there is one large product instead of many
// small ones), although there are no gradients in inference. To have its bits, and its speed, parameters are
// what they are in Python: tensors made outside of inference mode, since only views of those know that their
// base requires gradients.
at::Tensor marked(const at::Tensor& tensor, bool requires_grad) {
  if (!requires_grad || !tensor.is_floating_point()) return tensor;
  const c10::InferenceMode outside(false);
  at::Tensor parameter =
      at::empty({0}, tensor.options())
          .set_(tensor.storage(), tensor.storage_offset(), tensor.sizes(), tensor.strides());
  parameter.set_requires_grad(true);
  return parameter;
}

at::Tensor tensor_of(const std::string& name, const TensorMeta& meta, const c10::Storage& storage) {
  const std::vector<int64_t> sizes = fixed(name, meta.sizes);
  const std::vector<int64_t> strides = fixed(name, meta.strides);
  const int64_t offset = fixed(name, {meta.offset}).front();
  const size_t item = c10::elementSize(meta.dtype);
  const size_t wanted = extent(name, sizes, strides, offset, item);
  if (wanted > storage.nbytes()) {
    malformed(name, std::to_string(wanted) + " bytes and not " + std::to_string(storage.nbytes()));
  }
  const at::TensorOptions options = at::TensorOptions().dtype(meta.dtype);
  if (wanted == 0) return at::empty_strided(sizes, strides, options);
  return at::empty({0}, options).set_(storage, offset, sizes, strides);
}

void read_config(const ExportedPackage& package, const FileBytes& file, const Part& config,
                 const std::string& folder, Tensors& tensors) {
  std::unordered_map<std::string, c10::Storage> storages;
  const Json json = Json::parse(file.text(config), "the list of " + folder);
  for (const auto& [name, payload] : json.at("config").object("a list of weights")) {
    const Json* meta = payload.find("tensor_meta");
    if (payload.at("use_pickle").boolean("use_pickle") || meta == nullptr || meta->is_null()) {
      throw EngineError("ERR_MODEL_FORMAT",
                        "Expected raw bytes for the weight \"" + name +
                            "\" of the exported program but received a pickle, which is code and is never "
                            "read; it is a custom object or a subclass of Tensor: make it a plain tensor "
                            "before torch.export");
    }
    const std::string path = folder + "/" + payload.at("path_name").text("the path of a weight");
    const auto part = package.files.find(path);
    if (part == package.files.end()) {
      throw EngineError("ERR_MODEL_FORMAT", "Expected the entry " + path +
                                                " in the exported program, which has none; save it again");
    }
    auto storage = storages.find(path);
    if (storage == storages.end()) {
      storage = storages.emplace(path, storage_of(part->second, file)).first;
    }
    const TensorMeta read = read_tensor_meta(*meta);
    tensors.insert_or_assign(name, marked(tensor_of(name, read, storage->second), read.requires_grad));
  }
}

}  // namespace

Tensors read_weights(const ExportedPackage& package, const FileBytes& file) {
  Tensors tensors;
  if (package.weights) read_config(package, file, *package.weights, "data/weights", tensors);
  if (package.constants) read_config(package, file, *package.constants, "data/constants", tensors);
  return tensors;
}

void to_device(Tensors& tensors, const c10::Device& device) {
  if (device.is_cpu()) return;
  for (auto& [name, tensor] : tensors) tensor = marked(tensor.to(device), tensor.requires_grad());
}

void own_storage(Tensors& tensors, const std::vector<std::string>& names) {
  std::unordered_map<const c10::StorageImpl*, c10::Storage> copies;
  for (const std::string& name : names) {
    const c10::Storage& storage = tensors.at(name).storage();
    if (storage.nbytes() == 0 || copies.count(storage.unsafeGetStorageImpl()) > 0) continue;
    const auto size = static_cast<int64_t>(storage.nbytes());
    const at::Tensor bytes = at::empty({size}, at::TensorOptions().dtype(at::kByte));
    std::memcpy(bytes.mutable_data_ptr(), storage.data(), storage.nbytes());
    copies.emplace(storage.unsafeGetStorageImpl(), bytes.storage());
  }
  for (auto& [name, tensor] : tensors) {
    const auto copy = copies.find(tensor.storage().unsafeGetStorageImpl());
    if (copy == copies.end()) continue;
    const at::Tensor before = tensor;
    const at::Tensor copied =
        at::empty({0}, before.options())
            .set_(copy->second, before.storage_offset(), before.sizes(), before.strides());
    tensor = marked(copied, before.requires_grad());
  }
}

}  // namespace node_libtorch::engine
