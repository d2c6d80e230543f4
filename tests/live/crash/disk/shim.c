/* Loaded before libc (LD_PRELOAD): writes down, in one order for all processes, what is asked of the disk below one folder.
 *
 * SHIM_ROOT is the folder, SHIM_LOG the log (outside of it). Each record is written under a lock that is held while the
 * call itself is done, so that the log has the order of the disk. An fsync is not done under the lock: its beginning and
 * its end are records of their own, and what came before the beginning is durable after the end.
 *
 * A descriptor is known by its path in /proc/self/fd at the time of the call, so nothing has to be remembered of dup, fork
 * and close. Calls that would change a file unseen end the process: the log must not lie.
 */
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
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

struct head {
    uint32_t magic;
    uint16_t kind, path, other;
    uint16_t unused;
    uint64_t number, octets;
} __attribute__((packed));

#define REAL(name) ((__typeof__(&name))real(#name))
#define EXPORT __attribute__((visibility("default")))

static pthread_mutex_t in_process = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int log_fd = -1;
static char root[PATH_MAX];
static size_t root_length;
static _Atomic uint64_t syncs;

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found)
        abort();
    return found;
}

static void start(void) {
    const char *folder = getenv("SHIM_ROOT"), *log = getenv("SHIM_LOG");
    if (!folder || !log || !realpath(folder, root))
        return;
    root_length = strlen(root);
    log_fd = REAL(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd >= 0 && log_fd < 500) { /* out of the way of programs that count on low numbers */
        int high = fcntl(log_fd, F_DUPFD_CLOEXEC, 500);
        if (high >= 0) {
            close(log_fd);
            log_fd = high;
        }
    }
}

static void die(const char *why, const char *path) {
    dprintf(2, "shim: %s: %s\n", why, path);
    abort();
}

/* The part of a path below the root, NULL for any other path. */
static const char *below(const char *path) {
    pthread_once(&once, start);
    if (log_fd < 0 || strncmp(path, root, root_length) != 0)
        return NULL;
    if (path[root_length] == 0)
        return path + root_length;
    if (path[root_length] != '/')
        return NULL;
    if (strstr(path, "//") || strstr(path, "/../") || strstr(path, "/./"))
        die("a path that is not plain", path);
    return path + root_length + 1;
}

static const char *of_descriptor(int fd, char *buffer) {
    char link[32];
    ssize_t length;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, buffer, PATH_MAX - 1);
    if (length <= 0 || buffer[0] != '/')
        return NULL;
    buffer[length] = 0;
    if (length > 10 && strcmp(buffer + length - 10, " (deleted)") == 0)
        return NULL;
    return below(buffer);
}

static const char *of_path(int folder, const char *path, char *buffer) {
    size_t length;
    if (path[0] == '/')
        return below(path);
    if (folder == AT_FDCWD) {
        if (!getcwd(buffer, PATH_MAX))
            return NULL;
    } else {
        char link[32];
        ssize_t got;
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        got = readlink(link, buffer, PATH_MAX - 1);
        if (got <= 0)
            return NULL;
        buffer[got] = 0;
    }
    length = strlen(buffer);
    if (length + strlen(path) + 2 > PATH_MAX)
        return NULL;
    buffer[length] = '/';
    strcpy(buffer + length + 1, path);
    return below(buffer);
}

static void lock(void) {
    pthread_mutex_lock(&in_process);
    while (flock(log_fd, LOCK_EX) != 0 && errno == EINTR)
        ;
}

static void unlock(void) {
    int kept = errno;
    flock(log_fd, LOCK_UN);
    pthread_mutex_unlock(&in_process);
    errno = kept;
}

static void note(char kind, const char *path, const char *other, uint64_t number, const void *octets, size_t count) {
    int kept = errno;
    struct head head = {0x534b5259, (uint16_t)kind, (uint16_t)strlen(path), (uint16_t)strlen(other), 0, number, count};
    struct iovec parts[4] = {{&head, sizeof head}, {(void *)path, head.path}, {(void *)other, head.other},
                             {(void *)octets, count}};
    ssize_t whole = (ssize_t)(sizeof head + head.path + head.other + count);
    if (REAL(writev)(log_fd, parts, 4) != whole)
        die("the log cannot be written", path);
    errno = kept;
}

