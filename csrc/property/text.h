// Functions over strings. Positions and lengths count characters (code points), not bytes.
#ifndef SL_PROPERTY_TEXT_H
#define SL_PROPERTY_TEXT_H

#include "property/run.h"

sl_status sl_text_call(sl_run *run, const sl_code *c, const sl_value *args, sl_value *out);

#endif
