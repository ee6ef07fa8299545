/* limits.h - every size that has a limit, by name.  Meeting one is a clear error, never a crash.
 * Floor: base. */
#ifndef ZPL_BASE_LIMITS_H
#define ZPL_BASE_LIMITS_H

#define ZPL_SOURCE_BYTES_MAX     (1u << 20) /* text of one .zpl file */
#define ZPL_TOKENS_MAX           (1u << 20) /* tokens of one .zpl file */
#define ZPL_NESTING_MAX          190 /* blocks, expressions, table constructors inside each other */
#define ZPL_CHAIN_MAX            1000 /* operators in one expression, suffixes of one value */
#define ZPL_ARMS_MAX             200  /* elseif arms, labels, gotos of one function */
#define ZPL_LOCALS_MAX           200  /* local variables of one function, as in Lua */
#define ZPL_LUA_BYTES_MAX        (192u << 20) /* memory of one evaluation, with the graph it makes */
#define ZPL_LUA_STRING_MAX       (1u << 20)   /* one string made during an evaluation */
#define ZPL_LUA_BLOCK_MAX        (16u << 20)  /* one allocation during an evaluation */
#define ZPL_LUA_MS_MAX           5000         /* wall clock of one evaluation */
#define ZPL_ENGINE_MS_MAX        20000        /* the engine's beside, one question a place */
#define ZPL_FIGURES_MOST         1000         /* items of a map whose numbers are told together */
#define ZPL_DIAG_ALSO_MAX        5    /* others that one diagnostic names of which the same holds */
#define ZPL_DIAGS_MAX            100  /* diagnostics kept of one compilation */
#define ZPL_DIAG_TEXT_MAX        2000 /* bytes of one message, note or help */
#define ZPL_ARENA_BYTES_MAX      (1u << 30) /* memory of one compilation */
#define ZPL_BUF_BYTES_MAX        (1u << 30) /* one growable buffer, where no smaller cap is named */
#define ZPL_JSON_DEPTH_MAX       200        /* nesting of a JSON text */
#define ZPL_GPUS_MAX             64         /* of this machine that steps can take */
#define ZPL_GPU_NAME_SIZE        96         /* of one, as CUDA_VISIBLE_DEVICES has it */
#define ZPL_IMPORTS_MAX          1000       /* files one program imports */
#define ZPL_HOST_VALUES_MAX      (1u << 21) /* run-time values made by one evaluation */
#define ZPL_VALUE_SIZE_MAX       10000      /* parts of one condition or list of run-time values */
#define ZPL_VALUE_DEPTH_MAX      50         /* their nesting, and that of literal tables */
#define ZPL_LITERAL_ITEMS_MAX    (1u << 18) /* items of one table given to a step, all levels */
#define ZPL_NODES_MAX            (1u << 20) /* steps of one graph */
#define ZPL_COLUMNS_MAX          (1u << 14) /* columns of one table */
#define ZPL_SIGNATURE_MAX        (64u << 10) /* bytes of one signature */
#define ZPL_TYPE_TEXT_MAX        (16u << 20) /* bytes of one type text, as machines write it */
#define ZPL_NAME_MAX             255         /* bytes of a step, column, pipeline or param name */
#define ZPL_PATH_MAX             4096        /* bytes of a path, with its NUL */
#define ZPL_MESSAGE_MAX          (64u << 20) /* one message between driver and worker */
#define ZPL_MESSAGE_FDS_MAX      16          /* descriptors of one message */
#define ZPL_SLOTS_MAX            256         /* steps running at the same time on this machine */
#define ZPL_LIMIT_SLOTS_MAX      1000        /* of a limit that runs share */
#define ZPL_SLOTS_LOOK_MS        50 /* between two looks for a slot that another process gave back */
#define ZPL_SLOTS_TURN_MS        150         /* for who is next to come for a slot that is free */
#define ZPL_LOG_HEAD_BYTES       (1u << 20)  /* kept of the start of a step's log */
#define ZPL_LOG_TAIL_BYTES       (1u << 20)  /* kept of its end */
#define ZPL_LIVE_LOG_BYTES_MAX   (64u << 20) /* of it that can be followed while the step runs */
#define ZPL_LOG_LINE_BYTES       200         /* of one line of a log in an error */
#define ZPL_BODY_ROWS_MAX        1000000     /* rows of a table given to a lua body */
#define ZPL_BODY_ITEMS_MAX       10000000    /* items of a list that a lua body gives */
#define ZPL_MODEL_BYTES_MAX      (1u << 30)  /* the file of a trained model */
#define ZPL_CLASSES_MAX          1000        /* classes that a model tells apart */
#define ZPL_SQLDB_STATEMENTS_MAX 64          /* prepared statements kept by one connection */
#define ZPL_BIND_MS_MAX          4000 /* time to understand one SQL text or one file's schema */
#define ZPL_BIND_BYTES_MAX       (2ull << 30) /* memory for it */
#define ZPL_LOOK_MS_MAX          20000        /* time for what is asked of Python, with its start */
#define ZPL_REQUIREMENTS_MAX     256          /* files that a list of requirements leads to */
#define ZPL_MODULES_MAX          2000         /* files of Python that one step imports */
#define ZPL_MODULE_BYTES_MAX     (8u << 20)   /* text of one of them */
#define ZPL_TREE_DEPTH_MAX       64           /* folders inside each other in a Dir or Model */
#define ZPL_DUCK_BYTES_DEFAULT   (2ull << 30) /* memory of one database session */
#define ZPL_REGEX_STEPS_MAX      1000000      /* steps of one match */
#define ZPL_FILES_MAX            100000       /* files that one pattern matches */
#define ZPL_INGREDIENTS_MAX      (1u << 16)   /* ingredients of one cache key */
#define ZPL_GRACE_MS             2000 /* from SIGTERM to SIGKILL, for a step that is ended */
#define ZPL_GANG_MAX             200  /* processes of one step that one machine starts together */
#define ZPL_GANG_SETTLE_MS                                                                         \
    2000 /* for the one that failed to say so, when others lost their connection to it */
