// The one helper of the bindings: it shows the C functions of csrc/ to JavaScript as they stand.
//
//   sl::object<sl_vector>("Vector")              a C struct as an embind class
//       .create<sl_vector_create>("create")      f(..., T **out): the new object; null = it failed
//       .method<sl_vector_dot>("dot")            f(T *, ...)
//       .field<&sl_vector::length>("length");    read-only
//   sl::function<sl_estimate>("estimate")        a function that belongs to no class
//   SL_OBJECT(sl_vector, sl_vector_destroy)      what embind's delete() calls; before the block
//   sl::defaults<sl_x_options_default>("xDefaults")  T f(void) of a struct with fields: writes them
//   SL_FIELDS(sl_x_options, damping, tolerance)  a plain struct that crosses as an array of
//                                                numbers; before the block
//
// What arguments and results look like in JavaScript:
//   number, bool, enum, float/double      number (a status: 0 or negative), bool
//   uint64_t, int64_t                     number: whole, exact below 2^53; UINT64_MAX is -1
//   const double *, uint32_t *, void *    number: an address inside the module's memory
//   sl_graph * (a registered struct)      the embind object, or null. What create() gave is
//                                         owned and must be deleted; what a method returned is
//                                         borrowed
//   const sl_x_options * (SL_FIELDS)      number: the address of an f64 for each field, in the order
//                                         of SL_FIELDS; a field that is not listed is 0
//   sl_x_result * (SL_FIELDS)             the same, written when the function returns
// The names of the fields in that order are constants in ts/generated/fields.ts (tools/fields.mjs).
//
// Nothing here throws, loops, or calls into JavaScript. A binding that needs more than this list
// shows that the C interface lacks something: add it there, and the raw ABI has it as well.
#ifndef SL_BINDINGS_COMMON_HPP
#define SL_BINDINGS_COMMON_HPP

#include <emscripten/bind.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <type_traits>

extern "C" {
#include "base/memory.h"
#include "base/status.h"
}

namespace sl {

// The fields of a plain struct: SL_FIELDS makes the list.
template <typename S>
struct FieldsOf {};
template <typename S, typename = void>
constexpr bool has_fields = false;
template <typename S>
constexpr bool has_fields<S, std::void_t<decltype(FieldsOf<S>::list)>> = true;

// How a C type crosses: Type is what embind sees.
template <typename T, typename = void>
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

// Where a field of a plain struct lies, and what it is.
enum class Kind : uint8_t { f64, u64, i32, u32, boolean };
struct Field {
  uint8_t offset;
  Kind kind;
};
template <typename Value>
constexpr Kind kind_of() {
  if constexpr (std::is_same_v<Value, double>) return Kind::f64;
  if constexpr (std::is_same_v<Value, bool>) return Kind::boolean;
  if constexpr (std::is_enum_v<Value>) return Kind::i32;
  static_assert(!std::is_same_v<Value, float>, "a field of f32 would be read as an integer");
  static_assert(!std::is_integral_v<Value> || std::is_unsigned_v<Value>);
  return sizeof(Value) == 8 ? Kind::u64 : Kind::u32; // an address, whatever it points to, as well
}

alignas(8) inline char given_place[255], result_place[255];

// All fields of a struct from numbers, and to them.
inline void read_fields(const Field *fields, size_t count, void *object, const double *numbers) {
  memset(object, 0, sizeof given_place);
  for (size_t i = 0; i < count; i++) {
    void *at = static_cast<char *>(object) + fields[i].offset;
    const double number = numbers[i];
    switch (fields[i].kind) {
    case Kind::f64:
      *static_cast<double *>(at) = number;
      break;
    case Kind::u64:
      *static_cast<uint64_t *>(at) = Wire<uint64_t>::from(number);
      break;
    case Kind::i32:
    case Kind::u32:
      *static_cast<uint32_t *>(at) = static_cast<uint32_t>(number);
      break;
    case Kind::boolean:
      *static_cast<bool *>(at) = number != 0;
    }
  }
}
inline void write_fields(const Field *fields, size_t count, const void *object, double *numbers) {
  for (size_t i = 0; i < count; i++) {
    const void *at = static_cast<const char *>(object) + fields[i].offset;
    switch (fields[i].kind) {
    case Kind::f64:
      numbers[i] = *static_cast<const double *>(at);
      break;
    case Kind::u64:
      numbers[i] = Wire<uint64_t>::to(*static_cast<const uint64_t *>(at));
      break;
    case Kind::i32:
      numbers[i] = *static_cast<const int32_t *>(at);
      break;
    case Kind::u32:
      numbers[i] = *static_cast<const uint32_t *>(at);
      break;
    case Kind::boolean:
      numbers[i] = *static_cast<const bool *>(at);
    }
  }
}
// A struct with fields lives for one call, in a place that all of them share: nothing here calls
// JavaScript, so no two calls are under way. Nobody looks at the numbers of a call that has failed.
template <typename S>
struct Given {
  operator const S *() const { return reinterpret_cast<const S *>(given_place); }
};
template <typename S>
struct Result {
  double *numbers;
  ~Result() {
    constexpr auto &fields = FieldsOf<S>::list;
    write_fields(fields, std::size(fields), result_place, numbers);
  }
  operator S *() { return reinterpret_cast<S *>(result_place); }
};
template <typename S>
struct Wire<const S *, std::enable_if_t<has_fields<S>>> {
  using Type = uintptr_t;
  static Given<S> from(Type address) {
    constexpr auto &fields = FieldsOf<S>::list;
    read_fields(fields, std::size(fields), given_place, reinterpret_cast<const double *>(address));
    return {};
  }
};
template <typename S>
struct Wire<S *, std::enable_if_t<has_fields<S>>> {
  using Type = uintptr_t;
  static Result<S> from(Type address) { return {reinterpret_cast<double *>(address)}; }
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
    T **made = reinterpret_cast<T **>(result_place); // smaller than a variable on the stack
    return f(Wire<Front>::from(args)..., made) == SL_OK ? *made : nullptr;
  }
};
template <auto f, typename... Front, typename Next, typename... Rest>
struct Create<f, Types<Front...>, Next, Rest...> : Create<f, Types<Front..., Next>, Rest...> {};
template <auto f, typename... Args>
constexpr auto creator(sl_status (*)(Args...)) {
  return &Create<f, Types<>, Args...>::call;
}

