// A disk that can lose its power: a library for LD_PRELOAD that keeps, beside the real files below
// $POWERLOSS_DIR, a record of everything that was done to them and in which order, with the bytes
// that were there before. After the process has been killed, lose.mjs reads the record and takes
// back what had not been synced, wholly or in part.
//
// A write or a truncation is recorded before it is done, a sync after it, so a kill between the two
// errs towards losing more. The record is one file, $POWERLOSS_RECORD/record; files that lose their
// last name get another one there (inode-N), so that their content can come back.
//
// With POWERLOSS_LIE set the disk says that it synced and did not: a program that survives that was
// not tested.
//
// Shared memory of SQLite (…-shm) is not storage and is left alone. A way of writing that is not
// recorded here ends the process, so that nothing goes by unseen.
//
// Threading: any thread; one deed at a time.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { kMaxFd = 4096, kMagic = 0x4f4c4f53 };

enum Deed {
  kCreate = 'c',
  kMkdir = 'm',
  kUnlink = 'u',
  kRename = 'r',
  kWrite = 'w',
  kTruncate = 't',
  kSync = 's',
  kSyncDir = 'd'
};

struct __attribute__((packed)) Header {
  uint32_t magic;
  uint32_t deed;
  uint64_t inode;
  uint64_t offset;    // of a write; the new size for a truncation; the inode that a rename replaces
  uint64_t old_size;  // of the file before the deed
  uint32_t path_size;
  uint32_t path2_size;  // a rename's new name
  uint32_t old_bytes;   // what stood at the offset before
  uint32_t new_bytes;   // what stands there after
};

