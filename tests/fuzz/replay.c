/* replay.c - runs a fuzz target on every file of its corpus, without libFuzzer.
 * A target that breaks takes the process with it; the last name printed is the input that did.
 * Owns: nothing.   Errors: exit code 1 with a line on standard error. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes of the file in a block of exactly that size, so that a read past its end is seen by the
 * sanitizer; the caller frees.  NULL if it can't be read. */
static uint8_t *read_input(const char *path, size_t size)
{
    FILE *file = fopen(path, "rbe");
    uint8_t *data = malloc(size > 0 ? size : 1);
    if (file != NULL && data != NULL && fread(data, 1, size, file) == size) {
        fclose(file);
        return data;
    }
    if (file != NULL)
        fclose(file);
    free(data);
    return NULL;
}

/* Runs the target on one file; 1 when the file can't be read. */
static int replay_file(const char *path, size_t size)
{
    uint8_t *data = read_input(path, size);
    if (data == NULL) {
        perror(path);
        return 1;
    }
    printf("%s\n", path);
    fflush(stdout);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 0;
}

/* Runs the target on each regular file of a folder; 1 when one can't be read or there is none. */
static int replay_folder(const char *folder)
{
    struct dirent **names = NULL;
    int count = scandir(folder, &names, NULL, alphasort);
    int bad = 0, replayed = 0;
    for (int i = 0; i < count; i++) {
        char path[4096];
        struct stat st;
        int len = snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        free(names[i]);
        if (len > 0 && (size_t)len < sizeof path && stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
            bad |= replay_file(path, (size_t)st.st_size);
            replayed++;
        }
    }
    free(names);
    if (replayed == 0)
        fprintf(stderr, "%s holds no input\n", folder);
    return bad || replayed == 0;
}

int main(int argc, char **argv)
{
    int bad = 0;
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++)
        bad |= replay_folder(argv[i]);
    return bad;
}
