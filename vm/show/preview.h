/* preview.h - what an output of a run holds, as JSON that text and pages are made of.
 * Promise: the database engine and XGBoost are opened in a worker process only, and only for what they
 * alone can read; an artifact that is gone is an answer, not an error.
 * Owns: the answer is the caller's.
 * Errors: told in the session's diagnostics.
 * Limits: those of stdlib/preview/preview.h; ZPL_PREVIEW_FILES_MAX, ZPL_PREVIEW_TEXT_MAX.   Floor: vm. */
#ifndef ZPL_VM_SHOW_PREVIEW_H
#define ZPL_VM_SHOW_PREVIEW_H

#include "vm/session/session.h"

/* `output` is one of a run's record: { type, digest, bytes, rows, value }.  By `kind`:
 *   table, model   see stdlib/preview/preview.h
 *   value          { value }: a Report, List, Record, Json or scalar
 *   file           { bytes, media, width, height, text }: pixels of an image; its beginning, when it is text
 *   dir            { bytes, file_count, files: [{ path, bytes, media }] }, the first by path
 *   gone           its bytes are not in the store any more
 * A Model of another framework is a file or a dir with `framework`.  NULL: it has no bytes (an
 * Endpoint, or a step that did not run). */
enum zpl_err zpl_preview_output(struct zpl_session *session, const struct zpl_json *output,
                                int64_t head, struct zpl_json **out);

/* The value of an output of a report or scalar: of its row, or of the file `path` in the store when it is
 * too long for one.  The caller's; told in `diags`. */
enum zpl_err zpl_preview_value(const struct zpl_json *output, const char *path,
                               struct zpl_json **out, struct zpl_diags *diags);

/* Adds to the preview of a file that is an image of at most ZPL_PAGE_IMAGE_MAX bytes, as `data`, these in base64. */
enum zpl_err zpl_preview_picture(struct zpl_session *session, const struct zpl_json *output,
                                 struct zpl_json *preview);

/* How large the image is that begins so, in pixels; false: that is not known. */
bool zpl_media_pixels(const char *media, const char *data, size_t len, uint32_t *width,
                      uint32_t *height);
/* What kind of file begins so: "image/png", "text/plain", "application/octet-stream". */
const char *zpl_media_type(const char *path, const char *data, size_t len);
/* How the name of a picture or document of that kind ends, ".png"; and the kind of which such a name is.  NULL: none. */
const char *zpl_media_ending(const char *media);
const char *zpl_media_of_ending(const char *ending);

#endif