struct Tracked {
  int is_dir;
  int active;
  uint64_t inode;
  char path[PATH_MAX];
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct Tracked tracked[kMaxFd];
static int record_fd = -1;
static char watched[PATH_MAX];
static char record_dir[PATH_MAX];
static int lie;

#define REAL(result, name, ...)                   \
  typedef result (*real_##name##_t)(__VA_ARGS__); \
  static real_##name##_t real_##name
REAL(int, open, const char*, int, ...);
REAL(int, close, int);
REAL(ssize_t, write, int, const void*, size_t);
REAL(ssize_t, pwrite, int, const void*, size_t, off_t);
REAL(int, ftruncate, int, off_t);
REAL(int, fsync, int);
REAL(int, fdatasync, int);
REAL(int, unlink, const char*);
REAL(int, rename, const char*, const char*);
REAL(int, mkdir, const char*, mode_t);
REAL(void*, mmap, void*, size_t, int, int, int, off_t);
REAL(ssize_t, writev, int, const struct iovec*, int);
REAL(int, fallocate, int, int, off_t, off_t);

static void Die(const char* why) {
  fprintf(stderr, "powerloss: %s: %s\n", why, strerror(errno));
  abort();
}

static void Init(void) {
#define FIND(name) *(void**)&real_##name = dlsym(RTLD_NEXT, #name)
  FIND(open);
  FIND(close);
  FIND(write);
  FIND(pwrite);
  FIND(ftruncate);
  FIND(fsync);
  FIND(fdatasync);
  FIND(unlink);
  FIND(rename);
  FIND(mkdir);
  FIND(mmap);
  FIND(writev);
  FIND(fallocate);
  const char* dir = getenv("POWERLOSS_DIR");
  const char* record = getenv("POWERLOSS_RECORD");
  if (dir == NULL || record == NULL) return;
  if (realpath(dir, watched) == NULL) Die("POWERLOSS_DIR");
  if (realpath(record, record_dir) == NULL) Die("POWERLOSS_RECORD");
  lie = getenv("POWERLOSS_LIE") != NULL;
  char file[PATH_MAX + 16];
  snprintf(file, sizeof file, "%s/record", record_dir);
  record_fd = real_open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (record_fd < 0) Die(file);
}

// Takes the lock; every deed below is done between Enter and Leave.
static void Enter(void) {
  pthread_once(&once, Init);
  pthread_mutex_lock(&mutex);
}
static void Leave(void) {
  pthread_mutex_unlock(&mutex);
}

// 1 and the absolute path, if it is below the watched folder (or is it) and is storage.
static int Watched(const char* path, char* absolute) {
  if (record_fd < 0) return 0;
  char copy[PATH_MAX];
  if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy) return 0;
  char* slash = strrchr(copy, '/');
  const char* name = slash == NULL ? copy : slash + 1;
  char parent[PATH_MAX];
  if (slash != NULL) *slash = '\0';
  if (realpath(slash == NULL ? "." : (slash == copy ? "/" : copy), parent) == NULL) return 0;
  const size_t used = strlen(parent) + 1 + strlen(name);
  if (used >= PATH_MAX) return 0;
  memcpy(absolute, parent, strlen(parent));
  absolute[strlen(parent)] = '/';
  memcpy(absolute + strlen(parent) + 1, name, strlen(name) + 1);
  const size_t size = strlen(watched);
  if (strncmp(absolute, watched, size) != 0) return 0;
  if (absolute[size] != '/' && absolute[size] != '\0') return 0;
  return used < 4 || strcmp(absolute + used - 4, "-shm") != 0;
}

static void Record(enum Deed deed, struct Header header, const char* path, const char* path2,
                   const void* old, const void* new_) {
  header.magic = kMagic;
  header.deed = deed;
  header.path_size = path == NULL ? 0 : strlen(path);
  header.path2_size = path2 == NULL ? 0 : strlen(path2);
  struct iovec parts[5] = {{&header, sizeof header},
                           {(void*)path, header.path_size},
                           {(void*)path2, header.path2_size},
                           {(void*)old, header.old_bytes},
                           {(void*)new_, header.new_bytes}};
  size_t size = 0;
  for (int i = 0; i < 5; ++i) size += parts[i].iov_len;
  if (real_writev(record_fd, parts, 5) != (ssize_t)size) Die("writing the record");
}

static struct Tracked* Find(int fd) {
  return fd >= 0 && fd < kMaxFd && tracked[fd].active ? &tracked[fd] : NULL;
}

static struct stat StatOf(int fd) {
  struct stat info;
  if (fstat(fd, &info) != 0) Die("fstat");
  return info;
}

// The bytes at [offset, offset + size) as far as the file goes; the caller frees them.
static char* OldBytes(int fd, off_t offset, size_t size, size_t* got) {
  char* old = malloc(size + 1);
  *got = 0;
  while (*got < size) {
    const ssize_t n = pread(fd, old + *got, size - *got, offset + (off_t)*got);
    if (n < 0)
      Die("reading what will be overwritten (a file that is opened only for writing cannot be "
          "recorded)");
    if (n == 0) break;
    *got += (size_t)n;
  }
  return old;
}

static void RecordWrite(int fd, off_t offset, const void* bytes, size_t size) {
  size_t got = 0;
  char* old = OldBytes(fd, offset, size, &got);
  const struct stat info = StatOf(fd);
  Record(kWrite,
         (struct Header){.inode = info.st_ino,
                         .offset = (uint64_t)offset,
                         .old_size = (uint64_t)info.st_size,
                         .old_bytes = (uint32_t)got,
                         .new_bytes = (uint32_t)size},
         NULL, NULL, old, bytes);
  free(old);
}

static void RecordTruncate(int fd, off_t size) {
  const struct stat info = StatOf(fd);
  const size_t cut = info.st_size > size ? (size_t)(info.st_size - size) : 0;
  size_t got = 0;
  char* old = OldBytes(fd, size, cut, &got);
  Record(kTruncate,
         (struct Header){.inode = info.st_ino,
                         .offset = (uint64_t)size,
                         .old_size = (uint64_t)info.st_size,
                         .old_bytes = (uint32_t)got},
         NULL, NULL, old, NULL);
  free(old);
}

// A name that goes away must not take the content with it.
static void KeepInode(const char* path) {
  struct stat info;
  if (lstat(path, &info) != 0) return;
  char kept[PATH_MAX + 64];
  snprintf(kept, sizeof kept, "%s/inode-%llu", record_dir, (unsigned long long)info.st_ino);
  if (link(path, kept) != 0 && errno != EEXIST) Die("keeping a file that is unlinked");
}

static int Open(const char* path, int flags, mode_t mode) {
  char absolute[PATH_MAX];
  Enter();
  if (!Watched(path, absolute)) {
    Leave();
    return real_open(path, flags, mode);
  }
  struct stat info;
  const int existed = stat(absolute, &info) == 0;
  // Truncation is a deed of its own, and comes after the file can be read.
  const int fd = real_open(path, flags & ~O_TRUNC, mode);
  if (fd >= 0) {
    if (fd >= kMaxFd) Die("too many files are open");
    info = StatOf(fd);
    tracked[fd] =
        (struct Tracked){.is_dir = S_ISDIR(info.st_mode), .active = 1, .inode = info.st_ino};
    memcpy(tracked[fd].path, absolute, strlen(absolute) + 1);
    if (!existed)
      Record(kCreate, (struct Header){.inode = info.st_ino}, absolute, NULL, NULL, NULL);
    if ((flags & O_TRUNC) != 0 && info.st_size > 0) {
      RecordTruncate(fd, 0);
      if (real_ftruncate(fd, 0) != 0) Die("truncating");
    }
  }
  Leave();
  return fd;
}

static mode_t ModeOf(int flags, va_list list) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;
}
#define OPEN_BODY(path)                    \
  va_list list;                            \
  va_start(list, flags);                   \
  const mode_t mode = ModeOf(flags, list); \
  va_end(list);                            \
  return Open(path, flags, mode)
