// Several instances of one WebAssembly module on one memory (the variant `shared`).
//
// Each thread has an instance of its own. They share the code's constants and what is read only;
// what an instance writes lies in its region: its stack, its thread-local variables and its heap.
// So no two threads ever write to the same place, no lock is needed, and a thread that ends in the
// middle of anything leaves nothing behind that another one would stumble over.
//
// SL_INSTANCE marks a variable that each instance has for itself. In all other builds, where a
// module has a memory of its own and threads of a native program share what they allocate, it says
// nothing.
#ifndef SL_BASE_INSTANCE_H
#define SL_BASE_INSTANCE_H

#ifdef SL_SHARED
#define SL_INSTANCE _Thread_local

// An export for the host of instances, which is ours: it is no part of the raw ABI.
#define SL_INSTANCE_ABI(name) __attribute__((export_name(#name), used)) name
#else
#define SL_INSTANCE
#endif

#endif
