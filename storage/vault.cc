// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/vault.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "storage/data_folder.h"
#include "storage/meta_keys.h"

namespace gonghui {
namespace {

namespace fs = std::filesystem;

// Sealed record: version, nonce, ciphertext, tag.
constexpr uint8_t kVersion = 1;
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;
constexpr size_t kOverheadBytes = 1 + kNonceBytes + kTagBytes;
constexpr size_t kMemberPlaceBytes = 4;
constexpr size_t kKeyIdBytes = 8;
constexpr std::string_view kKeyIdLabel = "gonghui vault key id 1";

uint8_t* Bytes(std::string& text) {
  return reinterpret_cast<uint8_t*>(text.data());
}
const uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

void Wipe(std::string& text) {
  // The whole allocation: what was longer before may still be behind the end.
  text.resize(text.capacity());
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

// Wipes a buffer when it goes.
class Wiper {
 public:
  explicit Wiper(std::string& text) : text_(text) {}
  ~Wiper() { Wipe(text_); }
  Wiper(const Wiper&) = delete;
  Wiper& operator=(const Wiper&) = delete;

 private:
  std::string& text_;
};

struct CipherFree {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, CipherFree>;

// What is authenticated with a record: where it belongs.
std::string AadOf(uint16_t shard, std::string_view place) {
  std::string aad(1, static_cast<char>(kVersion));
  AppendBigEndian16(shard, &aad);
  aad.append(place);
  return aad;
}

std::string AadOf(uint16_t shard, MemberRow member) {
  std::string place;
  AppendBigEndian32(member.value(), &place);
  return AadOf(shard, place);
}

absl::Status CryptoFailed(std::string_view what) {
  return absl::InternalError(absl::StrCat("vault: OpenSSL: ", std::string(what), " failed"));
}

absl::Status SealWith(const uint8_t* key,
                      std::string_view aad,
                      std::string_view plain,
                      std::string* sealed) {
  sealed->assign(kOverheadBytes + plain.size(), '\0');
  uint8_t* const out = Bytes(*sealed);
  out[0] = kVersion;
  uint8_t* const nonce = out + 1;
  uint8_t* const cipher = nonce + kNonceBytes;
  if (RAND_bytes(nonce, kNonceBytes) != 1) {
    return CryptoFailed("random nonce");
  }
  const CipherContext context(EVP_CIPHER_CTX_new());
  int size = 0;
  int tail = 0;
  if (context == nullptr ||
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key, nonce) != 1 ||
      EVP_EncryptUpdate(context.get(), nullptr, &size, Bytes(aad), static_cast<int>(aad.size())) !=
          1 ||
      EVP_EncryptUpdate(
          context.get(), cipher, &size, Bytes(plain), static_cast<int>(plain.size())) != 1 ||
      EVP_EncryptFinal_ex(context.get(), cipher + size, &tail) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, cipher + plain.size()) !=
          1) {
    return CryptoFailed("sealing");
  }
  GH_CHECK_EQ(static_cast<size_t>(size + tail), plain.size());
  return absl::OkStatus();
}

// False: it does not open under this key and place.
absl::StatusOr<bool> UnsealWith(const uint8_t* key,
                                std::string_view aad,
                                std::string_view sealed,
                                std::string* plain) {
  if (sealed.size() < kOverheadBytes || Bytes(sealed)[0] != kVersion) {
    return false;
  }
  const uint8_t* const nonce = Bytes(sealed) + 1;
  const uint8_t* const cipher = nonce + kNonceBytes;
  const size_t size = sealed.size() - kOverheadBytes;
  std::array<uint8_t, kTagBytes> tag;
  std::memcpy(tag.data(), cipher + size, kTagBytes);
  plain->assign(size, '\0');
  const CipherContext context(EVP_CIPHER_CTX_new());
  int got = 0;
  int tail = 0;
  if (context == nullptr ||
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key, nonce) != 1 ||
      EVP_DecryptUpdate(context.get(), nullptr, &got, Bytes(aad), static_cast<int>(aad.size())) !=
          1 ||
      EVP_DecryptUpdate(context.get(), Bytes(*plain), &got, cipher, static_cast<int>(size)) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) != 1) {
    return CryptoFailed("opening");
  }
  return EVP_DecryptFinal_ex(context.get(), Bytes(*plain) + got, &tail) == 1;
}