template <auto member>
struct Get;
template <typename T, typename Value, Value T::*member>
struct Get<member> {
  // A pointer in a struct is an address, whatever it points to: the struct may not own it.
  using In = std::conditional_t<std::is_pointer_v<Value>, const void *, Value>;
  static typename Wire<In>::Type get(const T &object) { return Wire<In>::to(object.*member); }
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
  template <auto f>
  object &method(const char *name) {
    it.function(name, &Call<f>::call, emscripten::allow_raw_pointers());
    return *this;
  }
  template <auto member>
  object &field(const char *name) {
    it.property(name, &Get<member>::get);
    return *this;
  }
};

template <auto f>
struct Defaults;
template <typename S, S (*f)()>
struct Defaults<f> {
  static void write(uintptr_t address) {
    const S values = f();
    constexpr auto &fields = FieldsOf<S>::list;
    write_fields(fields, std::size(fields), &values, reinterpret_cast<double *>(address));
  }
};
template <auto f>
void defaults(const char *name) {
  emscripten::function(name, &Defaults<f>::write);
}

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

// The fields of a plain struct, up to 32. Of options every field: what is not listed is 0.
#define SL_FIELDS(S, ...)                                                                          \
  template <>                                                                                      \
  struct sl::FieldsOf<S> {                                                                         \
    using T = S;                                                                                   \
    static constexpr Field list[] = {SL_EACH_FIELD(__VA_ARGS__)};                                  \
    static_assert(sizeof(T) <= sizeof sl::given_place && sizeof(list) / sizeof *list <= 32);       \
  };
#define SL_FIELD(name) {offsetof(T, name), kind_of<decltype(T::name)>()},
// SL_FIELD(...) of each argument. The preprocessor expands no macro inside of itself: each round of
// SL_ROUNDS goes on where the last one stopped.
#define SL_EACH_FIELD(...) SL_ROUNDS(SL_FIRST_FIELD(__VA_ARGS__))
#define SL_FIRST_FIELD(name, ...)                                                                  \
  SL_FIELD(name) __VA_OPT__(SL_FIRST_FIELD_AGAIN SL_NO_ARGUMENTS(__VA_ARGS__))
#define SL_FIRST_FIELD_AGAIN() SL_FIRST_FIELD
#define SL_NO_ARGUMENTS ()
#define SL_ROUNDS(...) SL_ROUNDS_2(SL_ROUNDS_2(SL_ROUNDS_2(SL_ROUNDS_2(__VA_ARGS__))))
#define SL_ROUNDS_2(...)                                                                           \
  SL_ROUNDS_1(SL_ROUNDS_1(                                                                         \
      SL_ROUNDS_1(SL_ROUNDS_1(SL_ROUNDS_1(SL_ROUNDS_1(SL_ROUNDS_1(SL_ROUNDS_1(__VA_ARGS__))))))))
#define SL_ROUNDS_1(...) __VA_ARGS__

#endif
