/* capture - the command that saves what the system answered, as raw bytes, for the tests of those
 * who have no such system.
 */
#ifndef IFPULSE_CAPTURE_H
#define IFPULSE_CAPTURE_H

#include "base.h"

/* Named conditions of capture_into. */
enum { CAPTURE_NO_FOLDER = 1, CAPTURE_NOT_EMPTY };

/* Makes the folder where there is none, for its owner alone, and saves into it. One with something
 * in it is refused: a mix of two captures would be of no use. -ENOTSUP: this system's answers are
 * not to be had; then the folder is as it was. -errno otherwise, and a part may be there. */
MUST_CHECK int capture_into(const char *folder, size_t *ret_files);

#endif