/* Opening may create or truncate. */
static int open_noted(int folder, const char *path, int flags, mode_t mode) {
    char buffer[PATH_MAX];
    const char *ours = flags & (O_CREAT | O_TRUNC) ? of_path(folder, path, buffer) : NULL;
    struct stat before;
    int fd, existed;
    if ((flags & O_TMPFILE) == O_TMPFILE && of_path(folder, path, buffer))
        die("O_TMPFILE", path);
    if (!ours)
        return REAL(openat)(folder, path, flags, mode);
    lock();
    existed = fstatat(folder, path, &before, 0) == 0;
    fd = REAL(openat)(folder, path, flags, mode);
    if (fd >= 0 && !existed)
        note('C', ours, "", 0, NULL, 0);
    else if (fd >= 0 && (flags & O_TRUNC) && S_ISREG(before.st_mode))
        note('T', ours, "", 0, NULL, 0);
    unlock();
    return fd;
}

#define MODE_OF(flags)                                                                                                 \
    mode_t mode = 0;                                                                                                   \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                                             \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode = va_arg(rest, mode_t);                                                                                   \
        va_end(rest);                                                                                                  \
    }

EXPORT int open(const char *path, int flags, ...) { MODE_OF(flags) return open_noted(AT_FDCWD, path, flags, mode); }
EXPORT int open64(const char *path, int flags, ...) { MODE_OF(flags) return open_noted(AT_FDCWD, path, flags, mode); }
EXPORT int openat(int folder, const char *path, int flags, ...) { MODE_OF(flags) return open_noted(folder, path, flags, mode); }
EXPORT int openat64(int folder, const char *path, int flags, ...) { MODE_OF(flags) return open_noted(folder, path, flags, mode); }
EXPORT int creat(const char *path, mode_t mode) { return open_noted(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
EXPORT int creat64(const char *path, mode_t mode) { return open_noted(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

/* Where a write without an offset goes to. */
static off_t place(int fd) {
    struct stat now;
    if (fcntl(fd, F_GETFL) & O_APPEND)
        return fstat(fd, &now) == 0 ? now.st_size : 0;
    return lseek(fd, 0, SEEK_CUR);
}

static ssize_t write_noted(int fd, const void *octets, size_t count, off_t offset, int positioned) {
    char buffer[PATH_MAX];
    ssize_t written;
    const char *ours;
    if (!of_descriptor(fd, buffer))
        return positioned ? REAL(pwrite)(fd, octets, count, offset) : REAL(write)(fd, octets, count);
    lock();
    ours = of_descriptor(fd, buffer); /* again: it may have been renamed or removed meanwhile */
    if (!positioned)
        offset = place(fd);
    written = positioned ? REAL(pwrite)(fd, octets, count, offset) : REAL(write)(fd, octets, count);
    if (written > 0 && ours)
        note('W', ours, "", (uint64_t)offset, octets, (size_t)written);
    unlock();
    return written;
}

EXPORT ssize_t write(int fd, const void *octets, size_t count) { return write_noted(fd, octets, count, 0, 0); }
EXPORT ssize_t pwrite(int fd, const void *octets, size_t count, off_t at) { return write_noted(fd, octets, count, at, 1); }
EXPORT ssize_t pwrite64(int fd, const void *octets, size_t count, off64_t at) { return write_noted(fd, octets, count, at, 1); }

#define REFUSED(fd, call)                                                                                              \
    {                                                                                                                  \
        char buffer[PATH_MAX];                                                                                         \
        if (of_descriptor(fd, buffer))                                                                                 \
            die(call, buffer);                                                                                         \
    }

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count) {
    REFUSED(fd, "writev") return REAL(writev)(fd, parts, count);
}
EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
    REFUSED(fd, "pwritev") return REAL(pwritev)(fd, parts, count, at);
}
EXPORT ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) {
    REFUSED(fd, "pwritev64") return REAL(pwritev64)(fd, parts, count, at);
}
EXPORT ssize_t sendfile(int fd, int from, off_t *at, size_t count) {
    REFUSED(fd, "sendfile") return ((ssize_t(*)(int, int, off_t *, size_t))real("sendfile"))(fd, from, at, count);
}
EXPORT ssize_t sendfile64(int fd, int from, off64_t *at, size_t count) {
    REFUSED(fd, "sendfile64") return ((ssize_t(*)(int, int, off64_t *, size_t))real("sendfile64"))(fd, from, at, count);
}
EXPORT ssize_t copy_file_range(int from, off64_t *at, int fd, off64_t *to, size_t count, unsigned flags) {
    REFUSED(fd, "copy_file_range") return REAL(copy_file_range)(from, at, fd, to, count, flags);
}
EXPORT ssize_t splice(int from, off64_t *at, int fd, off64_t *to, size_t count, unsigned flags) {
    REFUSED(fd, "splice") return REAL(splice)(from, at, fd, to, count, flags);
}
EXPORT int fallocate(int fd, int mode, off_t at, off_t count) {
    REFUSED(fd, "fallocate") return REAL(fallocate)(fd, mode, at, count);
}
EXPORT int fallocate64(int fd, int mode, off64_t at, off64_t count) {
    REFUSED(fd, "fallocate64") return REAL(fallocate64)(fd, mode, at, count);
}
EXPORT int posix_fallocate(int fd, off_t at, off_t count) {
    REFUSED(fd, "posix_fallocate") return REAL(posix_fallocate)(fd, at, count);
}
EXPORT int posix_fallocate64(int fd, off64_t at, off64_t count) {
    REFUSED(fd, "posix_fallocate64") return REAL(posix_fallocate64)(fd, at, count);
}

static int truncate_noted(int fd, off_t size) {
    char buffer[PATH_MAX];
    const char *ours;
    int done;
    if (!of_descriptor(fd, buffer))
        return REAL(ftruncate)(fd, size);
    lock();
    ours = of_descriptor(fd, buffer);
    done = REAL(ftruncate)(fd, size);
    if (done == 0 && ours)
        note('T', ours, "", (uint64_t)size, NULL, 0);
    unlock();
    return done;
}

EXPORT int ftruncate(int fd, off_t size) { return truncate_noted(fd, size); }
EXPORT int ftruncate64(int fd, off64_t size) { return truncate_noted(fd, size); }

static int truncate_path(const char *path, off_t size) {
    int fd = REAL(open)(path, O_WRONLY | O_CLOEXEC), done;
    if (fd < 0)
        return -1;
    done = truncate_noted(fd, size);
    close(fd);
    return done;
}

EXPORT int truncate(const char *path, off_t size) { return truncate_path(path, size); }
EXPORT int truncate64(const char *path, off64_t size) { return truncate_path(path, size); }

/* What is written through memory is not seen: the reader of the log must know of which files. */
static void *map_noted(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
    char buffer[PATH_MAX];
    const char *ours = fd >= 0 && (flags & MAP_SHARED) && (protection & PROT_WRITE) ? of_descriptor(fd, buffer) : NULL;
    if (ours) {
        lock();
        note('P', ours, "", 0, NULL, 0);
        unlock();
    }
    return REAL(mmap)(at, length, protection, flags, fd, offset);
}

EXPORT void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
    return map_noted(at, length, protection, flags, fd, offset);
}
EXPORT void *mmap64(void *at, size_t length, int protection, int flags, int fd, off64_t offset) {
    return map_noted(at, length, protection, flags, fd, offset);
}

