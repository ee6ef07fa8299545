/* choice.h - how the rows of a table may decide a value, beside what they hold.   Floor: lang/types. */
#ifndef ZPL_TYPES_CHOICE_H
#define ZPL_TYPES_CHOICE_H

enum zpl_row_choice {
    ZPL_CHOICE_ROWS,  /* by which there are */
    ZPL_CHOICE_GAPS,  /* by which are not there for the want of a value */
    ZPL_CHOICE_PICKS, /* by which were picked among several: a part of the first */
    ZPL_CHOICES
};
/* What they are called in JSON. */
static const char *const zpl_choice_names[ZPL_CHOICES] = {"rows", "gaps", "picks"};

#endif