// Fields as length (1 byte) and bytes.
void AppendField(std::string_view field, std::string* plain) {
  plain->push_back(static_cast<char>(static_cast<uint8_t>(field.size())));
  plain->append(field);
}
bool TakeField(std::string_view* plain, std::string* field) {
  if (plain->empty()) {
    return false;
  }
  const size_t size = static_cast<uint8_t>(plain->front());
  if (plain->size() < 1 + size) {
    return false;
  }
  field->assign(plain->substr(1, size));
  plain->remove_prefix(1 + size);
  return true;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return -1;
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status KeyFileError(const std::string& path, std::string_view what) {
  return absl::FailedPreconditionError(
      absl::StrCat("vault key file ", path, ": ", std::string(what)));
}

// True when `path` is `folder` or below it, links followed.
bool LiesInside(const std::string& path, const std::string& folder) {
  std::error_code error;
  const fs::path inner = fs::weakly_canonical(path, error);
  const fs::path outer = fs::weakly_canonical(folder, error);
  const auto [outer_end, inner_end] =
      std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  return outer_end == outer.end();
}

std::string MetaKeyOf(uint16_t shard) {
  std::string key(kVaultKey);
  AppendBigEndian16(shard, &key);
  return key;
}

// The characters of UTF-8 text, for masks: each as the bytes it takes, or one
// byte that belongs to no character.
struct Character {
  std::string_view bytes;
  bool valid;
};

std::vector<Character> CharactersOf(std::string_view text) {
  std::vector<Character> characters;
  size_t at = 0;
  while (at < text.size()) {
    const uint8_t lead = static_cast<uint8_t>(text[at]);
    size_t size = lead < 0x80                   ? 1
                  : lead >= 0xc2 && lead < 0xe0 ? 2
                  : lead >= 0xe0 && lead < 0xf0 ? 3
                  : lead >= 0xf0 && lead < 0xf5 ? 4
                                                : 0;
    bool valid = size != 0 && at + size <= text.size();
    for (size_t i = 1; valid && i < size; ++i) {
      valid = (static_cast<uint8_t>(text[at + i]) & 0xc0) == 0x80;
    }
    size = valid ? size : 1;
    characters.push_back({text.substr(at, size), valid});
    at += size;
  }
  return characters;
}

// Shows the first and last few characters; all are hidden when too few remain
// between them.
std::string Mask(std::string_view text, size_t first_shown, size_t last_shown, size_t hidden_min) {
  const std::vector<Character> characters = CharactersOf(text);
  const bool too_short = characters.size() < first_shown + last_shown + hidden_min;
  std::string masked;
  for (size_t i = 0; i < characters.size(); ++i) {
    const bool shown = !too_short && characters[i].valid &&
                       (i < first_shown || i >= characters.size() - last_shown);
    masked.append(shown ? characters[i].bytes : std::string_view("*"));
  }
  return masked;
}

}  // namespace

PersonalRecord::PersonalRecord(std::string name_, std::string national_id_, std::string phone_)
    : name(std::move(name_)), national_id(std::move(national_id_)), phone(std::move(phone_)) {}

PersonalRecord::~PersonalRecord() {
  Wipe(name);
  Wipe(national_id);
  Wipe(phone);
}

std::string VaultKey(uint16_t shard, MemberRow member) {
  std::string key;
  AppendBigEndian16(shard, &key);
  AppendBigEndian32(member.value(), &key);
  return key;
}

Vault::Vault(RocksdbStore& store, uint16_t shard) : store_(store), shard_(shard) {}
Vault::~Vault() {
  OPENSSL_cleanse(key_.data(), key_.size());
}

absl::StatusOr<std::unique_ptr<Vault>> Vault::OpenBlocking(RocksdbStore& store,
                                                           uint16_t shard,
                                                           const std::string& key_file) {
  std::unique_ptr<Vault> vault(new Vault(store, shard));
  std::error_code error;
  if (!fs::exists(key_file, error) && !error && !LiesInside(key_file, store.folder())) {
    GH_ASSIGN_OR_RETURN(const bool has_key, HasKeyBlocking(store, shard));
    return has_key ? absl::FailedPreconditionError(absl::StrCat(
                         "vault key file ",
                         key_file,
                         " does not exist, but data folder ",
                         store.folder(),
                         " has personal data that was sealed with it: put the old key back (from "
                         "its backup; no new key can read that data)"))
                   : KeyFileError(key_file,
                                  "does not exist; make one for this new data folder: gonghuid "
                                  "--generate-vault-key FILE");
  }
  GH_RETURN_IF_ERROR(ReadKeyFile(store.folder(), key_file, &vault->key_));
  GH_RETURN_IF_ERROR(vault->CheckKeyId(key_file));
  return vault;
}

