/* cache.h - blobs on disk, found by a text that says all they depend on: program binaries,
 * qualification results, tuned winners. A cache never makes a call fail: what cannot be read is missing, what
 * cannot be written is not kept. Safe with several processes: entries are written to a temporary
 * name and renamed.
 *
 * One file per entry, named by a hash of the identity:
 *   "octet cache 1\n" identity_bytes "\n" data_bytes "\n" checksum "\n" identity data */
#ifndef OCT_RUNTIME_CACHE_H
#define OCT_RUNTIME_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* oct_hash - 64-bit FNV-1a (Fowler, Noll, Vo): names files and detects damage, nothing more. */
uint64_t oct_hash(const void *data, size_t bytes);

typedef struct oct_cache {
    char *directory; /* NULL: no cache */
} oct_cache;

/* oct_cache_open - "directory" NULL: $OCTET_CACHE_DIR, else $XDG_CACHE_HOME/octet, else
 * $HOME/.cache/octet; an empty text disables. Made when the first entry is written. */
void oct_cache_open(oct_cache *cache, const char *directory);
void oct_cache_close(oct_cache *cache);

/* oct_cache_load - a new copy of the entry's data (free() it), or NULL when there is none whose
 * identity and checksum hold. */
void *oct_cache_load(const oct_cache *cache, const char *identity, size_t *bytes);

/* oct_cache_store - makes or replaces an entry. False: it could not be written. */
bool oct_cache_store(const oct_cache *cache, const char *identity, const void *data, size_t bytes);

/* oct_cache_lock - for an entry that is loaded, changed and stored: waits, some seconds at most, until
 * no other holds the lock. What it returns is for oct_cache_unlock. Without a lock (a folder that
 * is not there or cannot be locked) entries stay whole, but one of two changes made at once is lost.
 */
int oct_cache_lock(const oct_cache *cache);
void oct_cache_unlock(int lock);

#endif