static int sync_noted(int fd, int (*call)(int)) {
    char buffer[PATH_MAX];
    const char *ours = of_descriptor(fd, buffer);
    uint64_t number = (uint64_t)getpid() << 32 | (uint32_t)++syncs;
    int done;
    if (!ours)
        return call(fd);
    lock();
    ours = of_descriptor(fd, buffer);
    if (ours)
        note('B', ours, "", number, NULL, 0);
    unlock();
    done = call(fd);
    if (done == 0 && ours) {
        lock();
        note('E', "", "", number, NULL, 0);
        unlock();
    }
    return done;
}

EXPORT int fsync(int fd) { return sync_noted(fd, REAL(fsync)); }
EXPORT int fdatasync(int fd) { return sync_noted(fd, REAL(fdatasync)); }

static int rename_noted(int from, const char *old, int to, const char *path, unsigned flags) {
    char buffers[2][PATH_MAX];
    const char *source = of_path(from, old, buffers[0]), *target = of_path(to, path, buffers[1]);
    int done;
    if (!source && !target)
        return REAL(renameat2)(from, old, to, path, flags);
    if (!source || !target || (flags & ~RENAME_NOREPLACE))
        die("a rename across the border, or of an unusual kind", path);
    lock();
    done = REAL(renameat2)(from, old, to, path, flags);
    if (done == 0)
        note('R', source, target, 0, NULL, 0);
    unlock();
    return done;
}

