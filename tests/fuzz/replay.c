/* Runs a fuzz target over a kept corpus, under any compiler, without libFuzzer (see README.md).
 *
 * Arguments are files or folders of files.  Each input is copied to a block of exactly its size, so that
 * a sanitizer sees a read past its end, and every prefix of a small input is tried as well.  The target
 * aborts on a fault; the line printed before an input's turn names it.  Linked with one X_fuzz.c; called
 * by tests/run.lua. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_LEN_MAX = 1 << 20, PREFIXED_LEN_MAX = 700 };

static unsigned input_count;

static void try_input(const uint8_t *data, size_t len) {
  uint8_t *exact = calloc(1, len != 0 ? len : 1);
  if (exact == NULL) abort();
  memcpy(exact, data, len);
  (void)LLVMFuzzerTestOneInput(exact, len);
  free(exact);
}

static void replay_file(const char *path) {
  static uint8_t data[INPUT_LEN_MAX];
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    printf("not ok %u - %s: %s\n", ++input_count, path, strerror(errno));
    return;
  }
  size_t len = fread(data, 1, sizeof data, file);
  fclose(file);
  printf("# %s, %zu octets and every prefix\n", path, len);
  fflush(stdout);
  try_input(data, len);
  for (size_t part = 0; len <= PREFIXED_LEN_MAX && part < len; part++) try_input(data, part);
  printf("ok %u - %s\n", ++input_count, path);
}

static int skip_hidden(const struct dirent *entry) { return entry->d_name[0] != '.'; }

int main(int argc, char **argv) {
  try_input((const uint8_t *)"", 0);
  printf("ok %u - an empty input\n", ++input_count);
  for (int i = 1; i < argc; i++) {
    struct dirent **entries;
    int count = scandir(argv[i], &entries, skip_hidden, alphasort);
    if (count < 0) replay_file(argv[i]);
    for (int k = 0; k < count; k++) {
      char path[4096];
      snprintf(path, sizeof path, "%s/%s", argv[i], entries[k]->d_name);
      replay_file(path);
      free(entries[k]);
    }
    if (count >= 0) free(entries);
  }
  printf("1..%u\n", input_count);
  return 0;
}