#define ZPL_REACH_MS             300000 /* for the other machines of a step to be ready */
#define ZPL_ALIVE_MS             1000   /* between two words of each of them that it is there */
#define ZPL_SILENT_MS            30000  /* without one before it counts as gone */
#define ZPL_LEAVE_MS             100    /* for a worker to end by itself when it is not needed */
#define ZPL_KILL_MS              10000  /* for killed processes to be gone */
#define ZPL_MEMORY_POLL_MS       100    /* between two looks at the memory of a step */
#define ZPL_WORKER_RSS_MAX       (512u << 20) /* a warm worker that kept more of it is not used again */
#define ZPL_DESCENDANTS_MAX      4096         /* processes of one step whose memory is summed */
#define ZPL_LOG_CHUNK_BYTES      (64u << 10) /* printed text told at once */
#define ZPL_INLINE_BYTES_MAX     (16u << 10) /* a value kept in the metadata store */
#define ZPL_MADE_BYTES_MAX       (32u << 20) /* what a run's steps made, remembered in one piece */
#define ZPL_COMMAND_TEXT_MAX     (8u << 20)  /* kept of what a cluster's command says */
#define ZPL_SPOOL_PRINTED_MAX    (64u << 20) /* printed text that a spooled task passes on */
#define ZPL_SPOOL_KEEP_DAYS      7 /* for a task without a driver to be taken over by a later one */
#define ZPL_SLURM_JOBS           100     /* steps at a time, where the stack does not say */
#define ZPL_SLURM_JOBS_MAX       1024    /* steps at a time */
#define ZPL_SLURM_ARRAY_MAX      100     /* steps submitted as one array */
#define ZPL_SLURM_POLL_MS        50      /* between two looks at what tasks say */
#define ZPL_SLURM_LOOK_MS        1000    /* between two questions about jobs */
#define ZPL_SLURM_LAG_MS         5000    /* for the last words of a job that is over to arrive */
#define ZPL_SLURM_COMMAND_MS     60000   /* for one of its commands to end */
#define ZPL_SLURM_WORDS_MS       10000   /* without an answer of the controller before it is told */
#define ZPL_SLURM_OUTAGE_MS      1800000 /* without one before steps that wait for it fail */
#define ZPL_LOST_MAX             3       /* times a step is begun again when its machine was lost */
#define ZPL_LINEAGE_STEPS_MAX    1000    /* steps one question about lineage answers with */
#define ZPL_PREVIEW_COLUMNS_MAX  200     /* columns that a preview of a table shows */
#define ZPL_PREVIEW_ROWS_MAX     1000    /* rows */
#define ZPL_PREVIEW_CELL_MAX     400     /* characters of one cell */
#define ZPL_PREVIEW_FIGURES_MS   8000    /* time for the figures of its columns */
#define ZPL_PREVIEW_MS_MAX       60000   /* time for one preview */
#define ZPL_PREVIEW_FILES_MAX    50      /* files of a folder that a preview lists */
#define ZPL_PREVIEW_TEXT_MAX     4096    /* bytes of a text that a preview shows */
#define ZPL_REPRODUCE_LOOKS_MAX  8       /* tables that differ whose rows are looked into */
#define ZPL_REPRODUCE_LOOK_BYTES (64u << 20) /* of such a table */
#define ZPL_PAGE_NODES_MAX       400         /* steps that a page draws */
#define ZPL_PAGE_PREVIEWS_MAX    100         /* outputs that a page looks into */
#define ZPL_PAGE_IMAGE_MAX       (2 << 20)   /* bytes of an image that a page holds */

#endif
