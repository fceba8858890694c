#include "store/memory/memory_store.h"

#include "store/store_contract.h"

namespace offing::store {
namespace {

StoreUnderTest MakeMemoryStore() {
  return {nullptr, std::make_unique<MemoryStore>()};
}

INSTANTIATE_TEST_SUITE_P(Memory, StoreContract, testing::Values(MakeMemoryStore));

}  // namespace
}  // namespace offing::store