EXPORT int rename(const char *old, const char *path) { return rename_noted(AT_FDCWD, old, AT_FDCWD, path, 0); }
EXPORT int renameat(int from, const char *old, int to, const char *path) { return rename_noted(from, old, to, path, 0); }
EXPORT int renameat2(int from, const char *old, int to, const char *path, unsigned flags) {
    return rename_noted(from, old, to, path, flags);
}

static int link_noted(int from, const char *old, int to, const char *path, int flags) {
    char buffers[2][PATH_MAX];
    const char *source = of_path(from, old, buffers[0]), *target = of_path(to, path, buffers[1]);
    int done;
    if (!target)
        return REAL(linkat)(from, old, to, path, flags);
    if (!source)
        die("a link from outside", path);
    lock();
    done = REAL(linkat)(from, old, to, path, flags);
    if (done == 0)
        note('L', source, target, 0, NULL, 0);
    unlock();
    return done;
}

EXPORT int link(const char *old, const char *path) { return link_noted(AT_FDCWD, old, AT_FDCWD, path, 0); }
EXPORT int linkat(int from, const char *old, int to, const char *path, int flags) {
    return link_noted(from, old, to, path, flags);
}
EXPORT int symlinkat(const char *target, int folder, const char *path) {
    char buffer[PATH_MAX];
    if (of_path(folder, path, buffer))
        die("symlink", path);
    return REAL(symlinkat)(target, folder, path);
}
EXPORT int symlink(const char *target, const char *path) { return symlinkat(target, AT_FDCWD, path); }

static int unlink_noted(int folder, const char *path, int flags) {
    char buffer[PATH_MAX];
    const char *ours = of_path(folder, path, buffer);
    int done;
    if (!ours)
        return REAL(unlinkat)(folder, path, flags);
    lock();
    done = REAL(unlinkat)(folder, path, flags);
    if (done == 0)
        note('U', ours, "", 0, NULL, 0);
    unlock();
    return done;
}

EXPORT int unlink(const char *path) { return unlink_noted(AT_FDCWD, path, 0); }
EXPORT int unlinkat(int folder, const char *path, int flags) { return unlink_noted(folder, path, flags); }
EXPORT int rmdir(const char *path) { return unlink_noted(AT_FDCWD, path, AT_REMOVEDIR); }
EXPORT int remove(const char *path) {
    struct stat there;
    int folder = lstat(path, &there) == 0 && S_ISDIR(there.st_mode);
    return unlink_noted(AT_FDCWD, path, folder ? AT_REMOVEDIR : 0);
}

static int mkdir_noted(int folder, const char *path, mode_t mode) {
    char buffer[PATH_MAX];
    const char *ours = of_path(folder, path, buffer);
    int done;
    if (!ours)
        return REAL(mkdirat)(folder, path, mode);
    lock();
    done = REAL(mkdirat)(folder, path, mode);
    if (done == 0)
        note('M', ours, "", 0, NULL, 0);
    unlock();
    return done;
}

EXPORT int mkdir(const char *path, mode_t mode) { return mkdir_noted(AT_FDCWD, path, mode); }
EXPORT int mkdirat(int folder, const char *path, mode_t mode) { return mkdir_noted(folder, path, mode); }
