// The one helper of the bindings: it shows the C functions of csrc/ to JavaScript as they stand.
//
//   sl::object<sl_vector>("Vector")              a C struct as an embind class
//       .create<sl_vector_create>("create")      f(..., T **out): the new object; null = it failed
//       .method<sl_vector_dot>("dot")            f(T *, ...)
//       .field<&sl_vector::length>("length");    read-only
//   sl::object<sl_x_options>("XOptions")         a plain struct that the host fills in or reads
//       .defaults<sl_x_options_default>("create")  T f(void): a new struct; .zeroed("create") = {0}
//       .option<&sl_x_options::damping>("damping");  read and written
//   sl::function<sl_estimate>("estimate")        a function that belongs to no class
//   SL_OBJECT(sl_vector, sl_vector_destroy)      what embind's delete() calls; before the block
//
// What arguments and results look like in JavaScript:
//   number, bool, enum, float/double      number (a status: 0 or negative), bool
//   uint64_t, int64_t                     number: whole, exact below 2^53; UINT64_MAX is -1
//   const double *, uint32_t *, void *    number: an address inside the module's memory
//   sl_graph * (a registered struct)      the embind object, or null. What create() gave is
//                                         owned and must be deleted; what a method returned is
//                                         borrowed
//
// Nothing here throws, loops, or calls into JavaScript. A binding that needs more than this list
// shows that the C interface lacks something: add it there, and the raw ABI has it as well.
#ifndef SL_BINDINGS_COMMON_HPP
#define SL_BINDINGS_COMMON_HPP

#include <emscripten/bind.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

extern "C" {
#include "base/memory.h"
#include "base/status.h"
}

namespace sl {

// How a C type crosses: Type is what embind sees.
template <typename T>
struct Wire {
  static constexpr bool address =
      std::is_pointer_v<T> && !std::is_class_v<std::remove_cv_t<std::remove_pointer_t<T>>>;
  static constexpr bool wide = std::is_integral_v<T> && sizeof(T) == 8;
  using Number = std::conditional_t<std::is_enum_v<T>, int, std::conditional_t<wide, double, T>>;
  using Type = std::conditional_t<address, uintptr_t, Number>;

  static T from(Type value) {
    if constexpr (address) {
      return reinterpret_cast<T>(value);
    } else if constexpr (wide) {
      return value < 0 ? static_cast<T>(-1) : static_cast<T>(value);
    } else {
      return static_cast<T>(value);
    }
  }
  static Type to(T value) {
    if constexpr (address) {
      return reinterpret_cast<uintptr_t>(value);
    } else if constexpr (wide) {
      return value == static_cast<T>(-1) ? -1.0 : static_cast<double>(value);
    } else {
      return static_cast<Type>(value);
    }
  }
};
template <>
struct Wire<void> {
  using Type = void;
};

template <auto function>
struct Call;
template <typename Result, typename... Args, Result (*f)(Args...)>
struct Call<f> {
  static typename Wire<Result>::Type call(typename Wire<Args>::Type... args) {
    if constexpr (std::is_void_v<Result>) {
      f(Wire<Args>::from(args)...);
    } else {
      return Wire<Result>::to(f(Wire<Args>::from(args)...));
    }
  }
};

// Turns f(Front..., T **out) into Front... -> T *.
template <auto f, typename Front, typename... Rest>
struct Create;
template <typename... Front>
struct Types {};
template <auto f, typename... Front, typename T>
struct Create<f, Types<Front...>, T **> {
  static T *call(typename Wire<Front>::Type... args) {
    T *object = nullptr;
    return f(Wire<Front>::from(args)..., &object) == SL_OK ? object : nullptr;
  }
};
template <auto f, typename... Front, typename Next, typename... Rest>
struct Create<f, Types<Front...>, Next, Rest...> : Create<f, Types<Front..., Next>, Rest...> {};
template <auto f, typename... Args>
constexpr auto creator(sl_status (*)(Args...)) {
  return &Create<f, Types<>, Args...>::call;
}

template <typename T, T (*defaults)()>
T *new_struct() {
  T *object;
  if (SL_ALLOC(&object, 1) != SL_OK) return nullptr;
  *object = defaults();
  return object;
}
template <typename T>
T nothing() {
  return {};
}

template <auto member>
struct Field;
template <typename T, typename Value, Value T::*member>
struct Field<member> {
  // A pointer in a struct is an address, whatever it points to: the struct may not own it.
  using In = std::conditional_t<std::is_pointer_v<Value>, const void *, Value>;
  static typename Wire<In>::Type get(const T &object) { return Wire<In>::to(object.*member); }
  static void set(T &object, typename Wire<Value>::Type value) {
    object.*member = Wire<Value>::from(value);
  }
};

template <typename T>
struct object {
  emscripten::class_<T> it;
  explicit object(const char *name) : it(name) {}

  template <auto f>
  object &create(const char *name) {
    it.class_function(name, creator<f>(f), emscripten::allow_raw_pointers());
    return *this;
  }
  template <T (*f)()>
  object &defaults(const char *name) {
    it.class_function(name, &new_struct<T, f>, emscripten::allow_raw_pointers());
    return *this;
  }
  object &zeroed(const char *name) { return defaults<&nothing<T>>(name); }
  template <auto f>
  object &method(const char *name) {
    it.function(name, &Call<f>::call, emscripten::allow_raw_pointers());
    return *this;
  }
  template <auto member>
  object &field(const char *name) {
    it.property(name, &Field<member>::get);
    return *this;
  }
  template <auto member>
  object &option(const char *name) {
    it.property(name, &Field<member>::get, &Field<member>::set);
    return *this;
  }
};

template <auto f>
void function(const char *name) {
  emscripten::function(name, &Call<f>::call, emscripten::allow_raw_pointers());
}

} // namespace sl

#define SL_OBJECT(T, destroy)                                                                      \
  template <>                                                                                      \
  inline void emscripten::internal::raw_destructor<T>(T * object) {                                \
    destroy(object);                                                                               \
  }

#endif
