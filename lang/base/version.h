/* version.h - the version of every format that outlives a process.
 * A reader refuses a version it does not know; each has a golden byte fixture in tests/cases/formats.
 * Floor: base. */
#ifndef ZPL_BASE_VERSION_H
#define ZPL_BASE_VERSION_H

#define ZPL_VERSION          "0.1.0"
#define ZPL_KEY_VERSION      2  /* cache key: list and framing of ingredients */
#define ZPL_GRAPH_VERSION    3  /* canonical JSON of a graph */
#define ZPL_PLACES_VERSION   1  /* where the steps of a graph stand */
#define ZPL_PLAN_VERSION     2  /* the plan a run stores */
#define ZPL_PROTOCOL_VERSION 13 /* messages between driver and worker */
#define ZPL_SCHEMA_VERSION   5  /* tables of the metadata store */
#define ZPL_KERNEL_ABI       1  /* stdlib/kernel.h */
#define ZPL_CLOSURE_VERSION  1  /* image of a lua body */
#define ZPL_SPOOL_VERSION    2  /* the folder of a task that another machine runs */
#define ZPL_REPORT_VERSION   1  /* what --json prints */
#define ZPL_SETTLED_VERSION  6  /* what a settled run leaves */
#define ZPL_PYTHON_VERSION   3  /* messages between zpl and a process of Python: docs/python.md */
#define ZPL_MADE_VERSION     1  /* what a run's steps made, remembered for the next run */

/* One of them as the text of a literal. */
#define ZPL_VERSION_TEXT_(number) #number
#define ZPL_VERSION_TEXT(version) ZPL_VERSION_TEXT_(version)

#endif