int open(const char* path, int flags, ...) {
  OPEN_BODY(path);
}
int open64(const char* path, int flags, ...) {
  OPEN_BODY(path);
}
int creat(const char* path, mode_t mode) {
  return Open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

int close(int fd) {
  Enter();
  if (Find(fd) != NULL) tracked[fd].active = 0;
  Leave();
  return real_close(fd);
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  Enter();
  if (Find(fd) != NULL) RecordWrite(fd, offset, bytes, size);
  const ssize_t done = real_pwrite(fd, bytes, size, offset);
  Leave();
  return done;
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off_t offset) {
  return pwrite(fd, bytes, size, offset);
}

ssize_t write(int fd, const void* bytes, size_t size) {
  Enter();
  if (Find(fd) == NULL) {
    Leave();  // it may be a pipe that blocks
    return real_write(fd, bytes, size);
  }
  const int append = (fcntl(fd, F_GETFL) & O_APPEND) != 0;
  RecordWrite(fd, append ? StatOf(fd).st_size : lseek(fd, 0, SEEK_CUR), bytes, size);
  const ssize_t done = real_write(fd, bytes, size);
  Leave();
  return done;
}

int ftruncate(int fd, off_t size) {
  Enter();
  if (Find(fd) != NULL) RecordTruncate(fd, size);
  const int done = real_ftruncate(fd, size);
  Leave();
  return done;
}
int ftruncate64(int fd, off_t size) {
  return ftruncate(fd, size);
}

static int Sync(int fd, int (*real)(int)) {
  Enter();
  const struct Tracked* file = Find(fd);
  const int done = file != NULL && lie ? 0 : real(fd);
  if (file != NULL && !lie && done == 0) {
    Record(file->is_dir ? kSyncDir : kSync, (struct Header){.inode = file->inode}, file->path, NULL,
           NULL, NULL);
  }
  Leave();
  return done;
}
int fsync(int fd) {
  pthread_once(&once, Init);
  return Sync(fd, real_fsync);
}
int fdatasync(int fd) {
  pthread_once(&once, Init);
  return Sync(fd, real_fdatasync);
}

int unlink(const char* path) {
  char absolute[PATH_MAX];
  Enter();
  struct stat info;
  if (Watched(path, absolute) && lstat(absolute, &info) == 0) {
    KeepInode(absolute);
    Record(kUnlink, (struct Header){.inode = info.st_ino}, absolute, NULL, NULL, NULL);
  }
  const int done = real_unlink(path);
  Leave();
  return done;
}

int rename(const char* from, const char* to) {
  char old_name[PATH_MAX], new_name[PATH_MAX];
  Enter();
  const int leaves = Watched(from, old_name), arrives = Watched(to, new_name);
  if (leaves != arrives) Die("a rename into or out of the watched folder is not recorded");
  if (leaves) {
    KeepInode(new_name);
    struct stat info, replaced;
    const uint64_t gone = lstat(new_name, &replaced) == 0 ? replaced.st_ino : 0;
    if (lstat(old_name, &info) == 0) {
      Record(kRename, (struct Header){.inode = info.st_ino, .offset = gone}, old_name, new_name,
             NULL, NULL);
    }
  }
  const int done = real_rename(from, to);
  Leave();
  return done;
}

int mkdir(const char* path, mode_t mode) {
  char absolute[PATH_MAX];
  Enter();
  const int done = real_mkdir(path, mode);
  const int error = errno;
  if (done == 0 && Watched(path, absolute))
    Record(kMkdir, (struct Header){0}, absolute, NULL, NULL, NULL);
  Leave();
  errno = error;
  return done;
}

static void* Map(void* at, size_t size, int access, int flags, int fd, off_t offset) {
  pthread_once(&once, Init);
  if ((access & PROT_WRITE) != 0 && (flags & MAP_SHARED) != 0 && Find(fd) != NULL) {
    Die("writing through a mapping is not recorded");
  }
  return real_mmap(at, size, access, flags, fd, offset);
}
void* mmap(void* at, size_t size, int access, int flags, int fd, off_t offset) {
  return Map(at, size, access, flags, fd, offset);
}
void* mmap64(void* at, size_t size, int access, int flags, int fd, off_t offset) {
  return Map(at, size, access, flags, fd, offset);
}

ssize_t writev(int fd, const struct iovec* parts, int count) {
  pthread_once(&once, Init);
  if (Find(fd) != NULL) Die("writev is not recorded");
  return real_writev(fd, parts, count);
}

static int Allocate(int fd, int mode, off_t offset, off_t size) {
  pthread_once(&once, Init);
  if (Find(fd) != NULL) Die("fallocate is not recorded");
  return real_fallocate(fd, mode, offset, size);
}
int fallocate(int fd, int mode, off_t offset, off_t size) {
  return Allocate(fd, mode, offset, size);
}
int fallocate64(int fd, int mode, off_t offset, off_t size) {
  return Allocate(fd, mode, offset, size);
}