absl::StatusOr<bool> Vault::HasKeyBlocking(const RocksdbStore& store, uint16_t shard) {
  // Written before the first record is, so there is no need to look for records.
  std::string stored;
  return store.GetBlocking(Family::kMeta, MetaKeyOf(shard), &stored);
}

absl::Status Vault::CheckKeyFile(const std::string& data_folder, const std::string& key_file) {
  Key key;
  const absl::Status status = ReadKeyFile(data_folder, key_file, &key);
  OPENSSL_cleanse(key.data(), key.size());
  return status;
}

absl::Status Vault::ReadKeyFile(const std::string& folder, const std::string& key_file, Key* key) {
  if (LiesInside(key_file, folder)) {
    return KeyFileError(key_file, "lies inside the data folder; keep it elsewhere");
  }
  const FileDescriptor fd(::open(key_file.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) {
    return KeyFileError(key_file, std::generic_category().message(errno));
  }
  struct stat facts = {};
  if (::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
    return KeyFileError(key_file, "is not a regular file");
  }
  if (const mode_t mode = facts.st_mode & 07777; mode != 0600 && mode != 0400) {
    return KeyFileError(key_file, "others may use it; its mode must be 0600 or 0400");
  }
  // 64 digits, a line end, and one more to see that it is longer.
  std::string text(67, '\0');
  const Wiper wiper(text);
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(fd.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return KeyFileError(key_file, std::generic_category().message(errno));
    }
    if (got == 0) {
      break;
    }
    size += static_cast<size_t>(got);
  }
  if (size == kKeyBytes) {
    std::memcpy(key->data(), text.data(), kKeyBytes);
    return absl::OkStatus();
  }
  if (size == text.size()) {
    size = 0;  // longer than any key
  }
  while (size > 2 * kKeyBytes && (text[size - 1] == '\n' || text[size - 1] == '\r')) {
    --size;
  }
  bool well_formed = size == 2 * kKeyBytes;
  for (size_t i = 0; well_formed && i < kKeyBytes; ++i) {
    const int high = HexDigit(text[2 * i]);
    const int low = HexDigit(text[2 * i + 1]);
    well_formed = high >= 0 && low >= 0;
    (*key)[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return well_formed ? absl::OkStatus()
                     : KeyFileError(key_file, "must hold 32 bytes or 64 hexadecimal digits");
}

absl::Status Vault::CheckKeyId(const std::string& key_file) {
  // A one-way function of the key: it tells keys apart and gives nothing away.
  std::string input(kKeyIdLabel);
  const Wiper wiper(input);
  input.append(reinterpret_cast<const char*>(key_.data()), key_.size());
  std::array<uint8_t, 32> hash;
  unsigned int size = 0;
  if (EVP_Digest(input.data(), input.size(), hash.data(), &size, EVP_sha256(), nullptr) != 1) {
    return CryptoFailed("SHA-256");
  }
  const std::string id(reinterpret_cast<const char*>(hash.data()), kKeyIdBytes);

  const std::string meta_key = MetaKeyOf(shard_);
  std::string stored;
  GH_ASSIGN_OR_RETURN(const bool found, store_.GetBlocking(Family::kMeta, meta_key, &stored));
  if (!found) {
    return store_.read_only() ? absl::OkStatus() : store_.PutBlocking(Family::kMeta, meta_key, id);
  }
  if (stored != id) {
    return absl::FailedPreconditionError(
        absl::StrCat("vault key file ",
                     key_file,
                     " is not the key that the personal data in data folder ",
                     store_.folder(),
                     " was sealed with: put the old key back"));
  }
  return absl::OkStatus();
}

absl::Status Vault::PutBlocking(std::span<const PersonalEntry> entries) {
  rocksdb::WriteBatch batch;
  std::string plain;
  const Wiper wiper(plain);
  plain.reserve(3 * (1 + kPersonalFieldBytesMax));  // so that growing leaves no copy behind
  std::string sealed;
  for (const PersonalEntry& entry : entries) {
    const PersonalRecord& record = entry.record;
    if (entry.member == MemberRow{}) {
      return absl::InvalidArgumentError("vault: a record without a member");
    }
    if (record.name.size() > kPersonalFieldBytesMax ||
        record.national_id.size() > kPersonalFieldBytesMax ||
        record.phone.size() > kPersonalFieldBytesMax) {
      return absl::InvalidArgumentError(absl::StrCat("vault: a field of member row ",
                                                     entry.member.value(),
                                                     " is longer than ",
                                                     kPersonalFieldBytesMax,
                                                     " bytes"));
    }
    plain.clear();
    AppendField(record.name, &plain);
    AppendField(record.national_id, &plain);
    AppendField(record.phone, &plain);
    GH_RETURN_IF_ERROR(SealWith(key_.data(), AadOf(shard_, entry.member), plain, &sealed));
    const rocksdb::Status put =
        batch.Put(store_.family(Family::kVault), VaultKey(shard_, entry.member), sealed);
    if (!put.ok()) {
      return ToStatus(put, "vault: collecting records");
    }
  }
  rocksdb::WriteOptions synced;
  synced.sync = true;
  return ToStatus(store_.db()->Write(synced, &batch), "vault: writing");
}

absl::StatusOr<std::optional<PersonalRecord>> Vault::GetBlocking(MemberRow member) const {
  std::string sealed;
  GH_ASSIGN_OR_RETURN(const bool found,
                      store_.GetBlocking(Family::kVault, VaultKey(shard_, member), &sealed));
  if (!found) {
    return std::optional<PersonalRecord>();
  }
  std::string plain;
  const Wiper wiper(plain);
  GH_ASSIGN_OR_RETURN(const bool opens,
                      UnsealWith(key_.data(), AadOf(shard_, member), sealed, &plain));
  PersonalRecord record;
  std::string_view rest = plain;
  if (!opens || !TakeField(&rest, &record.name) || !TakeField(&rest, &record.national_id) ||
      !TakeField(&rest, &record.phone) || !rest.empty()) {
    return absl::DataLossError(absl::StrCat(
        "vault: the record of member row ", member.value(), " is damaged or not its own"));
  }
  return std::optional<PersonalRecord>(std::move(record));
}

absl::StatusOr<std::string> Vault::Seal(std::string_view place, std::string_view plain) const {
  GH_CHECK(place.size() > kMemberPlaceBytes, "size=", place.size());
  std::string sealed;
  GH_RETURN_IF_ERROR(SealWith(key_.data(), AadOf(shard_, place), plain, &sealed));
  return sealed;
}

absl::StatusOr<bool> Vault::Unseal(std::string_view place,
                                   std::string_view sealed,
                                   std::string* plain) const {
  GH_CHECK(place.size() > kMemberPlaceBytes, "size=", place.size());
  return UnsealWith(key_.data(), AadOf(shard_, place), sealed, plain);
}

absl::Status GenerateKeyFile(const std::string& path) {
  std::array<uint8_t, 32> key;
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1) {
    return CryptoFailed("random key");
  }
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(65);
  const Wiper wiper(text);
  for (const uint8_t byte : key) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  text.push_back('\n');
  OPENSSL_cleanse(key.data(), key.size());

  const FileDescriptor fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (fd.get() < 0) {
    return errno == EEXIST
               ? absl::AlreadyExistsError(absl::StrCat("vault key file ", path, " exists already"))
               : KeyFileError(path, std::generic_category().message(errno));
  }
  // The mode as asked, whatever the umask.
  if (::fchmod(fd.get(), 0600) != 0 ||
      ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fsync(fd.get()) != 0) {
    return KeyFileError(path, std::generic_category().message(errno));
  }
  // Its name too: what is sealed with it must not outlive it.
  const fs::path folder = fs::path(path).parent_path();
  return SyncFolderBlocking(folder.empty() ? "." : folder.string());
}

std::string MaskName(std::string_view name) {
  return Mask(name, 1, 0, 1);
}
std::string MaskNationalId(std::string_view national_id) {
  return Mask(national_id, 4, 4, 4);
}
std::string MaskPhone(std::string_view phone) {
  return Mask(phone, 3, 4, 4);
}

}  // namespace gonghui
