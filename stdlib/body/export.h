/* export.h - what onnx.export runs.   Owns: nothing.   Floor: stdlib. */
#ifndef ZPL_STDLIB_BODY_EXPORT_H
#define ZPL_STDLIB_BODY_EXPORT_H

/* The body of its step (struct zpl_step_info): zpl's own function, and by the model's framework the modules
 * whose packages shape what it writes.  What is not installed counts as that. */
extern const char zpl_export_body[];

#endif
