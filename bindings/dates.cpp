#include "common.hpp"

extern "C" {
#include "dates/recurrence.h"
}

SL_OBJECT(sl_date_set, sl_date_set_destroy)
SL_OBJECT(sl_recurrence, sl_recurrence_destroy)

EMSCRIPTEN_BINDINGS(dates) {
  sl::object<sl_date_set>("DateSet")
      .create<sl_date_set_from_days>("fromDays")
      .create<sl_date_set_span>("span")
      .create<sl_date_set_combine>("combine")
      .create<sl_date_set_shift>("shift")
      .method<sl_date_set_bytes>("bytes")
      .method<sl_date_set_has>("has")
      .method<sl_date_set_count>("count")
      .method<sl_date_set_seek>("seek")
      .method<sl_date_set_list>("list");
  sl::object<sl_recurrence>("Recurrence")
      .create<sl_recurrence_create>("create")
      .create<sl_recurrence_within>("within")
      .create<sl_recurrence_days>("days")
      .method<sl_recurrence_set_exceptions>("setExceptions")
      .method<sl_recurrence_bytes>("bytes")
      .method<sl_recurrence_count>("count")
      .method<sl_recurrence_list>("list");
}
