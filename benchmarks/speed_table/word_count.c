// A peer: counts each different word of a file, as a careful programmer would write it in C. Words are what white space of
// ASCII separates, in lower case. One pass over the mapped file, one hash table with the words' hashes in it.
// Usage: word_count FILE   (prints the number of words and of different ones)
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

typedef struct { uint64_t hash; const uint8_t *word; uint32_t length; uint32_t count; } Entry;
static Entry *table;
static size_t slots = 1 << 16, used = 0;
static uint8_t lower[256], is_space[256];

static void grow(void) {
  Entry *old = table;
  size_t n = slots;
  slots *= 2;
  table = calloc(slots, sizeof *table);
  for (size_t i = 0; i < n; i++) {
    if (!old[i].word) continue;
    size_t slot = old[i].hash & (slots - 1);
    while (table[slot].word) slot = (slot + 1) & (slots - 1);
    table[slot] = old[i];
  }
  free(old);
}

static int same(const uint8_t *a, const uint8_t *b, uint32_t length) {
  for (uint32_t i = 0; i < length; i++)
    if (lower[a[i]] != lower[b[i]]) return 0;
  return 1;
}

static void add(const uint8_t *word, uint32_t length, uint64_t hash) {
  hash ^= hash >> 32;
  size_t slot = hash & (slots - 1);
  for (; table[slot].word; slot = (slot + 1) & (slots - 1)) {
    Entry *entry = &table[slot];
    if (entry->hash == hash && entry->length == length && same(entry->word, word, length)) {
      entry->count++;
      return;
    }
  }
  table[slot] = (Entry){hash, word, length, 1};
  if (++used * 2 > slots) grow();
}

int main(int count, char **arguments) {
  int file = count == 2 ? open(arguments[1], O_RDONLY) : -1;
  struct stat facts;
  if (file < 0 || fstat(file, &facts)) return 2;
  const uint8_t *text = mmap(0, facts.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
  const uint8_t *end = text + facts.st_size;
  if (text == MAP_FAILED) return 2;
  for (int i = 0; i < 256; i++) lower[i] = i >= 'A' && i <= 'Z' ? i + 32 : i;
  for (const char *space = " \t\n\v\f\r"; *space; space++) is_space[(uint8_t)*space] = 1;
  table = calloc(slots, sizeof *table);
  uint64_t words = 0;
  for (const uint8_t *p = text; p < end;) {
    while (p < end && is_space[*p]) p++;
    const uint8_t *word = p;
    uint64_t hash = 0xcbf29ce484222325ull;
    for (; p < end && !is_space[*p]; p++) hash = (hash ^ lower[*p]) * 0x100000001b3ull;
    if (p > word) {
      add(word, p - word, hash);
      words++;
    }
  }
  printf("%lu %lu\n", words, used);
  return 0;
}
